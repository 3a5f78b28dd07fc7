"""What Prometheus can ask of a gateway, where prometheus_client is installed; elsewhere nothing is counted."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from router_serving.gateway.decision import Decision
from router_serving.gateway.group import Group

try:
    import prometheus_client as prometheus
except ImportError:  # it is the operator's own, if at all
    prometheus = None

BUCKETS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Of the time of a decision, s."""


class Metrics:
    """Counters and gauges of the groups of one process."""

    def __init__(self, groups: Mapping[str, Group], address: str | None, registry: Any = None) -> None:
        """Serve them at `address`, HOST:PORT, or, with None, in the process's registry alone.

        Raises `ValueError` where there is an address and no prometheus_client, and `OSError` where it is taken.
        """
        self._on = prometheus is not None
        if not self._on:
            if address is not None:
                raise ValueError(f"metrics is {address!r}; that needs prometheus_client: pip install prometheus-client")
            return
        registry = registry or prometheus.REGISTRY
        self._decided: deque[tuple[Decision, tuple[str, ...]]] = deque()
        registry.register(_Levels(groups, self.count))  # the first, so that it counts before the others are read
        self._series: dict[tuple[Any, ...], Any] = {}
        self._decisions = prometheus.Counter(
            "router_serving_decisions",
            "Decisions by the model that was chosen",
            ("group", "mode", "model"),
            registry=registry,
        )
        self._abstained = prometheus.Counter(
            "router_serving_abstentions",
            "Requests that LiteLLM chose for, by reason",
            ("group", "reason"),
            registry=registry,
        )
        self._took = prometheus.Histogram(
            "router_serving_decision_seconds", "Time of a decision", ("group",), buckets=BUCKETS, registry=registry
        )
        self._price = prometheus.Gauge(
            "router_serving_price_of_money",
            "Reward per USD that the policy was last told",
            ("group",),
            registry=registry,
        )
        if address is not None:
            host, _, port = address.rpartition(":")
            prometheus.start_http_server(int(port), addr=host, registry=registry)

    def decided(self, decision: Decision, names: tuple[str, ...]) -> None:
        """Count a decision, when somebody asks or `count` is called: a request need not wait for it."""
        if self._on:
            self._decided.append((decision, names))

    def count(self) -> None:
        """Count the decisions that came since the last time. Many threads may call it."""
        while self._on and self._decided:
            try:
                decision, names = self._decided.popleft()
            except IndexError:  # another thread took it
                return
            self._count(decision, names)

    def _count(self, decision: Decision, names: tuple[str, ...]) -> None:
        self._of(self._took, decision.group).observe(decision.took)
        if decision.abstained is not None:
            # What follows a colon, or names a deployment, would make a series of its own for each value.
            reason = decision.abstained.partition(":")[0].partition(" deployment ")[0].partition(" of ")[0]
            self._of(self._abstained, decision.group, reason).inc()
            return
        chosen = "none: budget spent" if decision.model is None else names[decision.model]
        self._of(self._decisions, decision.group, decision.mode, chosen).inc()
        if decision.price is not None:
            self._of(self._price, decision.group).set(decision.price)

    def _of(self, metric: Any, *labels: str) -> Any:
        """One series of a metric; prometheus_client takes longer to find it."""
        key = (metric, *labels)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = metric.labels(*labels)
        return series


class _Levels:
    """The gauges that are read off when somebody asks."""

    def __init__(self, groups: Mapping[str, Group], count: Callable[[], None]) -> None:
        self._groups, self._count = groups, count

    def collect(self) -> list[Any]:
        self._count()
        from prometheus_client.core import GaugeMetricFamily

        flying = GaugeMetricFamily("router_serving_in_flight", "Calls in flight", labels=("group", "model"))
        left = GaugeMetricFamily("router_serving_budget_left_usd", "What no bill has taken", labels=("group",))
        spent = GaugeMetricFamily("router_serving_spent_usd", "Billed in this period", labels=("group",))
        held = GaugeMetricFamily("router_serving_held_usd", "Held back for open calls", labels=("group",))
        for name, group in self._groups.items():
            for model, count in zip(group.names, group.ledger.requests, strict=True):
                flying.add_metric((name, model), float(count))
            spent.add_metric((name,), group.ledger.spent)
            held.add_metric((name,), group.ledger.held)
            if group.budget.amount is not None:
                left.add_metric((name,), group.budget.amount * group.budget.left)
        return [flying, left, spent, held]
