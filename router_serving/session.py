"""One budget for one period: it routes prompts, keeps the account of those in flight, and sets the price of money."""

import math
import threading
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike

from router_serving import clock as clocks
from router_serving import floats
from router_serving.numbers import finite_array, finite_number, whole_number
from router_serving.pacing import (
    GAP_MEMORY,
    Pace,
    Plan,
    affordable,
    begin,
    book,
    check_budget,
    cost_at,
    cost_ratio,
    pass_prompt,
    prompts_to_come,
    set_price,
    work,
)
from router_serving.policy import Origin, best_allowed

LONGEST_GAP = 100.0
"""The longest gap between prompts, in mean gaps, that the mean is learned from: one silence must not move the price."""


class Priced(Protocol):
    """What a session asks of a priced policy; see `router_serving.priced_policy`."""

    @property
    def origin(self) -> Origin: ...

    @property
    def model_names(self) -> tuple[str, ...]: ...

    @property
    def plan(self) -> Plan: ...

    @property
    def mean_costs(self) -> np.ndarray: ...

    def checked(self, observation: ArrayLike) -> np.ndarray: ...

    def preferences(self, x: np.ndarray, log_price: ArrayLike) -> np.ndarray: ...


@dataclass(frozen=True)
class Ticket:
    """A prompt that was routed, until its bill comes."""

    session: str
    """The id of the session that it belongs to."""
    number: int
    """The number of the prompt, counted from 0 within the session."""
    model: int
    """The index of the model that the prompt goes to."""
    price: float
    """The price of money that it was routed at, reward per USD."""
    expected_cost: float
    """What is held back for it, USD."""
    planned_cost: float
    """What such a prompt costs by the policy's plan, USD."""


