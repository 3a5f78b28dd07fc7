"""A group decides by its policy among what is up and paid for, and abstains where it cannot know better."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from router_serving.gateway.decision import Deployment, Ending
from router_serving.gateway.group import Group
from router_serving.gateway.request import Request
from tests.helpers.gateway import NAMES, prefers, priced, settings_of

PRICES = ((3e-6, 15e-6), (1e-6, 5e-6), (1e-7, 4e-7))
FLEET = tuple(Deployment(f"{name}-a", i, *PRICES[i]) for i, name in enumerate(NAMES))
PROMPT = Request(100.0, 400.0, max_tokens=200.0)


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Clock:
    return Clock(1_800_000_000.0)  # 2027-01-15 08:00 UTC


@pytest.fixture
def group_of(tmp_path, wall):
    def make(policy=None, group="", whole='mode = "route"\nslowest = 60', **given) -> Group:
        settings = settings_of(tmp_path, policy or prefers(), group, whole)
        return Group(settings.groups["smart"], settings, wall=wall, **given)

    return make


def call(group: Group, key: object, request=PROMPT, fleet=FLEET):
    """Decide, and make the call; None where there is none to make."""
    decision = group.decide(request, fleet)
    return None if decision.model is None else group.start(key, decision.model, decision)


def bill(group: Group, key: object, cost: float) -> None:
    group.bill(key, Ending("", "success", cost, 100, 50), attempt=1e10)


def test_it_takes_the_policys_model_and_ranks_the_rest(group_of):
    decision = group_of(prefers(["medium", "small", "large"])).decide(PROMPT, FLEET)
    assert [NAMES[i] for i in decision.ranking] == ["medium", "small", "large"]
    assert decision.abstained is None


def test_what_is_down_or_failed_is_left_out(group_of):
    group = group_of(prefers(["medium", "small", "large"]))
    assert group.decide(PROMPT, FLEET[::2]).ranking == (2, 0)
    failed = replace(PROMPT, failed=frozenset({"medium-a"}))
    assert group.decide(failed, FLEET).ranking == (2, 0)
    everything = replace(PROMPT, failed=frozenset(d.id for d in FLEET))
    assert group.decide(everything, FLEET).ranking == (1, 2, 0)


def test_a_queue_drives_requests_away(group_of):
    group = group_of(prefers(queue_aversion=9.0), "slots = {large = 2, medium = 2, small = 2}")
    chosen = [call(group, i).model for i in range(12)]
    assert chosen[:2] == [0, 0]
    assert {chosen.count(i) for i in range(3)} <= {3, 4, 5}


@pytest.mark.parametrize(
    ("fleet", "reason"),
    [
        ((), "no deployment is up"),
        ((*FLEET, Deployment("new", None)), "unknown deployment new"),
        ((replace(FLEET[0], price_in=None), *FLEET[1:]), "no price of large-a"),
    ],
)
def test_it_abstains(group_of, fleet, reason):
    decision = group_of(group="budget = 10.0").decide(PROMPT, fleet)
    assert (decision.abstained, decision.model) == (reason, None)


@pytest.mark.parametrize("bad", ["raises", "nan"])
def test_it_abstains_where_the_policy_fails(group_of, monkeypatch, bad):
    group = group_of()

    def broken(self, observation):
        if bad == "raises":
            raise RuntimeError("boom")
        return np.full(3, np.nan)

    monkeypatch.setattr(type(group.policy), "logits", broken)
    decision = group.decide(PROMPT, FLEET)
    assert decision.abstained is not None
    assert decision.abstained.startswith("error: RuntimeError: boom" if bad == "raises" else "error: ValueError: pref")


def test_a_slow_decision_is_not_followed(group_of):
    assert group_of(whole='mode = "route"\nslowest = 1e-9').decide(PROMPT, FLEET).abstained == "slow decision"


def test_fifty_in_flight_never_overspend(group_of):
    """Each call costs the most that it may: every model, every token of the longest answer."""
    group = group_of(group="budget = 0.05")
    with ThreadPoolExecutor(16) as pool:
        calls = [lease for lease in pool.map(lambda i: call(group, i), range(50)) if lease is not None]
    assert 0 < len(calls) < 50
    assert group.ledger.held <= 0.05
    assert group.decide(replace(PROMPT, max_tokens=3000.0), FLEET[:1]).refused
    for i in range(50):
        if group.ledger.find(i) is not None:
            bill(group, i, group.ledger.find(i).held)
    assert 0.04 < group.budget.spent <= 0.05
    assert group.ledger.held == 0


def test_what_stands_in_for_the_first_is_no_dearer(group_of):
    assert group_of(prefers(["medium", "large", "small"]), "budget = 10.0").decide(PROMPT, FLEET).ranking == (1, 2)


def test_a_spent_budget_refuses_or_abstains(group_of):
    group = group_of(group='budget = 1e-6\nwhen_spent = "abstain"')
    assert group.decide(PROMPT, FLEET).abstained == "budget spent"
    group = group_of(group="budget = 1e-6")
    decision = group.decide(PROMPT, FLEET)
    assert (decision.refused, decision.model, decision.abstained) == (True, None, None)


def test_the_next_period_begins_at_midnight_of_the_time_zone(group_of, wall):
    group = group_of(group="budget = 0.01", whole='mode = "route"\nslowest = 60\ntimezone = "Europe/Berlin"')
    call(group, "a")
    bill(group, "a", 0.01)
    assert group.decide(PROMPT, FLEET).refused
    wall.now += 15 * 3600 - 60  # 23:59 in Berlin
    assert group.decide(PROMPT, FLEET).refused
    wall.now += 120
    assert group.decide(PROMPT, FLEET).model == 0
    assert group.budget.spent == 0.0


def test_what_was_spent_outlasts_a_restart(group_of, wall):
    whole = 'mode = "route"\nslowest = 60\nstate = "state"'
    group = group_of(group="budget = 10.0", whole=whole)
    call(group, "a")
    bill(group, "a", 3.0)
    call(group, "b")  # nobody will hear of its bill
    held = group.ledger.held
    group.budget.save()
    again = group_of(group="budget = 10.0", whole=whole)
    assert again.budget.spent == pytest.approx(3.0 + held)
    wall.now += 86_400
    assert group_of(group="budget = 10.0", whole=whole).budget.spent == 0.0


def test_a_damaged_state_file_is_named(group_of, tmp_path):
    whole = 'mode = "route"\nstate = "state"'
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "smart-0.json").write_text("{")
    with pytest.raises(ValueError, match=r"smart-0\.json: not what a gateway saved: .*; remove it to begin anew"):
        group_of(group="budget = 10.0", whole=whole)


def test_a_priced_policy_turns_to_cheaper_models_as_money_ends(group_of, wall):
    group = group_of(priced(), "budget = 2.0\nperiod = '24h'")
    chosen = []
    for i in range(900):
        wall.now += 60.0
        lease = call(group, i, replace(PROMPT, max_tokens=10.0))
        chosen.append(lease.model)
        bill(group, i, (0.03, 0.003, 0.001)[lease.model])
    assert group.budget.spent <= 2.0
    assert group.budget.session is not None
    assert not group.budget.session.open_tickets
    assert len(set(chosen)) > 1


def test_a_shadow_counts_what_litellm_chose(group_of):
    group = group_of(prefers(["medium", "small", "large"]), whole='mode = "shadow"\nslowest = 60')
    decision = group.decide(PROMPT, FLEET)
    assert group.ledger.requests.tolist() == [0, 0, 0]
    group.start("a", 0, decision)
    assert group.ledger.requests.tolist() == [1, 0, 0]
    bill(group, "a", 0.5)
    assert group.budget.spent == 0.5
