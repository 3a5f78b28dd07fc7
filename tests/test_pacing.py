"""The pacer: closed forms, no cent over the budget whatever the policy wants, and NumPy's numbers are JAX's."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_router import make_params, run_episodes
from jax_router.memory import with_memory
from jax_router.pacing import FIRST_PROMPTS, STEP_SIZE, Pace, Paced, affordable, charge, work_between
from jax_router.policies import constant
from jax_router.rollout import compare, run_steps
from train import pacer
from train.pacer import Pacer

COSTS = np.array([0.03, 0.003, 0.015, 0.001, 0.0005], np.float32)
LOG_PRICES = float(np.log(0.3)), float(np.log(3000))
LOAD = np.asarray(make_params().traffic.load)


def pace(budget: float = 1.0, prompts: float = 100.0, taken: float = 1.0, num_prompts: float = 1e6) -> Pace:
    """Long after the start, where the step is the constant one."""
    values = (np.log(10.0), budget, prompts, taken, num_prompts)
    return Pace(*(jnp.float32(value) for value in values))


@pytest.mark.parametrize(("shares", "excess"), [(1, 0), (2, 1), (0, -1), (3.5, 2.5), (100, 3)])
def test_the_price_moves_by_how_many_shares_a_prompt_cost(shares: float, excess: float) -> None:
    after = charge(pace(), jnp.float32(0.01 * shares), 1.0, LOG_PRICES)
    assert after.log_price == pytest.approx(np.log(10) + STEP_SIZE * excess, abs=1e-5)
    assert after.budget_left == pytest.approx(1 - 0.01 * shares)
    assert after.period_left == 99


def test_the_first_steps_are_the_longest() -> None:
    moves = [
        float(charge(pace(num_prompts=n), jnp.float32(0.02), 1.0, LOG_PRICES).log_price) - np.log(10)
        for n in (0, FIRST_PROMPTS, 1e4)
    ]
    np.testing.assert_allclose(moves, [1, 0.5, STEP_SIZE], atol=1e-5)


def test_the_price_stays_within_its_range() -> None:
    dear = cheap = pace()
    for _ in range(200):
        dear = charge(replace(dear, budget_left=jnp.float32(1)), jnp.float32(1), 1.0, LOG_PRICES)
        cheap = charge(replace(cheap, budget_left=jnp.float32(1)), jnp.float32(0), 1.0, LOG_PRICES)
    np.testing.assert_allclose([cheap.log_price, dear.log_price], LOG_PRICES, rtol=1e-6)


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
    served = Pacer(budget, prompts, 10.0, prices=(0.3, 3000), costs=costs, taken=1.0)
    generator = np.random.default_rng(seed)
    greedy = generator.random() < 0.5
    spent = 0.0
    for _ in range(prompts):
        wish = costs if greedy else generator.random(5)
        cost = float(costs[np.argmax(np.where(served.affordable(), wish, -np.inf))])
        served.charge(cost)
        spent += cost
    assert spent <= budget * (1 + 1e-9)
    assert served.budget_left == pytest.approx(budget - spent, abs=1e-9)


def test_numpy_and_jax_pace_alike() -> None:
    generator = np.random.default_rng(0)
    for taken in (1.0, 0.0):
        served = Pacer(1.5, 1000, 20.0, prices=(0.3, 3000), costs=COSTS, taken=taken)
        simulated = Pace(*(jnp.float32(x) for x in (np.log(20.0), 1.5, 1000, taken, 0)))
        book = jax.jit(lambda before, cost, elapsed: charge(before, cost, elapsed, LOG_PRICES))
        for i in range(500):
            np.testing.assert_array_equal(affordable(simulated, COSTS), served.affordable())
            cost = float(generator.choice(COSTS[1:]))
            elapsed = 1.0 if taken else float(generator.exponential()) * (i > 0)
            simulated = book(simulated, jnp.float32(cost), jnp.float32(elapsed))
            served.charge(cost, elapsed)
            np.testing.assert_allclose(simulated.log_price, served.log_price, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(simulated.budget_left, served.budget_left, rtol=1e-3)


@pytest.mark.parametrize(("start", "days"), [(0.0, 1.0), (0.3, 0.0), (0.9, 0.4), (0.25, 2.5), (0.7, 0.001)])
def test_work_is_the_integral_of_the_load(start: float, days: float) -> None:
    grid = start + (np.arange(400_000) + 0.5) / 400_000 * days
    expected = LOAD[(grid % 1 * len(LOAD)).astype(int)].mean(dtype=np.float64) * days
    assert work_between(jnp.float32(start), days, LOAD) == pytest.approx(expected, abs=2e-5)
    assert pacer.work_between(start, days, LOAD) == pytest.approx(expected, abs=2e-5)


def by_price(observation: jax.Array) -> jax.Array:
    """Preferences of a made-up policy: what a model's quality is worth, less its cost at the price."""
    quality = jnp.array([0.95, 0.82, 0.90, 0.75, 0.70])
    worth = observation[..., 1:2] * jnp.broadcast_to(quality, (*observation.shape[:-1], 5))
    return worth - jnp.exp(observation[..., -1:]) * jnp.broadcast_to(jnp.asarray(COSTS), worth.shape)


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("budget", [0.11, 0.3, 1.0])
def test_a_paced_policy_spends_its_budget_and_not_a_cent_more(key, budget: float, by_time: bool) -> None:
    params = make_params(episode_length=200, budget=budget, load_amplitude=0)
    policy = Paced(by_price, params, 0.3, 3000, 30.0, by_time)
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
        Paced(by_price, make_params(budget=0.4), 0.3, 100, 10.0)
    Paced(by_price, make_params(budget=0.5), 0.3, 100, 10.0)
