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


@dataclass(frozen=True)
class Request:
    """What routing needs to know of one request."""

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
    texts = list(_texts(content))
    said = _metadata(kwargs)
    characters, size = sum(map(len, texts)), sum(len(text.encode()) for text in texts)
    input_tokens = _positive(said.get("input_tokens")) or max(1.0, characters / CHARACTERS_PER_TOKEN)
    most = size + TOKENS_PER_MESSAGE * (1 + (len(content) if isinstance(content, list) else 1))
    limits = [_positive(kwargs.get(name)) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
    complexity = _number(said.get("complexity"))
    category = said.get("category")
    return Request(
        input_tokens=input_tokens,
        most_input_tokens=max(input_tokens, most),
        answer_tokens=_positive(said.get("answer_tokens")),
        max_tokens=min((limit for limit in limits if limit is not None), default=None),
        category=category if isinstance(category, str) and category else None,
        complexity=complexity if complexity is not None and 0 <= complexity <= 1 else None,
        failed=frozenset(_failed(said)),
        text=texts[-1][-LONGEST_TEXT:] if texts else "",
    )


def _texts(content: Any) -> Iterable[str]:
    """Every text in messages, in lists of them, or alone."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | tuple):
        for item in content:
            yield from _texts(item)
    elif isinstance(content, Mapping):
        yield from _texts(content.get("content", content.get("text")))


def _metadata(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller and LiteLLM say of the request, under either of LiteLLM's names; the proxy nests the caller's."""
    found: dict[str, Any] = {}
    for name in ("litellm_metadata", "metadata"):
        said = kwargs.get(name)
        if isinstance(said, Mapping):
            found |= said
            if isinstance(said.get("requester_metadata"), Mapping):
                found |= said["requester_metadata"]
    return found


def _failed(metadata: Mapping[str, Any]) -> Iterable[str]:
    """The deployments of LiteLLM's own list of attempts that failed."""
    attempts = metadata.get("previous_models")
    for attempt in attempts if isinstance(attempts, list | tuple) else ():
        if isinstance(attempt, Mapping) and isinstance(attempt.get("deployment_id"), str):
            yield attempt["deployment_id"]


def _number(value: Any) -> float | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_one else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None
