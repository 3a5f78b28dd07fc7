"""A session as JSON text, and back: a gateway that restarts goes on with its budget and its open tickets."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from router_serving.clock import Clock
from router_serving.numbers import finite_number, whole_number
from router_serving.pacing import Pace
from router_serving.priced_policy import PricedPolicy
from router_serving.session import Session, Ticket

FORMAT = "jax-router-session"
VERSION = 1


def to_json(session: Session) -> str:
    """Return a session as JSON text, open tickets included; `from_json` restores it."""
    with session._lock:
        state = {
            "format": FORMAT,
            "version": VERSION,
            "id": session.id,
            "models": session.policy.model_names,
            "budget": session.budget,
            "prompts": session.prompts,
            "days": session.days,
            "cost_ratio": session._first_ratio,
            "pace": None if session._pace is None else [float(number) for number in session._pace],
            "clock": list(session._clock),
            "time_of_day": session._time_of_day,
            "gap_days": session._gap_days,
            "tickets": [asdict(ticket) for ticket in session.open_tickets],
            "num_tickets": session._num_tickets,
        }
    return json.dumps(state)


def from_json(policy: PricedPolicy, text: str) -> Session:
    """Restore the session that `to_json` wrote. Raises `ValueError` for other text, and for another fleet's policy."""
    try:
        state = json.loads(text)
        if state["format"] != FORMAT or state["version"] != VERSION:
            raise ValueError(f"this program reads {FORMAT} of version {VERSION}")
        if tuple(state["models"]) != policy.model_names:
            raise ValueError(
                f"it routes to {', '.join(state['models'])}, and the policy to {', '.join(policy.model_names)}"
            )
        session = Session(policy, state["budget"], state["prompts"], state["days"])
        _restore(session, state)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"not a saved session of this policy: {error}") from None
    return session


def _restore(session: Session, state: Mapping[str, Any]) -> None:
    session.id = str(state["id"])
    session._first_ratio = finite_number("cost_ratio", state["cost_ratio"], at_least=0)
    if state["pace"] is not None:
        pace = Pace(*(finite_number("pace", number) for number in state["pace"]))
        session._pace = pace._replace(known=bool(pace.known))
    session._clock = Clock(*(finite_number("clock", number) for number in state["clock"]))
    session._time_of_day = finite_number("time_of_day", state["time_of_day"])
    session._gap_days = finite_number("gap_days", state["gap_days"], at_least=0)
    session._num_tickets = whole_number("num_tickets", state["num_tickets"], at_least=0)
    tickets = [_ticket(session, ticket) for ticket in state["tickets"]]
    session._open = {ticket.number: ticket for ticket in tickets}


def _ticket(session: Session, state: Mapping[str, Any]) -> Ticket:
    ticket = Ticket(
        session=session.id,
        number=whole_number("number", state["number"], at_least=0),
        model=whole_number("model", state["model"], at_least=0),
        price=finite_number("price", state["price"], above=0),
        expected_cost=finite_number("expected_cost", state["expected_cost"], at_least=0),
        planned_cost=finite_number("planned_cost", state["planned_cost"], at_least=0),
    )
    if ticket.number >= session._num_tickets or ticket.model >= len(session.policy.model_names):
        raise ValueError(f"ticket {ticket.number} for model {ticket.model} was never given")
    return ticket
