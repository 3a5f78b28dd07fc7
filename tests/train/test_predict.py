"""What was measured of a policy beside what a simulator expects: stretches, sums, and the command."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from router_serving.demo.parts import write_parts
from train.predict import Account, main, row
from train.pretrained import main as write_policy

START = datetime(2026, 1, 1, tzinfo=UTC)
PROBLEM = """environment = "LLMRouter-v1"
[settings]
rate = 5.0
[quality]
table = "quality.csv"
[quality.weights]
chat = 1.0
"""
MODELS = {"small": (0.1, 0.4), "large": (3.0, 15.0)}


def lines(mode: str, seconds: list[float], model: str = "small") -> list[dict]:
    price_in, price_out = MODELS[model]
    cost = (100 * price_in + 50 * price_out) * 1e-6
    about = {"mode": mode, "model": model, "prompt_tokens": 100, "completion_tokens": 50, "cost_usd": cost}
    about |= {"status": "success", "latency_s": 1.5, "ttft_s": 0.2, "category": "chat"}
    return [about | {"timestamp": (START + timedelta(seconds=s)).isoformat()} for s in seconds]


@pytest.fixture
def decisions(tmp_path):
    path = tmp_path / "decisions.jsonl"
    both = lines("shadow", [0, 1, 2, 100, 101]) + lines("route", [40, 41, 42, 43, 150, 151, 152])
    path.write_text("\n".join(map(json.dumps, both)) + "\n")
    return path


def test_the_parts_of_a_demo_and_no_pauses_in_shadow(decisions):
    shadow, routed = (path.read_text().splitlines() for path in write_parts(decisions))
    assert (len(shadow), len(routed)) == (5, 7)
    times = [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in shadow]
    np.testing.assert_allclose([(time - START).total_seconds() for time in times], [0, 1, 2, 2.2, 3.2])
    with pytest.raises(FileExistsError):
        write_parts(decisions)


def test_a_row_is_per_request():
    cells = row("all", Account(10, 0.02, 10.0), Account(10, 0.021, 9.0) + Account(0, 0.0, 0.0))
    assert cells == ["all", "10", "2.000", "2.100", "+5%", "1.00", "0.90", "-10%"]


def test_the_command_compares_stretch_by_stretch(decisions, tmp_path, capsys):
    problem = tmp_path / "problem"
    problem.mkdir()
    tables = "".join(
        f'[[models]]\nname = "{name}"\nprice_in = {price_in}\nprice_out = {price_out}\nquality_score = 0.8\n'
        "step_time = 0.02\nprefill_rate = 10000\n"
        for name, (price_in, price_out) in MODELS.items()
    )
    (problem / "problem.toml").write_text(PROBLEM + tables)
    rows = "".join(f"chat,{name},100,0.8\n" for name in MODELS)
    (problem / "quality.csv").write_text("category,model,prompts,share_good\n" + rows)
    policy = tmp_path / "policy.npz"
    write_policy(["--problem", str(problem), "--output", str(policy)])
    routed = write_parts(decisions)[1]
    main([str(routed), "--problem", str(problem), "--model-path", str(policy), "--draws", "1"])
    printed = capsys.readouterr().out
    table = {line.split("  ")[0].strip(): line.split() for line in printed.splitlines() if line.strip()}
    assert table["stretch 1"][2] == "4"
    assert table["stretch 2"][2] == "3"
    # Two equally good models: it takes the cheap one, as the log did, so that costs agree.
    assert table["all"][1:5] == ["7", "0.030", "0.030", "+0%"]
    assert float(table["all"][6]) == pytest.approx(1.0, abs=0.3)  # 49 iterations of 20 ms
