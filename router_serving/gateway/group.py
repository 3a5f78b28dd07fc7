"""A model group under a policy: it decides for every request, and keeps the account of what becomes of it."""

import math
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from itertools import compress

import numpy as np

from router_serving.gateway.budget import Budget, state_file
from router_serving.gateway.categories import load_categories
from router_serving.gateway.decision import Decision, Deployment, Ending
from router_serving.gateway.ledger import Lease, Ledger
from router_serving.gateway.limits import Limits
from router_serving.gateway.observe import model_table, observer_for
from router_serving.gateway.offer import Offer, make_offer
from router_serving.gateway.others import Alone, Others
from router_serving.gateway.quality import Forecasts, read_shares
from router_serving.gateway.recent import Recent
from router_serving.gateway.request import Request
from router_serving.gateway.settings import GroupSettings, Settings
from router_serving.gateway.situation import Situation
from router_serving.policy_file import load_policy
from router_serving.priced_policy import PricedPolicy

QUARTER = 900.0
"""Seconds."""


class Abstain(Exception):
    """LiteLLM's own choice stands, for the reason in the message."""


class Group:
    """One model group. Many threads may use it; nothing in it waits for anything."""

    def __init__(
        self,
        settings: GroupSettings,
        whole: Settings,
        worker: int = 0,
        others: Others | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`others` are the other workers; None: there are none. Raises `ValueError` or `FileNotFoundError`, in
        one line, for a policy that cannot observe a gateway, or a file of the settings that is none."""
        self.settings, self.mode = settings, settings.mode
        self.wall, self._clock, self._zone, self._slowest = wall, clock, whole.zone, whole.slowest
        self.policy = load_policy(settings.policy)
        self.names = self.policy.model_names
        self._others = others or Alone(len(self.names))
        self._check_names()
        self._model_of = {key: self.names.index(name) for key, name in settings.deployments.items()}
        self._table = model_table(self.policy.origin, settings.slots)
        self._offer = self._offer_of(())
        self._observer = observer_for(self.policy.origin, settings.longest_prompt)
        self._forecasts = self._read_forecasts()
        self.ledger = Ledger(len(self.names), whole.lease, clock, wall)
        self._recent = Recent(self._table, 1.0 / self.policy.origin.numbers.get("mean_rate", (1.0,))[0])
        self._limits = Limits(self._table.request_limit, self._table.token_limit, clock())
        file = state_file(whole.state, settings.name, worker)
        amount, length = settings.budget, settings.period
        self.budget = Budget(self.ledger, self.policy, amount, length, whole.zone, file, wall(), self._others)
        if isinstance(self.policy, PricedPolicy) and amount is None:
            raise ValueError(f"groups.{settings.name}.budget is missing; the policy was trained with --priced")
        self._quarter, self._from_utc = -1.0, 0
        """The quarter of an hour, counted in Unix time, that the time zone was looked up for, and what it said, s."""
        self._lock = threading.Lock()

    def model_of(self, deployment_id: str, litellm_model: str) -> int | None:
        """The index of the policy's model that a deployment is; None where the settings do not say."""
        return self._model_of.get(deployment_id, self._model_of.get(litellm_model))

    def decide(self, request: Request, deployments: Sequence[Deployment]) -> Decision:
        """Decide for one request among the deployments that are up. It never raises: it abstains.

        A decision that will be followed counts as in flight at once, and what it may cost is held back: the next one
        must know of it.
        """
        began = time.perf_counter()
        decision = Decision(self.settings.name, self.mode, self.wall(), request, deployments=deployments)
        decision.category = request.category
        with self._lock, self._others.exclusive() as is_alone:
            try:
                if not is_alone:
                    raise Abstain("other workers are deciding")
                self._fill(decision)
            except Abstain as reason:
                decision.abstained = str(reason)
            except Exception as error:  # whatever it is, the request must go on
                decision.abstained = f"error: {type(error).__name__}: {error}"
            decision.took = time.perf_counter() - began
            if decision.abstained is None and decision.took > self._slowest:
                decision.abstained = "slow decision"
            if decision.abstained is not None:
                decision.ranking, decision.refused = (), False
            self._hold(decision)
            self.publish()
        return decision

    def publish(self) -> None:
        """Let the other workers know the load and the money of this one."""
        self._others.publish(self.ledger)

    def _hold(self, decision: Decision) -> None:
        if decision.model is not None and decision.most is not None:
            follows = self.mode == "route"
            held = decision.most[decision.model] if follows else 0.0
            decision.lease = self.ledger.open(
                object(), decision.model, held, decision.expected_tokens, decision, is_call=False, counts=follows
            )

    def start(self, key: Hashable, model: int, decision: Decision) -> Lease | None:
        """A decision becomes a call, at whichever model; None where this call was counted already."""
        held = 0.0 if decision.most is None else decision.most[model]
        if decision.lease is None:
            call = self.ledger.open(key, model, held, decision.expected_tokens, decision, is_call=True)
        else:
            call = self.ledger.become_call(decision.lease, key, model, held)
        if call is not None:
            now = self._clock()
            self._recent.joined(model, decision.request.input_tokens, now)
            self._limits.take(model, 1.0, decision.request.input_tokens + decision.expected_tokens, now)
        return call

    def bill(self, key: Hashable, ending: Ending, attempt: float) -> Lease | None:
        """A call is over, and costs this; returned is its lease, the first time."""
        lease = self.ledger.settle(key, ending.cost, attempt)
        if lease is None:
            return None
        decision: Decision = lease.note
        self.budget.charge(decision.ticket, ending.cost)
        if ending.completion_tokens is not None and ending.status == "success":
            self._recent.answered(lease.model, ending.completion_tokens)
            told = ending.completion_tokens + (ending.prompt_tokens or 0)
            self._limits.take(lease.model, 0.0, told - decision.request.input_tokens - lease.tokens, self._clock())
        return lease

    def drop(self, lease: Lease) -> None:
        """A call that was ended without a bill owes the pacer nothing."""
        self.budget.cancel(lease.note.ticket)

    def told_limit(self, model: int, name: str, left: float) -> None:
        """A provider says how many "requests" or "tokens" it has left for us."""
        self._limits.told(model, name, left, self._clock())

    def _fill(self, decision: Decision) -> None:
        request, now = decision.request, self._clock()
        self._recent.arrived(now)
        self.budget.roll(decision.time)
        offer = self._offer
        if decision.deployments != offer.deployments:
            offer = self._offer = self._offer_of(decision.deployments)
        usable = self._usable(request, offer)
        situation = self._situation(decision, offer, now)
        decision.observation = self._observer(situation)
        decision.expected_cost, decision.quality = situation.cost, situation.quality
        longest_answer = request.max_tokens or self.settings.longest_answer
        most = decision.most = offer.costs(request.most_input_tokens, longest_answer)
        free = self.budget.free
        allowed = [i in usable and (most[i] <= free or most[i] <= 0.0) for i in range(len(self.names))]
        if any(allowed):
            self._choose(decision, decision.observation, allowed, situation.cost, most)
        else:
            self._nothing_payable(decision)

    def _choose(
        self,
        decision: Decision,
        observation: np.ndarray,
        allowed: Sequence[bool],
        expected: Sequence[float],
        most: Sequence[float],
    ) -> None:
        """Rank the allowed models by the policy's preference, at the price of money where it is told one."""
        if isinstance(self.policy, PricedPolicy):
            decision.ticket = self.budget.pace(observation, np.array(allowed), np.array(expected), decision.time)
            if decision.ticket is None:
                self._nothing_payable(decision)
                return
            decision.price = decision.ticket.price
            preferred = self.policy.preferences(self.policy.checked(observation), np.log(decision.price))
        else:
            preferred = self.policy.logits(observation)
        preferences = preferred.tolist()
        if not all(map(math.isfinite, preferences)):
            raise ValueError(f"preferences are {preferences}; every number must be finite")
        decision.preferences = preferences
        order = sorted(compress(range(len(allowed)), allowed), key=preferences.__getitem__, reverse=True)
        first = order[0] if decision.ticket is None else decision.ticket.model
        order.remove(first)
        if self.settings.budget is not None:  # what is held back for the first must pay for those that stand in for it
            order = [i for i in order if most[i] <= most[first]]
        decision.ranking = (first, *order)

    def _nothing_payable(self, decision: Decision) -> None:
        if self.settings.when_spent == "abstain":
            raise Abstain("budget spent")
        decision.refused = True

    def _offer_of(self, deployments: Sequence[Deployment]) -> Offer:
        return make_offer(deployments, self._table, needs_prices=self.settings.budget is not None)

    def _usable(self, request: Request, offer: Offer) -> frozenset[int]:
        """The models of the deployments that are up and did not fail this request; of all that are up, if none is."""
        if offer.problem is not None:
            raise Abstain(offer.problem)
        if not request.failed:
            return offer.models
        fresh = (d.model for d in offer.deployments if d.model is not None and d.id not in request.failed)
        return frozenset(fresh) or offer.models

    def _situation(self, decision: Decision, offer: Offer, now: float) -> Situation:
        request, recent, table = decision.request, self._recent, self._table
        quality, decision.quality_from, decision.category = self._forecasts.of(request.category, request.text)
        expected = request.answer_tokens or table.expected_answer(request.input_tokens)
        decision.expected_tokens = min(expected, request.max_tokens or expected)
        slots = offer.slots
        more_requests, more_tokens = self._others.load()
        requests = np.maximum(self.ledger.requests + more_requests, 0.0).tolist()
        # What is inside has made a part of its answer; of those with a slot, the rest is as in a steady flow.
        tokens = [
            whole / (inside if inside > 1.0 else 1.0) * (inside + table.aging * (inside if inside < places else places))
            for whole, inside, places in zip((self.ledger.tokens + more_tokens).tolist(), requests, slots, strict=True)
        ]
        request_bucket, token_bucket, share = self._limits.levels(offer.up, now)
        return Situation(
            input_tokens=request.input_tokens,
            expected_tokens=decision.expected_tokens,
            quality=quality,
            complexity=request.complexity,
            cost=offer.costs(request.input_tokens, decision.expected_tokens),
            requests=requests,
            tokens=tokens,
            prefill=recent.prefill(requests, slots, now),
            mean_prefill=recent.mean_prefill,
            mean_answer=recent.mean_answer,
            slots=slots,
            request_bucket=request_bucket,
            token_bucket=token_bucket,
            bucket_share=share,
            down=offer.down,
            mean_gap=recent.mean_gap,
            time_of_day=self._time_of_day(decision.time),
            budget_left=self.budget.left,
        )

    def _time_of_day(self, now: float) -> float:
        """Days, 0 .. 1, in the settings' time zone, whose distance from UTC changes at full quarters of an hour."""
        if now // QUARTER != self._quarter:
            offset = datetime.fromtimestamp(now, self._zone).utcoffset()
            self._quarter, self._from_utc = now // QUARTER, 0 if offset is None else int(offset.total_seconds())
        return (int(now) + self._from_utc) % 86_400 / 86_400.0

    def _check_names(self) -> None:
        for table in ("deployments", "slots"):
            given = getattr(self.settings, table)
            for name in given.values() if table == "deployments" else given:
                if name not in self.names:
                    where = f"groups.{self.settings.name}.{table}"
                    raise ValueError(f"{where} names the model {name!r}; the policy knows {', '.join(self.names)}")

    def _read_forecasts(self) -> Forecasts:
        shares = None if self.settings.quality is None else read_shares(self.settings.quality, self.names)
        classifier = None if self.settings.categories is None else load_categories(self.settings.categories)
        return Forecasts(self._table.quality_score, shares, classifier)
