"""One request in every format that is known: recognised by its columns, and the same numbers each time."""

import gzip
import json

import numpy as np
import pytest

from jax_router.logs import duck, read_log

START = 1_772_409_600
"""2026-03-02 00:00 UTC, s since 1970."""
TEXT = "what a user wrote"
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.input.messages": TEXT,
    "category": "chat",
}


def listed(attributes):
    """Attributes as OTLP writes them."""
    kinds = {str: "stringValue", int: "intValue"}
    return [{"key": key, "value": {kinds[type(value)]: str(value)}} for key, value in attributes.items()]


NANOSECONDS = {"startTimeUnixNano": f"{START}000000000", "endTimeUnixNano": f"{START + 2}000000000", "spanId": "s"}
LINES = {
    "LiteLLM_SpendLogs": {
        **{"request_id": "r", "startTime": "2026-03-02T00:00:00.000Z", "endTime": "2026-03-02T00:00:02Z"},
        **{"completionStartTime": "2026-03-02T00:00:00.500Z", "model": "provider/m", "model_group": "m"},
        **{"prompt_tokens": 100, "completion_tokens": 20, "spend": 0.01, "request_tags": ["chat"], "messages": TEXT},
        **{"call_type": "acompletion", "cache_hit": "False", "status": "success", "metadata": {"key": "secret"}},
    },
    "Langfuse observations": {
        **{"id": "o", "trace_id": "t", "type": "GENERATION", "level": "DEFAULT", "latency": 2.0, "input": TEXT},
        **{"start_time": "2026-03-02 00:00:00.000000", "provided_model_name": "m", "total_cost": 0.01},
        **{"usage_details": {"input": 100, "output": 20}, "time_to_first_token": 0.5, "trace_name": "chat"},
    },
    "plain table": {
        **{"timestamp": START, "model": "m", "prompt_tokens": 100, "completion_tokens": 20, "cost_usd": 0.01},
        **{"latency_s": 2.0, "ttft_s": 0.5, "category": "chat", "score": 0.9, "status": "ok"},
    },
    "OpenTelemetry GenAI spans": {**NANOSECONDS, "attributes": ATTRIBUTES},
    "Mooncake trace": {"timestamp": START * 1000, "input_length": 100, "output_length": 20, "hash_ids": [1, 2]},
}
TABLES = {
    "Azure trace": "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-03-02 00:00:00.0000000,100,20\n",
    "BurstGPT trace": "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n0,m,100,20,120,chat\n",
    "plain table": "timestamp,prompt_tokens,completion_tokens\n2026-03-02T01:00:00+01:00,100,20\n",
}


@pytest.mark.parametrize("name", LINES)
def test_json_lines(name, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(LINES[name]) + "\n")
    check(read_log(path), name)


@pytest.mark.parametrize("name", TABLES)
def test_csv(name, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(TABLES[name])
    check(read_log(path), name)


def check(log, name):
    """The numbers of the request, as far as the format has them."""
    assert log.format == name
    assert log.seconds.tolist() == [START if name != "BurstGPT trace" else 0]
    assert (log.prompt_tokens.tolist(), log.completion_tokens.tolist()) == ([100], [20])
    assert log.models in (("m",), ("model",))
    assert log.dropped == {}
    for column, value in (("latency", 2.0), ("ttft", 0.5), ("cost", 0.01), ("score", 0.9)):
        if log.has(column):
            assert getattr(log, column).tolist() == [value]
    assert log.categories in (("chat",), ("",))


def test_spans_of_a_collector(tmp_path):
    span = {**NANOSECONDS, "attributes": listed(ATTRIBUTES)}
    failed = {**NANOSECONDS, "attributes": listed({**ATTRIBUTES, "error.type": "429"})}
    path = tmp_path / "otlp.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, failed, span]}]}]}) + "\n")
    log = read_log(path)
    assert (len(log), log.models, log.categories) == (2, ("m",), ("chat",))
    assert log.latency.tolist() == [2, 2]
    assert log.dropped == {"refused by a rate limit": 1}
    assert log.failures.refused.tolist() == [True]


def test_compressed_csv_parquet_and_folders_say_the_same(tmp_path):
    rows = "timestamp,model,prompt_tokens,completion_tokens\n" + "".join(f"{START + i},m,{i},5\n" for i in range(9))
    (tmp_path / "log.csv").write_text(rows)
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(rows.encode()))
    query = f"COPY (SELECT * FROM '{tmp_path / 'log.csv'}') TO '{tmp_path}/log.{{}}'"
    duck.connect().execute(query.format("parquet"))
    duck.connect().execute(query.format("csv.zst") + " (COMPRESSION zstd, HEADER)")
    parts = tmp_path / "parts"
    parts.mkdir()
    lines = rows.splitlines()
    (parts / "a.csv").write_text("\n".join(lines[:4]) + "\n")
    (parts / "b.csv").write_text("\n".join([lines[0], *lines[4:]]) + "\n")
    for path in ("log.csv", "log.csv.gz", "log.csv.zst", "log.parquet", "parts"):
        np.testing.assert_array_equal(read_log(tmp_path / path).prompt_tokens, np.arange(9))


@pytest.mark.parametrize("name", ["LiteLLM_SpendLogs", "Langfuse observations", "OpenTelemetry GenAI spans"])
def test_texts_are_never_asked_for(name, tmp_path, monkeypatch):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(LINES[name]) + "\n")
    asked = []
    monkeypatch.setattr(
        duck, "table", lambda files, columns, real=duck.table: asked.append(columns) or real(files, columns)
    )
    read_log(path)
    read = json.dumps(asked)
    assert "tokens" in read or "usage_details" in read
    for column in ("messages", '"input"', '"output"', "api_key", '"response"'):
        assert column not in read
    with pytest.raises(ValueError, match="no such column that may be read"):
        read_log(path, category="messages")


def test_scores_of_another_file(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(LINES["Langfuse observations"]) + "\n")
    scores = tmp_path / "scores.csv"
    scores.write_text("observation_id,trace_id,value\n,t,0.25\no,,0.75\n")
    assert read_log(path, scores=scores).score.tolist() == [0.75]  # its own one comes before its trace's
    scores.write_text("trace_id,value\nt,0.25\n")
    assert read_log(path, scores=scores).score.tolist() == [0.25]
    scores.write_text("value\n0.25\n")
    with pytest.raises(ValueError, match="scores need a column score or value, and observation_id or trace_id"):
        read_log(path, scores=scores)
