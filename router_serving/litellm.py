"""The policy inside LiteLLM, as one callback for its SDK and for its proxy.

    litellm_settings:
      callbacks: [router_serving.litellm.gateway]

The environment variable ROUTER_SERVING_CONFIG names the settings (`router_serving.gateway.settings`). docs/litellm.md
shows all of it.
"""

import importlib.util
import signal
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import litellm
from litellm.integrations.custom_logger import CustomLogger

from router_serving.gateway.clerk import LOG, Clerk
from router_serving.gateway.decision import Decision, Deployment, Ending, as_line
from router_serving.gateway.group import Group
from router_serving.gateway.handover import handed_on
from router_serving.gateway.ledger import Lease
from router_serving.gateway.litellm_values import call_key, deployment_of, ending_of, limits_told
from router_serving.gateway.metrics import Metrics
from router_serving.gateway.request import read_request
from router_serving.gateway.settings import Settings, settings_from_environment
from router_serving.gateway.sharing import Sharing

HONOURS_WEIGHTS = importlib.util.find_spec("litellm.types.router_weights") is not None
"""Whether this LiteLLM takes weights with a request (1.105 and later)."""

_waiting: ContextVar[tuple[Group, Decision] | None] = ContextVar("router_serving_decision", default=None)
"""The decision of this task's attempt, until LiteLLM has made the call of it."""


