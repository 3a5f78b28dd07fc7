"""The formats of logs that are known: by which columns each is recognised, and where our numbers are in it.

No expression here touches a prompt, an answer, or anything of `metadata` but the code of an error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jax_router.logs.duck import identifier, text

COMPLETIONS = (
    *("completion", "acompletion", "text_completion", "atext_completion", "responses", "aresponses"),
    *("anthropic_messages", "chat_completion", "chat", "text_completion"),
)
"""Types of calls that a router decides about."""
NEVER_READ = (
    *("messages", "response", "input", "output", "prompt", "completion", "proxy_server_request", "request_body"),
    *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.prompt", "gen_ai.completion"),
    *("gen_ai.system_instructions", "api_key", "requester_ip_address"),
)
"""Columns with texts and secrets, which the reader is never asked for."""
FAILED, REFUSED = "error", "refused by a rate limit"


@dataclass(frozen=True)
class Format:
    """Where a format has our numbers: SQL over its own columns, each as text unless `types` says otherwise."""

    name: str
    recognised_by: tuple[str, ...]
    """Columns that a log of this format has, all of them."""
    start: str
    prompt_tokens: str
    model: str = "'model'"
    completion_tokens: str = "NULL"
    cost: str = "NULL"  # USD
    end: str = "NULL"  # a time like start
    latency: str = "NULL"  # s, where there is no end
    first_token: str = "NULL"  # a time like start
    ttft: str = "NULL"  # s, where there is no time of the first token
    category: str = "NULL"
    score: str = "NULL"
    prompt: str = "NULL"
    """What requests with the same prompt have in common."""
    keys: tuple[str, ...] = ()
    """Columns that scores of another file may be joined on."""
    failure: str = "NULL"
    """`FAILED` or `REFUSED` in SQL for a row that was not answered, else NULL."""
    other: str = "NULL"
    """Why a row is no request that a router decides about, else NULL."""
    unit: float | None = None
    """s of a number in `start`, where the format fixes it."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Columns of JSON lines that are no plain values, with their type."""
    source: str = "SELECT * FROM {table}"
    """What makes one row of each request."""

    def columns(self, there: Mapping[str, str]) -> dict[str, str]:
        """The columns to read, of those that are there, with the type that they are read as."""
        wanted = [name for name in there if name in self._mentioned() or name in self.keys]
        return {name: self.types.get(name, "VARCHAR") for name in wanted}

    def lacking(self, there: Mapping[str, str]) -> list[str]:
        """The columns that the format may have and this log does not."""
        return sorted((self._mentioned() | set(self.keys)) - set(there))

    def _mentioned(self) -> set[str]:
        used = " ".join(value for value in vars(self).values() if isinstance(value, str))
        return set(re.findall(r'"([^"]+)"', used)) | set(self.types)


def _failure(failed: str, refused: str) -> str:
    return f"CASE WHEN {refused} THEN {text(REFUSED)} WHEN {failed} THEN {text(FAILED)} END"


def _is_429(code: str) -> str:
    return f"coalesce({code}, '') IN ('429', 'refused', 'rate_limited', 'rate_limit')"


LITELLM = Format(
    name="LiteLLM_SpendLogs",
    recognised_by=("startTime", "endTime", "model", "prompt_tokens"),
    start='"startTime"',
    end='"endTime"',
    first_token='"completionStartTime"',
    model="""coalesce(nullif("model_group", ''), "model")""",
    prompt_tokens='"prompt_tokens"',
    completion_tokens='"completion_tokens"',
    cost='"spend"',
    category="""coalesce(TRY_CAST("request_tags" AS JSON)->>'$[0]', nullif("team_id", ''), nullif("end_user", ''))""",
    keys=("request_id",),
    failure=_failure(
        """coalesce(nullif("status", ''), 'success') <> 'success'""",
        _is_429("""TRY_CAST("metadata" AS JSON)->>'$.error_information.error_code'"""),
    ),
    other=f"""CASE WHEN lower("cache_hit") = 'true' THEN 'cache hit'
        WHEN coalesce(nullif("call_type", ''), 'completion') NOT IN {COMPLETIONS} THEN 'other type of call' END""",
)

LANGFUSE = Format(
    name="Langfuse observations",
    recognised_by=("start_time", "provided_model_name", "usage_details"),
    start='"start_time"',
    end='"end_time"',
    latency='"latency"',
    ttft='"time_to_first_token"',
    model='"provided_model_name"',
    prompt_tokens="""TRY_CAST("usage_details" AS JSON)->>'$.input'""",
    completion_tokens="""TRY_CAST("usage_details" AS JSON)->>'$.output'""",
    cost='"total_cost"',
    category="""coalesce(nullif("trace_name", ''), nullif("name", ''), nullif("prompt_name", ''))""",
    keys=("id", "trace_id"),
    failure=_failure("""upper("level") = 'ERROR'""", "false"),
    other="""CASE WHEN coalesce("type", 'GENERATION') <> 'GENERATION' THEN 'other type of observation' END""",
)

