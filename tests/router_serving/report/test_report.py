"""A report's numbers are those of the lines, and a file that is none of decisions is named in one line."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from router_serving.gateway.decision import Decision, Ending, as_line
from router_serving.gateway.request import Request
from router_serving.report.__main__ import main
from router_serving.report.log import read_log
from router_serving.report.summary import summarize
from tests.helpers.gateway import NAMES

COSTS, QUALITY = np.array([0.03, 0.003, 0.001]), np.array([0.95, 0.85, 0.75])


def line(second: int, chosen: int | None, called: int, **ending) -> str:
    decision = Decision("smart", "route" if second % 2 else "shadow", 1e9 + second, Request(10.0, 20.0, text="secret"))
    decision.ranking = () if chosen is None else (chosen,)
    decision.abstained = "slow decision" if chosen is None else None
    decision.expected_cost, decision.quality, decision.took = COSTS, QUALITY, 0.001
    given = {"status": "success", "cost": COSTS[called], "latency": 1.0, "completion_tokens": 5} | ending
    return as_line(decision, Ending(f"{NAMES[called]}-a", **given), NAMES, called)


@pytest.fixture
def decisions(tmp_path):
    path = tmp_path / "decisions.jsonl"
    lines = [line(0, 0, 1), line(1, 1, 1, latency=12.0), line(2, 2, 2, ttft=2.0), line(3, None, 0)]
    lines.append(line(4, 1, 1, status="failure", cost=0.0, latency=None, completion_tokens=None))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_line_has_what_a_log_needs_and_no_text(decisions):
    first = json.loads(decisions.read_text().splitlines()[0])
    asked = {"timestamp", "model", "prompt_tokens", "completion_tokens", "cost_usd", "latency_s", "ttft_s", "category"}
    assert asked | {"status"} <= first.keys()
    assert first["timestamp"] == "2001-09-09T01:46:40.000+00:00"
    assert "secret" not in decisions.read_text()


def test_the_numbers_are_those_of_the_lines(decisions):
    (log,) = read_log(decisions)
    found = summarize(log, latency_sla=10.0, ttft_sla=1.0)
    assert (found.calls, found.answered) == (5, 4)
    assert found.cost == pytest.approx(0.003 + 0.003 + 0.001 + 0.03)
    assert found.late == 0.5
    assert found.agreed == pytest.approx(2 / 3)
    assert dict(found.abstained) == {"slow decision": 1}
    assert [model.calls for model in found.models] == [1, 3, 1]
    assert found.models[1].failed == pytest.approx(1 / 3)
    assert found.alternatives["the policy's choices"] == (pytest.approx(0.034), pytest.approx(0.85))
    assert found.alternatives["as it was"][0] == pytest.approx(0.007)
    assert found.alternatives["always small"][0] == pytest.approx(0.003)


def test_the_command_prints_and_writes_one_page(decisions, tmp_path, capsys):
    page = tmp_path / "report.html"
    main([str(decisions), "--html", str(page), "--budget", "1"])
    printed = capsys.readouterr().out
    assert "smart: 5 calls in 4 s, 4 answered, 0.0370 USD" in printed
    assert "Why the policy abstained: slow decision 1." in printed
    text = page.read_text()
    assert "http" not in text  # it asks nobody for anything
    for picture in text.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + picture.split("</svg>")[0] + "</svg>")
    assert text.count("<figure>") == 3
    with pytest.raises(SystemExit):
        main([str(decisions), "--html", str(page)])  # nothing is overwritten


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "holds no decisions"), ("{}\n", "line 1: not a gateway's decision"), ("x\n", "line 1: not a gateway's dec")],
)
def test_what_is_no_decision_is_named(tmp_path, text, message, refuses):
    path = tmp_path / "decisions.jsonl"
    path.write_text(text)
    refuses(main, [str(path)], f"error: {path}" + (", " if "line" in message else ": ") + message)
