"""What LiteLLM's dicts say, read leniently: any of it may be missing in some version or on some path."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from router_serving.gateway.decision import Deployment, Ending
from router_serving.gateway.group import Group
from router_serving.gateway.request import MAPPINGS

RATE_HEADERS = {
    header: name
    for name in ("requests", "tokens")
    for prefix in ("llm_provider-", "")
    for header in (
        f"{prefix}x-ratelimit-remaining-{name}".replace("-", "_"),
        f"{prefix}x-ratelimit-remaining-{name}",
    )
}
"""What providers say that they have left for us, as LiteLLM hands it on."""


NOTHING: Mapping[str, Any] = {}
PRICES = ("input_cost_per_token", "output_cost_per_token")


def deployment_of(entry: Mapping[str, Any], group: Group, known_prices: Mapping[str, Any]) -> Deployment:
    """One of the deployments that LiteLLM offers; `known_prices` is its map of prices, by the name of a model."""
    params, info = _mapping(entry, "litellm_params"), _mapping(entry, "model_info")
    name, identity = str(params.get("model", "")), str(info.get("id", ""))
    price_in, price_out = _price(params, PRICES[0]), _price(params, PRICES[1])
    for source in (info, known_prices.get(name), known_prices.get(name.partition("/")[2])):
        if price_in is not None and price_out is not None:
            break
        if isinstance(source, Mapping):
            price_in = _price(source, PRICES[0]) if price_in is None else price_in
            price_out = _price(source, PRICES[1]) if price_out is None else price_out
    return Deployment(identity, group.model_of(identity, name), price_in, price_out)


def _price(source: Mapping[str, Any], key: str) -> float | None:
    price = source.get(key)
    return float(price) if isinstance(price, (int, float)) else None


def call_key(kwargs: Mapping[str, Any]) -> tuple[Hashable, str] | None:
    """What an attempt is known by, and the id of its deployment; None where LiteLLM does not say."""
    identity = deployment_id(kwargs)
    call = kwargs.get("litellm_call_id") or _mapping(kwargs, "litellm_params").get("litellm_call_id")
    if identity is None or not isinstance(call, str):
        return None
    return (call, identity), identity


def deployment_id(kwargs: Mapping[str, Any]) -> str | None:
    """The id of the deployment, from a hook's or an event's keyword arguments."""
    identity = _mapping(kwargs, "model_info").get("id")
    if _is_text(identity):
        return identity
    params = _mapping(kwargs, "litellm_params")
    identity = _mapping(params, "model_info").get("id")
    if _is_text(identity):
        return identity
    told = _mapping(kwargs, "standard_logging_object")
    # The metadata come last: a dict that many calls share says of all of them what the last one wrote into it.
    found = (
        _mapping(told, "hidden_params").get("model_id"),
        told.get("model_id"),
        _mapping(_mapping(params, "metadata"), "model_info").get("id"),
    )
    return next(filter(_is_text, found), None)


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def ending_of(kwargs: Mapping[str, Any], start: datetime, end: datetime, identity: str, failed: bool) -> Ending:
    """What an event of LiteLLM says about a call that is over."""
    told = _mapping(kwargs, "standard_logging_object")
    cached = bool(told.get("cache_hit") or kwargs.get("cache_hit"))
    first = kwargs.get("completion_start_time")
    streamed = bool(kwargs.get("stream")) and isinstance(first, datetime)
    cost = kwargs.get("response_cost", told.get("response_cost"))
    return Ending(
        deployment=identity,
        status="failure" if failed else "cached" if cached else "success",
        cost=0.0 if failed or not isinstance(cost, int | float) else max(0.0, float(cost)),
        prompt_tokens=_count(told.get("prompt_tokens")),
        completion_tokens=_count(told.get("completion_tokens")),
        latency=(end - start).total_seconds(),
        ttft=(first - start).total_seconds() if streamed and isinstance(first, datetime) else None,
    )


def limits_told(kwargs: Mapping[str, Any]) -> dict[str, float]:
    """How many "requests" and "tokens" the provider says that it has left."""
    told = _mapping(_mapping(kwargs, "standard_logging_object"), "hidden_params")
    headers = _mapping(told, "additional_headers")
    found: dict[str, float] = {}
    for header, name in RATE_HEADERS.items() if headers else ():
        value = headers.get(header)
        try:
            if value is not None:
                found[name] = float(value)
        except (TypeError, ValueError):
            continue
    return found


def _mapping(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = source.get(key)
    return value if isinstance(value, MAPPINGS) else NOTHING


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and value >= 0 else None
