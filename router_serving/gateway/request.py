"""A request's numbers: how long it is, what its caller says of it, and what it may cost. Its text goes no further."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CHARACTERS_PER_TOKEN = 4.0
"""The usual number; a tokenizer would take milliseconds, and the policy needs the length only roughly."""
TOKENS_PER_MESSAGE = 8
"""What a chat template adds to a message at most, as a rule."""
LONGEST_TEXT = 4000
"""Characters of the last message that a classifier looks at."""
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""What the tokens of an answer are limited by, in LiteLLM's endpoints."""
NONE: frozenset[str] = frozenset()
MAPPINGS = (dict, Mapping)
"""Most are dicts, which is seen at once."""


@dataclass(slots=True)
class Request:
    """What routing needs to know of one request. It never changes; freezing it would take longer than reading it."""

    input_tokens: float
    """Tokens of the prompt: the caller's number, or an estimate."""
    most_input_tokens: float
    """Tokens that it cannot exceed: no token is shorter than a byte."""
    answer_tokens: float | None = None
    """Tokens that the caller expects of the answer; None: not said."""
    max_tokens: float | None = None
    """Tokens that the answer may have; None: not said."""
    category: str | None = None
    """What the caller calls such prompts; None: not said."""
    complexity: float | None = None
    """What the caller says of it, 0 .. 1; None: not said."""
    failed: frozenset[str] = frozenset()
    """Ids of the deployments that this request has failed at."""
    text: str = ""
    """The end of the last message, for a classifier; never written anywhere."""


def read_request(messages: Any, kwargs: Mapping[str, Any]) -> Request:
    """Read a request of any of LiteLLM's endpoints: chat, completions, embeddings, responses."""
    content = messages if messages is not None else kwargs.get("input", kwargs.get("prompt"))
    texts = _texts(content)
    said = _metadata(kwargs)
    characters = size = 0
    for text in texts:
        characters += len(text)
        size += len(text) if text.isascii() else len(text.encode())
    input_tokens = _positive(said.get("input_tokens")) or max(1.0, characters / CHARACTERS_PER_TOKEN)
    most = size + TOKENS_PER_MESSAGE * (1 + (len(content) if isinstance(content, list) else 1))
    limits = [limit for name in LIMITS if name in kwargs and (limit := _positive(kwargs[name])) is not None]
    complexity = _number(said.get("complexity"))
    category = said.get("category")
    return Request(
        input_tokens=input_tokens,
        most_input_tokens=max(input_tokens, most),
        answer_tokens=_positive(said.get("answer_tokens")),
        max_tokens=min(limits, default=None),
        category=category if isinstance(category, str) and category else None,
        complexity=complexity if complexity is not None and 0 <= complexity <= 1 else None,
        failed=frozenset(_failed(said)) if "previous_models" in said else NONE,
        text=texts[-1][-LONGEST_TEXT:] if texts else "",
    )


def _texts(content: Any) -> list[str]:
    """Every text in messages, in lists of them, or alone."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, (list, tuple)):
        found = []
        for item in content:
            text = item.get("content") if isinstance(item, dict) else item
            found += [text] if isinstance(text, str) else _texts(item)  # nearly every message is one text
        return found
    if isinstance(content, MAPPINGS):
        return _texts(content.get("content", content.get("text")))
    return []


def _metadata(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the caller and LiteLLM say of the request, under either of LiteLLM's names; the proxy nests the caller's."""
    parts: list[Mapping[str, Any]] = []
    for name in ("litellm_metadata", "metadata"):
        said = kwargs.get(name)
        if isinstance(said, MAPPINGS):
            own = said.get("requester_metadata")
            parts += [said, own] if isinstance(own, MAPPINGS) else [said]
    return parts[0] if len(parts) == 1 else {key: value for part in parts for key, value in part.items()}


def _failed(metadata: Mapping[str, Any]) -> Iterable[str]:
    """The deployments of LiteLLM's own list of attempts that failed."""
    attempts = metadata.get("previous_models")
    for attempt in attempts if isinstance(attempts, list | tuple) else ():
        if isinstance(attempt, Mapping) and isinstance(attempt.get("deployment_id"), str):
            yield attempt["deployment_id"]


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None
