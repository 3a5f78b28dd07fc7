"""`train.evaluate` with a fitted problem: what belongs together, and a replay from the log to the sentence."""

import pytest

from tests.helpers.fitted import LOG
from train.evaluate import main


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--replay", str(LOG)], "it needs the --problem that was fitted to such a log"),
        (["--problem", "{problem}", "--env", "LLMRouter-v0"], "of LLMRouter-v1; --env is LLMRouter-v0"),
        (["--problem", "{problem}", "--fleet", "fleet.toml"], "--problem brings its own: leave one of them out"),
        (["--problem", "{problem}", "--scenario", "bursts"], "--scenario is bursts; --problem brings its own"),
        (["--problem", "nowhere"], "nowhere: no such file"),
        (["--problem", "{problem}", "--replay", "nowhere.csv"], "nowhere.csv: no such file"),
    ],
)
def test_what_does_not_belong_together_is_one_line(args, message, fitted_problem, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([part.format(problem=fitted_problem[0]) for part in args])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_replay_ends_in_words(fitted_problem, tmp_path, capsys):
    output = tmp_path / "replay.md"
    flags = ["--problem", str(fitted_problem[0]), "--replay", str(LOG), "--tuning-episodes", "0"]
    main([*flags, "--output", str(output)])
    printed, written = capsys.readouterr().out, output.read_text()
    for text in (printed, written):
        assert "1,527 requests of the log in 17.9 hours, to which nothing was fitted" in text
        assert "On the last 17.9 hours of this log" in text
        assert "always llama-8b" in text
    assert "Warning" not in printed