_SPAN_NAMES = (
    *("gen_ai.request.model", "gen_ai.response.model", "gen_ai.operation.name", "error.type"),
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    *("gen_ai.response.time_to_first_chunk", "gen_ai.evaluation.score.value", "gen_ai.response.id", "category"),
)
_ATTRIBUTES = "STRUCT(" + ", ".join(f"{identifier(name)} VARCHAR" for name in _SPAN_NAMES) + ")"
_LISTED = 'STRUCT("key" VARCHAR, "value" STRUCT("stringValue" VARCHAR, "intValue" VARCHAR, "doubleValue" VARCHAR))[]'
_OTLP_SPAN = f'STRUCT("startTimeUnixNano" VARCHAR, "endTimeUnixNano" VARCHAR, "spanId" VARCHAR, "attributes" {_LISTED})'


def _spans(attribute: str, start: str, end: str, key: str, **more: object) -> Format:
    """Spans whose attribute NAME is `attribute` in SQL, with NAME in the place of its braces."""

    def first_of(*names: str) -> str:
        return f"coalesce({', '.join(attribute.format(name) for name in names)})"

    return Format(
        name="OpenTelemetry GenAI spans",
        start=start,
        end=end,
        ttft=attribute.format("gen_ai.response.time_to_first_chunk"),
        model=first_of("gen_ai.request.model", "gen_ai.response.model"),
        prompt_tokens=first_of("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        completion_tokens=first_of("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        category=attribute.format("category"),
        score=attribute.format("gen_ai.evaluation.score.value"),
        keys=(key,),
        failure=_failure(f"{attribute.format('error.type')} IS NOT NULL", _is_429(attribute.format("error.type"))),
        other=f"""CASE WHEN coalesce({attribute.format("gen_ai.operation.name")}, '')
            NOT IN ('chat', 'text_completion', 'generate_content') THEN 'other operation' END""",
        **more,  # type: ignore[arg-type]  # fields of Format
    )


def _flat_spans(start: str, end: str, key: str) -> Format:
    return _spans(
        '"attributes"."{}"',
        identifier(start),
        identifier(end),
        key,
        recognised_by=(start, end, "attributes"),
        types={"attributes": _ATTRIBUTES},
    )


_LISTED_ATTRIBUTE = ", ".join(
    f"""list_filter("span"."attributes", lambda one: one."key" = '{{0}}')[1]."value"."{kind}\""""
    for kind in ("stringValue", "intValue", "doubleValue")
)
OTLP = _spans(
    f"coalesce({_LISTED_ATTRIBUTE})",
    '"span"."startTimeUnixNano"',
    '"span"."endTimeUnixNano"',
    "spanId",
    recognised_by=("resourceSpans",),
    types={"resourceSpans": f'STRUCT("scopeSpans" STRUCT("spans" {_OTLP_SPAN}[])[])[]'},
    source="""SELECT "span", "span"."spanId" AS "spanId" FROM (SELECT unnest("scope"."spans") AS "span" FROM
        (SELECT unnest("resource"."scopeSpans") AS "scope" FROM
        (SELECT unnest("resourceSpans") AS "resource" FROM {table})))""",
)

AZURE = Format(
    name="Azure trace",
    recognised_by=("TIMESTAMP", "ContextTokens"),
    start='"TIMESTAMP"',
    prompt_tokens='"ContextTokens"',
    completion_tokens='"GeneratedTokens"',
)
MOONCAKE = Format(
    name="Mooncake trace",
    recognised_by=("timestamp", "input_length", "output_length"),
    start='"timestamp"',
    prompt_tokens='"input_length"',
    completion_tokens='"output_length"',
    unit=1e-3,
)
BURSTGPT = Format(
    name="BurstGPT trace",
    recognised_by=("Timestamp", "Model", "Request tokens", "Response tokens"),
    start='"Timestamp"',
    model='"Model"',
    prompt_tokens='"Request tokens"',
    completion_tokens='"Response tokens"',
    category='"Log Type"',
    failure=_failure("""TRY_CAST("Response tokens" AS DOUBLE) = 0""", "false"),
    unit=1.0,
)
PLAIN = Format(
    name="plain table",
    recognised_by=("timestamp", "prompt_tokens"),
    start='"timestamp"',
    model='"model"',
    prompt_tokens='"prompt_tokens"',
    completion_tokens='"completion_tokens"',
    cost='"cost_usd"',
    latency='"latency_s"',
    ttft='"ttft_s"',
    category='"category"',
    score='"score"',
    prompt='"prompt_id"',
    keys=("request_id",),
    failure=_failure(
        """lower(coalesce(nullif("status", ''), 'ok')) NOT IN ('ok', 'success', '200')""", _is_429('lower("status")')
    ),
)

FORMATS: Sequence[Format] = (
    LITELLM,
    LANGFUSE,
    _flat_spans("startTimeUnixNano", "endTimeUnixNano", "spanId"),
    _flat_spans("start_time_unix_nano", "end_time_unix_nano", "span_id"),
    _flat_spans("start_time", "end_time", "span_id"),
    OTLP,
    AZURE,
    MOONCAKE,
    BURSTGPT,
    PLAIN,
)
"""From the most particular to the most general."""


def recognised(there: Mapping[str, str]) -> Format:
    """The format of a log with these columns; raises `ValueError` that says what the nearest one lacks."""
    for one in FORMATS:
        if set(one.recognised_by) <= set(there):
            return one
    nearest = max(FORMATS, key=lambda one: len(set(one.recognised_by) & set(there)) / len(one.recognised_by))
    missing = [name for name in nearest.recognised_by if name not in there]
    known = ", ".join(dict.fromkeys(one.name for one in FORMATS))
    raise ValueError(f"no known format: as {nearest.name} it lacks the column {missing[0]}; the known ones are {known}")