class Session:
    """A budget for a period, spent by a priced policy; `policy.start` makes one. Many threads may use it.

    Call `ticket = route(observation)` for each prompt and, when its cost is known, `charge(ticket, cost)`, in any
    order, or `cancel(ticket)` if nothing is owed. What open tickets are expected to cost is held back from the budget.
    `router_serving.saved_session` saves and restores a session with its open tickets.

    Two clocks are told apart. The observation's time of day (in the time zone that the policy was trained for) says
    which hours of the plan lie ahead. The part of the period that has passed is counted by `seconds`, readings of any
    one clock, such as `time.time()`; `clock.read` explains what happens where that clock is set forward or back.
    """

    def __init__(
        self,
        policy: Priced,
        budget: float,
        prompts: int | None,
        days: float | None,
        after: "Session | None" = None,
    ) -> None:
        """See `PricedPolicy.start`."""
        self.policy = policy
        self.id = uuid4().hex
        self.budget = finite_number("budget", budget, at_least=0)
        if (prompts is None) == (days is None):
            raise ValueError("start takes either the number of prompts or the days that the budget is for")
        self.prompts = None if prompts is None else whole_number("prompts", prompts, at_least=1)
        self.days = None if days is None else finite_number("days", days, above=0)
        check_budget(self.budget, self.prompts or 1, policy.mean_costs)
        if after is not None and not isinstance(after, Session):
            raise ValueError(f"after is {after!r}; it must be None or the session before this one")
        self._costs = np.asarray(policy.mean_costs, np.float64)
        self._cheapest = float(self._costs.min())
        self._all_models = np.ones(len(self._costs), np.bool_)
        self._first_ratio = 1.0 if after is None else after.cost_ratio
        self._lock = threading.RLock()
        self._pace: Pace | None = None  # until the first prompt tells the time of day
        self._clock = clocks.start(0.0)
        self._time_of_day = 0.0
        self._gap_days = 1.0 / float(policy.plan.prompts_per_day)
        self._open: dict[int, Ticket] = {}
        self._num_tickets = 0

    @property
    def budget_left(self) -> float:
        """What no bill has taken yet, USD; what is held back for open tickets is part of it."""
        with self._lock:
            return self.budget if self._pace is None else float(self._pace.budget_left)

    @property
    def held_back(self) -> float:
        """What the open tickets are expected to cost, USD."""
        with self._lock:
            return sum(ticket.expected_cost for ticket in self._open.values())

    @property
    def open_tickets(self) -> tuple[Ticket, ...]:
        """The prompts whose bills have not come, oldest first."""
        with self._lock:
            return tuple(self._open.values())

    @property
    def price(self) -> float:
        """The price of money that the last prompt was routed at, reward per USD. Raises `ValueError` before one was."""
        with self._lock:
            if self._pace is None:
                raise ValueError("there is no price yet; it is set when the first prompt is routed")
            return math.exp(self._pace.log_price)

    @property
    def prompts_left(self) -> float:
        """Prompts still to come: exact if their number was given, else an estimate; NaN before the first one."""
        with self._lock:
            if self.prompts is not None:
                return float(self.prompts - self._num_tickets)
            return float("nan") if self._pace is None else float(prompts_to_come(self._pace, floats))

    @property
    def days_left(self) -> float:
        """Days that are left of the period; an estimate where it is counted in prompts."""
        with self._lock:
            if self.days is None:
                return max(self.prompts_left, 0.0) * self._gap_days
            return self.days - self._clock.elapsed / clocks.SECONDS_PER_DAY

    @property
    def cost_ratio(self) -> float:
        """What prompts really cost, divided by what they cost by the plan."""
        with self._lock:
            return self._first_ratio if self._pace is None else float(cost_ratio(self._pace, floats))

    def route(
        self,
        observation: ArrayLike,
        allowed: ArrayLike | None = None,
        *,
        seconds: float | None = None,
        costs: ArrayLike | None = None,
    ) -> Ticket:
        """Choose a model for one prompt, and hold back what it is expected to cost.

        Args:
            observation: (D,) float32, of the prompt and the fleet.
            allowed: (N,) bool, the models that may be taken; default: all.
            seconds: what the caller's clock says, s; default: read off the observation's time of day, which does not
                see silence of more than half a day.
            costs: (N,) USD, what this prompt is expected to cost at each model; default: `policy.mean_costs`.

        Returns:
            The ticket, whose `model` is the index of the model.

        Raises:
            ValueError: for an observation of another shape or with numbers that are not finite, where no model is
                allowed, and where the budget cannot pay for any that is. Nothing has changed then.
        """
        x = self._checked_observation(observation)
        mask, expected = self._checked_models(allowed, costs)
        time_of_day = float(x[self.policy.origin.time_of_day]) % 1.0 % 1.0  # -1e-20 % 1.0 is 1
        reading = None if seconds is None else finite_number("seconds", seconds)
        with self._lock:
            clock, gap_days, pace = self._after_gap(time_of_day, reading)
            held, days_left = self.held_back, self._days_left_at(clock, gap_days)
            if days_left > 0:
                pace = set_price(pace, self.policy.plan, time_of_day, days_left, held, floats)
            within = affordable(pace, expected, self._cheapest, held, floats) & mask
            model = self._choose(
                self.policy.preferences(x, pace.log_price), within, mask, expected, pace.budget_left - held
            )
            ticket = Ticket(
                session=self.id,
                number=self._num_tickets,
                model=model,
                price=math.exp(pace.log_price),
                expected_cost=float(expected[model]),
                planned_cost=float(cost_at(self.policy.plan, pace.log_price, time_of_day, floats)),
            )
            if self.prompts is not None:
                pace = pass_prompt(pace, 1.0, floats)
            self._pace, self._clock, self._gap_days, self._time_of_day = pace, clock, gap_days, time_of_day
            self._open[ticket.number] = ticket
            self._num_tickets += 1
        return ticket

    def charge(self, ticket: Ticket, cost: float) -> None:
        """Book what a prompt really cost, USD.

        Raises `ValueError` where that is no cost, or the ticket is not open in this session. Nothing has changed then.
        """
        amount = finite_number("cost", cost, at_least=0)
        with self._lock:
            routed = self._close(ticket)
            assert self._pace is not None  # a ticket is open: a prompt was routed
            self._pace = book(self._pace, amount, routed.planned_cost)

    def cancel(self, ticket: Ticket) -> None:
        """Release what is held back for a prompt that owes nothing; it still counts as one prompt of the period.

        Raises `ValueError` where the ticket is not open in this session.
        """
        with self._lock:
            self._close(ticket)

    def _checked_observation(self, observation: ArrayLike) -> np.ndarray:
        """One observation, (D,) float32."""
        x = self.policy.checked(observation)
        if x.ndim != 1:
            raise ValueError(f"observation has shape {x.shape}; with a budget, prompts are routed one at a time")
        return x

    def _checked_models(self, allowed: ArrayLike | None, costs: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
        num_models, mask, expected = len(self._costs), self._all_models, self._costs
        if allowed is not None:
            mask = np.asarray(allowed)
            if mask.dtype != np.bool_ or mask.shape != (num_models,):
                raise ValueError(f"allowed is {allowed!r}; it must be {num_models} bools, one for each model")
            if not mask.any():
                raise ValueError("allowed is False for every model; at least one must be allowed")
        if costs is not None:
            expected = finite_array("costs", costs).astype(np.float64)
            if expected.shape != (num_models,) or (expected < 0).any():
                raise ValueError(f"costs is {costs!r}; it must be {num_models} numbers of at least 0, USD")
        return mask, expected

    def _after_gap(self, time_of_day: float, seconds: float | None) -> tuple[clocks.Clock, float, Pace]:
        """Return the clock, the mean gap between prompts (days) and the pace, now that another prompt has come."""
        plan = self.policy.plan
        if self._pace is None:
            by_prompts = self.prompts is not None
            period = float(self.prompts or 0.0) if by_prompts else float(work(plan, time_of_day, self.days, floats))
            per_prompt = 1.0 if by_prompts else 0.0
            pace = begin(plan, self.budget, period, per_prompt, by_prompts, time_of_day, self._first_ratio, floats)
            return clocks.start(seconds or 0.0), self._gap_days, pace
        if seconds is None:
            seconds = clocks.by_time_of_day(self._clock, self._time_of_day, time_of_day)
        clock = clocks.read(self._clock, seconds)
        gap = max(clock.elapsed - self._clock.elapsed, 0.0) / clocks.SECONDS_PER_DAY
        if self._num_tickets > 1 and self._gap_days > 0:
            gap = min(gap, LONGEST_GAP * self._gap_days)
        gap_days = self._gap_days + max(1.0 / self._num_tickets, GAP_MEMORY) * (gap - self._gap_days)
        pace = self._pace
        if self.days is not None:
            pace = pass_prompt(pace, float(work(plan, self._time_of_day, gap, floats)), floats)
            left = max(self.days - clock.elapsed / clocks.SECONDS_PER_DAY, 0.0)
            pace = pace._replace(period_left=float(work(plan, time_of_day, left, floats)))
        return clock, gap_days, pace

    def _days_left_at(self, clock: clocks.Clock, gap_days: float) -> float:
        if self.days is None:
            return max(self.prompts_left, 1.0) * gap_days
        return self.days - clock.elapsed / clocks.SECONDS_PER_DAY

    def _choose(
        self, preferences: np.ndarray, within: np.ndarray, mask: np.ndarray, expected: np.ndarray, free: float
    ) -> int:
        """Return the best model that leaves enough for later prompts, else the cheapest allowed that can be paid."""
        if within.any():
            model = int(best_allowed(preferences, within, np))
        else:
            model = int(np.where(mask, expected, np.inf).argmin())
        # A model that costs nothing needs no budget; the costs are float32, which a thousandth covers.
        if expected[model] > 0 and free < expected[model] * (1 - 1e-3):
            raise ValueError(
                f"the budget is spent: {free:.6g} USD are free, and {self.policy.model_names[model]} is expected to "
                f"cost {expected[model]:.6g} USD; start another session"
            )
        return model

    def _close(self, ticket: Ticket) -> Ticket:
        """Take a ticket off the open ones; returned is our own copy, whatever the caller's says."""
        if not isinstance(ticket, Ticket) or ticket.session != self.id:
            raise ValueError(f"ticket is {ticket!r}; it must be one that this session's route() gave")
        if ticket.number not in self._open:
            raise ValueError(f"ticket {ticket.number} is not open: it was charged or cancelled already")
        return self._open.pop(ticket.number)
