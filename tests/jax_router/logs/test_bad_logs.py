"""What is wrong with a log is said in one line, or counted by its reason."""

import sys

import numpy as np
import pytest

from jax_router.logs import read_log

HEADER = "timestamp,model,prompt_tokens,completion_tokens,cost_usd,latency_s,ttft_s,category,score,status\n"
FINE = "2026-03-02T00:00:00Z,m,10,20,0.1,2.0,0.5,chat,1,ok\n"


def written(folder, text, name="log.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_every_row_that_goes_is_counted_once(tmp_path):
    rows = [
        FINE,
        FINE.replace(",10,", ",-10,"),
        FINE.replace(",2.0,", ",-2.0,"),
        FINE.replace(",20,", ",,"),
        FINE.replace(",10,", ",many,"),
        FINE.replace(",m,", ",,"),
        FINE.replace("2026-03-02T00:00:00Z", "yesterday"),
        FINE.replace(",ok", ",500"),
        FINE.replace(",ok", ",429"),
        FINE.replace(",ok", ",429"),
    ]
    log = read_log(written(tmp_path, HEADER + "".join(rows)))
    assert len(log) == 1
    assert log.dropped == {
        "refused by a rate limit": 2,
        "end before start": 1,
        "error": 1,
        "negative tokens": 1,
        "no answer": 1,
        "no model": 1,
        "no number of prompt tokens": 1,
        "no time that can be read": 1,
    }
    assert log.failures.refused.tolist().count(True) == 2
    assert len(log.failures.seconds) == 3


def test_numbers_that_are_none_are_nan(tmp_path):
    rows = FINE.replace(",0.1,", ",free,") + FINE.replace(",1,ok", ",7,ok") + FINE.replace(",0.5,", ",3.0,")
    log = read_log(written(tmp_path, HEADER + rows))
    assert np.isnan(log.cost).tolist().count(True) == 1
    assert np.isnan(log.score).tolist().count(True) == 1, "a score is 0 .. 1"
    assert np.isnan(log.ttft).tolist().count(True) == 1, "the first token comes before the last"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timestamp,model\n1,m\n", "as plain table it lacks the column prompt_tokens"),
        ("startTime,model,prompt_tokens\nx,m,1\n", "as LiteLLM_SpendLogs it lacks the column endTime"),
        (HEADER + FINE + FINE.replace("00Z", "00"), "names its zone in 1 rows and none in 1"),
        (HEADER + FINE + FINE.replace("2026-03-02T00:00:00Z", "1772409600"), "is a number in 1 rows and a date in 1"),
        (HEADER + FINE.replace("2026-03-02T00:00:00Z", "yesterday"), "holds no time that can be read"),
        (HEADER + FINE.replace(",ok", ",500"), "no answered request is left; 1 rows: error"),
    ],
)
def test_what_cannot_be_read_is_one_line(text, message, tmp_path):
    with pytest.raises(ValueError, match=message) as raised:
        read_log(written(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_files_that_are_no_logs(tmp_path):
    with pytest.raises(ValueError, match="the ending must be one of csv"):
        read_log(written(tmp_path, "x", "log.xlsx"))
    with pytest.raises(FileNotFoundError):
        read_log(tmp_path / "nowhere.csv")
    written(tmp_path, "x", "log.jsonl")
    (tmp_path / "log.xlsx").rename(tmp_path / "log.csv")
    with pytest.raises(ValueError, match="is of one kind"):
        read_log(tmp_path)


def test_a_model_under_two_names(tmp_path):
    rows = FINE + FINE.replace(",m,", ",provider/m,") + FINE.replace(",m,", ",m-2026-01-01,")
    path = written(tmp_path, HEADER + rows)
    remarks = " ".join(read_log(path).remarks)
    assert "--rename provider/m=m" in remarks
    assert "--rename m-2026-01-01=m" in remarks
    log = read_log(path, rename={"provider/m": "m", "m-2026-01-01": "m"})
    assert log.models == ("m",)
    assert "--rename" not in " ".join(log.remarks)


def test_what_is_lost_without_a_column_is_said(tmp_path):
    log = read_log(written(tmp_path, "timestamp,prompt_tokens\n2026-03-02T00:00:00,10\n"))
    said = " ".join(log.remarks)
    for lost in ("completion_tokens", "cost", "latency", "ttft", "score", "categories"):
        assert f"the log has no {lost}" in said
    assert "times name no zone and are read as UTC" in said
    assert "fewer than 1000" in said


@pytest.mark.parametrize(("time", "unit"), [("1772409600", "s"), ("1772409600000", "ms"), ("1772409600000000", "us")])
def test_the_unit_of_a_number_follows_from_its_size(time, unit, tmp_path):
    log = read_log(written(tmp_path, HEADER + FINE.replace("2026-03-02T00:00:00Z", time)))
    assert log.seconds.tolist() == [1772409600]
    assert f"times are read as {unit}" in log.remarks


def test_without_duckdb_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ValueError, match=r"pip install 'jax-router\[logs\]'"):
        read_log(written(tmp_path, HEADER + FINE))


def test_a_broken_line_is_named_without_its_text(tmp_path):
    path = written(tmp_path, '{"timestamp": 1, "prompt_tokens": 3}\n{"timestamp": "a secret\n', "log.jsonl")
    with pytest.raises(ValueError, match=r"log\.jsonl") as raised:
        read_log(path)
    assert "secret" not in str(raised.value)