class Gateway(CustomLogger):
    """LiteLLM asks it before every attempt, and tells it what became of the attempt."""

    def __init__(self, settings: Settings, registry: Any = None) -> None:
        """Metrics go into Prometheus' own `registry` unless another is given.

        Raises `ValueError` or `FileNotFoundError`, in one line, for settings that cannot be.
        """
        super().__init__()
        self.settings = settings
        # Hosts keep the file wherever they like: what joins them is the names of the groups in one Redis.
        identity = " ".join(sorted(settings.groups)) if settings.share == "redis" else str(settings.path)
        self.sharing = Sharing(settings, identity, LOG.warning)
        self.groups = {
            name: Group(group, settings, self.sharing.worker, self.sharing.others(name))
            for name, group in settings.groups.items()
        }
        self._group_of: dict[str, Group] = {}  # by the id of a deployment; an id is in one group
        for group in self.groups.values():
            self._group_of |= dict.fromkeys(group.settings.deployments, group)
        self._offered: dict[Group, tuple[list[Any], Sequence[Deployment]]] = {}
        """What LiteLLM offered last of a group, as it said it and as it was read."""
        self.metrics = Metrics(self.groups, settings.metrics, registry)
        saving = [group.budget.save for group in self.groups.values()]
        self.clerk = Clerk(settings.decisions, [self._end_silent, self._offered.clear, self.metrics.count, *saving])
        self.sharing.begin(self._publish)

    async def async_filter_deployments(
        self,
        model: str,
        healthy_deployments: list[Any],
        messages: list[Any] | None,
        request_kwargs: dict[str, Any] | None = None,
        parent_otel_span: Any = None,
    ) -> list[Any]:
        """Decide among the deployments that are up. Raises `BudgetExceededError` where the budget pays for none."""
        group = self.groups.get(model)
        if group is None or group.mode == "off":
            return healthy_deployments
        try:
            decision = self._decided(group, healthy_deployments, messages, request_kwargs or {})
            if group.mode != "route":
                return healthy_deployments
            if not decision.refused:
                return handed_on(group, decision, healthy_deployments, request_kwargs, self._prefers(group))
        except Exception as error:  # an exception here would fail the request
            self.clerk.say(f"error {type(error).__name__}", f"{model}: abstained: {type(error).__name__}: {error}")
            return healthy_deployments
        spent, budget = group.budget.spent, group.budget.amount or 0.0
        raise litellm.BudgetExceededError(
            current_cost=spent,
            max_budget=budget,
            message=f"the budget of {model} pays for no model until its next period",
        )

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> None:
        """A call is about to be made: it counts as in flight from now on."""
        self._guarded(self._started, kwargs)

    async def async_post_call_success_deployment_hook(
        self, request_data: dict[str, Any], response: Any, call_type: Any
    ) -> None:
        """The answer is there."""
        self._guarded(self._finished, request_data)

    async def async_post_call_failure_deployment_hook(
        self, request_data: Mapping[str, Any], exception: Exception, call_type: Any, fallback_depth: int | None = None
    ) -> None:
        """An attempt failed; LiteLLM 1.102 and later say so of every one."""
        self._guarded(self._failed, request_data)

    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        """The only word of a synchronous call before its end."""
        self._guarded(self._started, kwargs)

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The bill of a call."""
        self._guarded(self._billed, kwargs, start_time, end_time, False)

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """An attempt failed."""
        self._guarded(self._billed, kwargs, start_time, end_time, True)

    def log_success_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """The bill of a synchronous call."""
        self._guarded(self._billed, kwargs, start_time, end_time, False)

    def log_failure_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A synchronous attempt failed."""
        self._guarded(self._billed, kwargs, start_time, end_time, True)

    def close(self) -> None:
        """Write what is waiting, and leave the other workers."""
        self.clerk.close()
        self.sharing.close()

    def reload(self) -> None:
        """Read the modes of the groups again; whatever else has changed needs a restart."""
        try:
            settings = settings_from_environment()
        except (OSError, ValueError) as error:
            LOG.warning("the settings stay as they were: %s", error)
            return
        for name, group in self.groups.items():
            new = settings.groups.get(name)
            if new is None:
                LOG.warning("groups.%s is gone; it needs a restart", name)
                continue
            if replace(new, mode=group.settings.mode) != group.settings:
                LOG.warning("groups.%s: only its mode is read again; the rest needs a restart", name)
            group.mode = new.mode
            LOG.warning("groups.%s: mode is %s", name, new.mode)

    def _publish(self) -> None:
        for group in self.groups.values():
            group.publish()

    def _decided(self, group: Group, offered: list[Any], messages: Any, kwargs: Mapping[str, Any]) -> Decision:
        self._forget_waiting()
        decision = group.decide(read_request(messages, kwargs), self._deployments(group, offered))
        self.metrics.decided(decision, group.names)
        if decision.abstained is not None:
            cause = ":".join(decision.abstained.split(":")[:2])
            self.clerk.say(f"{group.settings.name} {cause}", f"{group.settings.name}: abstained: {decision.abstained}")
        _waiting.set((group, decision))
        return decision

    def _deployments(self, group: Group, offered: list[Any]) -> Sequence[Deployment]:
        """What LiteLLM offers, which is the same again and again; it is read anew once a second, as prices change."""
        known = self._offered.get(group)
        if known is None or known[0] != offered:
            deployments = tuple(deployment_of(entry, group, litellm.model_cost) for entry in offered)
            self._group_of |= {deployment.id: group for deployment in deployments}
            known = self._offered[group] = (list(offered), deployments)
        return known[1]

    def _prefers(self, group: Group) -> bool:
        how = group.settings.how
        if how == "auto":
            proxy = sys.modules.get("litellm.proxy.proxy_server")
            router = getattr(proxy, "llm_router", None)
            shuffles = str(getattr(router, "routing_strategy", "")).endswith("simple-shuffle")
            return HONOURS_WEIGHTS and shuffles and not getattr(router, "routing_groups", None)
        if how == "prefer" and not HONOURS_WEIGHTS:
            self.clerk.say("prefer", "this LiteLLM takes no weights with a request: how = 'filter' instead")
            return False
        return how == "prefer"

    def _started(self, kwargs: Mapping[str, Any]) -> None:
        known = call_key(kwargs)
        group = self._group_of.get(known[1]) if known else None
        if known is None or group is None or group.mode == "off":
            return
        key, identity = known
        waiting = _waiting.get()
        if waiting is not None and waiting[0] is group:
            decision = waiting[1]
            _waiting.set(None)
            model = next((d.model for d in decision.deployments if d.id == identity), None)
        else:
            if group.ledger.find(key) is not None:
                return
            decision = Decision(
                group.settings.name, group.mode, group.wall(), read_request(kwargs.get("messages"), kwargs)
            )
            decision.abstained, model = "not asked", group.model_of(identity, str(kwargs.get("model", "")))
        if model is None:
            self._drop(group, decision)
            return
        call = group.start(key, model, decision)
        thing = kwargs.get("litellm_logging_obj")
        if call is not None and thing is not None:
            # A call that is cancelled, and a stream that is thrown away, end without a word: this is the word.
            call.watch = weakref.ref(thing, partial(self._vanished, group, call))

    def _finished(self, kwargs: Mapping[str, Any]) -> None:
        known = call_key(kwargs)
        if known and known[1] in self._group_of:
            self._group_of[known[1]].ledger.finish(known[0])

    def _failed(self, kwargs: Mapping[str, Any]) -> None:
        known = call_key(kwargs)
        if known and known[1] in self._group_of:
            group = self._group_of[known[1]]
            lease = group.ledger.release(known[0])
            if lease is not None:
                self._ended(group, lease, Ending(known[1], "failure"))

    def _billed(self, kwargs: Mapping[str, Any], start: datetime, end: datetime, failed: bool) -> None:
        known = call_key(kwargs)
        if known is None or known[1] not in self._group_of:
            return
        (key, identity), group = known, self._group_of[known[1]]
        ending, attempt = ending_of(kwargs, start, end, identity, failed), start.timestamp()
        lease = group.ledger.release(key, attempt) if failed else group.bill(key, ending, attempt)
        if lease is None:
            return
        for name, left in limits_told(kwargs).items():
            group.told_limit(lease.model, name, left)
        self._ended(group, lease, ending)

    def _vanished(self, group: Group, lease: Lease, _: Any) -> None:
        if group.ledger.give_up(lease) is not None:
            self._ended(group, lease, Ending(lease.key[1], "cancelled"))  # type: ignore[index]

    def _ended(self, group: Group, lease: Lease, ending: Ending) -> None:
        group.drop(lease)
        self.clerk.write(partial(as_line, lease.note, ending, group.names, lease.model))

    def _end_silent(self) -> None:
        for group in self.groups.values():
            for lease in group.ledger.expire():
                if lease.is_call:
                    self._ended(group, lease, Ending(lease.key[1], "lost"))  # type: ignore[index]
                else:
                    group.drop(lease)

    def _forget_waiting(self) -> None:
        """An earlier decision of this task that became no call: LiteLLM refused it after we were asked."""
        waiting = _waiting.get()
        if waiting is not None:
            self._drop(*waiting)
        _waiting.set(None)

    @staticmethod
    def _drop(group: Group, decision: Decision) -> None:
        if decision.lease is not None and group.ledger.give_up(decision.lease) is not None:
            group.drop(decision.lease)

    def _guarded(self, what: Any, *args: Any) -> None:
        """Do something of which nothing may reach LiteLLM if it fails."""
        try:
            what(*args)
        except Exception as error:
            self.clerk.say(
                f"{what.__name__} {type(error).__name__}", f"{what.__name__}: {type(error).__name__}: {error}"
            )


_made = threading.Lock()


def __getattr__(name: str) -> Gateway:
    """Make `gateway`, the one of this process, when it is first asked for; SIGHUP makes it read its modes again."""
    if name != "gateway":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _made:
        if "gateway" not in globals():
            made = Gateway(settings_from_environment())
            globals()["gateway"] = made
            if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGHUP, lambda *_: made.reload())
    return globals()["gateway"]
