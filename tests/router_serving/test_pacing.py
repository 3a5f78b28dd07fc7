"""The pacer: closed forms, no cent over the budget whatever the policy wants, and NumPy's numbers are JAX's."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_router import make_params, run_episodes
from jax_router.pacing import COST_MEMORY, GAP_MEMORY, PRIOR_PROMPTS, Pace, Paced, affordable, begin, charge, set_price
from jax_router.plan import SHORTEST_OUTLOOK, Plan, day_integral
from jax_router.policy import with_memory
from jax_router.rollout import compare, run_steps
from jax_router.strategies import constant
from router_serving import pacing as pacer
from router_serving.pacing import Pacer
from train.agents.export import rehearse

COSTS = np.array([0.03, 0.003, 0.015, 0.001, 0.0005], np.float32)
LOAD = np.asarray(make_params().traffic.load)
PRICES = np.array([1, 10, 100, 1000], np.float32)
AT_NIGHT = np.array([0.004, 0.002, 0.001, 0.0005], np.float32)
PLAN_COST = np.stack([AT_NIGHT, 2 * AT_NIGHT], axis=1)
"""Twice as dear in the second half of the day."""
PLAN = Plan(jnp.log(PRICES), jnp.asarray(PLAN_COST))
SERVED_PLAN = pacer.Plan(PRICES, PLAN_COST, LOAD, prompts_per_day=1000.0)


def pace(budget: float = 1.0, prompts: float = 100.0, taken: float = 1.0, cost_ratio: float = 1.0) -> Pace:
    numbers = (jnp.float32(x) for x in (budget, prompts, taken, 0.0))
    return begin(PLAN, *numbers, cost_ratio=cost_ratio)


@pytest.mark.parametrize(
    ("share", "time", "days", "price"),
    [
        (0.002, 0.1, 0.2, 10),
        (0.002, 0.6, 0.2, 100),
        (0.003, 0.0, 1.0, 10),  # all day: 0.006, 0.003, 0.0015, 0.00075
        (0.003, 0.3, 7.0, 10),
        (0.002, 0.4, 0.1, 10),
        (0.003, 0.4, 0.2, 10),  # half of it after noon
        (1.0, 0.1, 0.2, 1),  # more than anything costs
        (0.0001, 0.1, 0.2, 1000),  # less
    ],
)
def test_the_price_is_the_one_at_which_the_rest_costs_what_is_left(share, time, days, price) -> None:
    after = set_price(pace(100 * share), PLAN, jnp.float32(time), jnp.float32(days))
    assert np.exp(after.log_price) == pytest.approx(price, rel=1e-2)


def test_where_prompts_are_dearer_than_planned_a_share_buys_less() -> None:
    after = set_price(pace(0.4, cost_ratio=2.0), PLAN, jnp.float32(0.1), jnp.float32(0.1))
    assert np.exp(after.log_price) == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize("dearness", [0.5, 1.0, 3.0])
def test_what_prompts_really_cost_is_learned(dearness: float) -> None:
    """A first guess that is wrong by a factor of 10 is outweighed by the prompts that come."""

    @jax.jit
    def one_prompt(now: Pace) -> Pace:
        now = set_price(now, PLAN, jnp.float32(0.1), jnp.float32(0.1))
        cost = dearness * PLAN.cost_at(now.log_price, jnp.float32(0.1))
        return charge(now, PLAN, jnp.float32(0.1), cost, 1.0)

    now = pace(prompts=1e6, budget=1e3, cost_ratio=10.0)
    for _ in range(300):
        now = one_prompt(now)
    assert now.spent / now.expected == pytest.approx(dearness, abs=0.1 * abs(10 - dearness))
    assert now.num_prompts == 300
    assert now.period_left == 1e6 - 300


def test_the_plan_counts_as_much_as_a_few_prompts() -> None:
    now = pace()
    expected = PLAN.cost_at(now.log_price, jnp.float32(0.0))
    after = charge(now, PLAN, jnp.float32(0.0), 3 * expected, 1.0)
    kept = PRIOR_PROMPTS * (1 - COST_MEMORY)
    assert after.spent / after.expected == pytest.approx((kept + 3) / (kept + 1), rel=1e-5)


def test_a_model_is_affordable_if_it_leaves_enough_for_the_cheapest() -> None:
    """10 prompts to come and 0.0075 USD: 9 later ones at 0.0005 leave 0.003."""
    np.testing.assert_array_equal(affordable(pace(0.00751, 10), COSTS), [False, True, False, True, True])
    np.testing.assert_array_equal(affordable(pace(0.00749, 10), COSTS), [False, False, False, True, True])
    np.testing.assert_array_equal(affordable(pace(0.0, 10), COSTS), [False, False, False, False, True])


@settings(max_examples=60, deadline=None)
@given(prompts=st.integers(1, 60), spare=st.floats(0, 0.5), seed=st.integers(0, 2**31))
def test_no_wish_ever_overspends(prompts: int, spare: float, seed: int) -> None:
    """The dearest model that is allowed, or any other: what was asked for lasts to the last prompt."""
    costs = COSTS.astype(np.float64)
    budget = costs.min() * prompts + spare
    served = Pacer(budget, SERVED_PLAN, costs, prompts=prompts)
    generator = np.random.default_rng(seed)
    greedy = generator.random() < 0.5
    spent = 0.0
    for prompt in range(prompts):
        served.set_price(prompt / 1000)
        wish = costs if greedy else generator.random(5)
        cost = float(costs[np.argmax(np.where(served.affordable(), wish, -np.inf))])
        served.charge(cost)
        spent += cost
    assert spent <= budget * (1 + 1e-9)
    assert served.budget_left == pytest.approx(budget - spent, abs=1e-9)


@pytest.mark.parametrize("by_time", [False, True])
def test_numpy_and_jax_pace_alike(by_time: bool) -> None:
    """Over a day and a half, with prompts that cost twice what was planned."""
    generator = np.random.default_rng(0)
    gap, num_prompts, days = 0.003, 500, 1.5
    period = {"days": days} if by_time else {"prompts": num_prompts}
    served = Pacer(2.0, SERVED_PLAN, COSTS, **period)
    work = jax.jit(lambda time, days: day_integral(time, days, LOAD))
    first = [2.0, work(jnp.float32(0.7), days), 0.0] if by_time else [2.0, num_prompts, 1.0]
    simulated = begin(PLAN, *(jnp.float32(x) for x in first), time_of_day=jnp.float32(0.7))
    step = jax.jit(lambda pace, time, left: set_price(pace, PLAN, time, left))
    book = jax.jit(lambda pace, time, cost, taken: charge(pace, PLAN, time, cost, taken))
    for i in range(num_prompts):
        time = (0.7 + i * gap) % 1.0
        served.set_price(time)
        if i == 1 and not by_time:
            assert served._period.outlook == pytest.approx((num_prompts - 1) * gap)
        left = days - i * gap if by_time or i else num_prompts / SERVED_PLAN.prompts_per_day
        simulated = step(simulated, jnp.float32(time), jnp.float32(left))
        np.testing.assert_allclose(simulated.log_price, served.log_price, rtol=2e-3, atol=2e-3)
        np.testing.assert_array_equal(affordable(simulated, COSTS), served.affordable())
        cost = 2 * float(SERVED_PLAN.cost_at(served.log_price, time)) * float(generator.uniform(0.5, 1.5))
        taken = work(jnp.float32(time), jnp.float32(gap)) if by_time else 1.0
        simulated = book(simulated, jnp.float32(time), jnp.float32(cost), taken)
        served.charge(cost)
    np.testing.assert_allclose(simulated.budget_left, served.budget_left, atol=1e-4)
    np.testing.assert_allclose(simulated.spent / simulated.expected, served.cost_ratio, rtol=1e-2)
    assert served.cost_ratio == pytest.approx(2, rel=0.1)


def test_numpy_and_jax_share_their_constants() -> None:
    ours = (pacer.PRIOR_PROMPTS, pacer.COST_MEMORY, pacer.GAP_MEMORY, pacer.SHORTEST_OUTLOOK)
    assert ours == (PRIOR_PROMPTS, COST_MEMORY, GAP_MEMORY, SHORTEST_OUTLOOK)


@pytest.mark.parametrize(("start", "days"), [(0.0, 1.0), (0.3, 0.0), (0.9, 0.4), (0.25, 2.5), (0.7, 0.001)])
def test_work_is_the_integral_of_the_load(start: float, days: float) -> None:
    grid = start + (np.arange(400_000) + 0.5) / 400_000 * days
    expected = LOAD[(grid % 1 * len(LOAD)).astype(int)].mean(dtype=np.float64) * days
    assert day_integral(jnp.float32(start), days, LOAD) == pytest.approx(expected, abs=2e-5)
    assert SERVED_PLAN.work(start, days) == pytest.approx(expected, abs=2e-5)


def by_price(observation: jax.Array) -> jax.Array:
    """Preferences of a made-up policy: what a model's quality is worth, less its cost at the price."""
    quality = jnp.array([0.95, 0.82, 0.90, 0.75, 0.70])
    worth = observation[..., 1:2] * jnp.broadcast_to(quality, (*observation.shape[:-1], 5))
    return worth - jnp.exp(observation[..., -1:]) * jnp.broadcast_to(jnp.asarray(COSTS), worth.shape)


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("budget", [0.11, 0.3, 1.0])
def test_a_paced_policy_spends_its_budget_and_not_a_cent_more(key, budget: float, by_time: bool) -> None:
    params = make_params(episode_length=200, budget=budget, load_amplitude=0)
    plan = Plan(*map(jnp.asarray, rehearse(by_price, params, 0.3, 3000, jax.random.key(5))))
    policy = Paced(by_price, replace(plan, log_prices=jnp.log(plan.log_prices)), params, by_time)
    episodes = jax.jit(lambda key: run_episodes(key, policy, 16, params))(key)
    assert (episodes.cost <= budget * (1 + 1e-5)).all()
    assert episodes.cost.min() > 0.97 * budget
    assert episodes.length.min() >= (190 if by_time else 200)


def test_memory_is_carried_and_begins_anew_with_every_episode(key) -> None:
    class Counter:
        """Routes prompt t to model t, whatever it sees."""

        def initial(self, state):
            return jnp.zeros_like(state.step_count)

        def act(self, memory, key, observation, state):
            return memory + 1, memory

    params = make_params(episode_length=3)
    _, transitions = run_steps(key, Counter(), 2, 7, params)
    np.testing.assert_array_equal(transitions.action[:, 0], [0, 1, 2, 0, 1, 2, 0])
    together = compare(key, {"counter": Counter(), "first": constant(0)}, 4, params)
    np.testing.assert_allclose(together["counter"].model_share[0], [1 / 3, 1 / 3, 1 / 3, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(together["first"].model_share[0], [1, 0, 0, 0, 0])
    assert with_memory(constant(2)).initial(None) == ()


def test_a_budget_that_the_cheapest_model_exceeds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"budget is 0\.4 USD; 1000 prompts cost 0\.5 USD at the cheapest model"):
        Paced(by_price, PLAN, make_params(budget=0.4))
    Paced(by_price, PLAN, make_params(budget=0.5))
