"""The simulator against the NumPy oracle of docs/dynamics.md: the same noise, the same numbers."""

import jax
import numpy as np
import pytest

import jax_router
from jax_router import ModelConfig, RewardConfig
from jax_router.v0.env import endings, initial_state
from jax_router.v0.reward import reward
from tests.helpers import oracle

CASES = 150
"""Random problems, states, actions and draws for each number of models."""

RANGES = {
    "budget": (0.01, 100.0),
    "max_queue_depth": (1.0, 200.0),
    "arrival_mean": (0.0, 10.0),
    "slowdown": (0.0, 10.0),
    "load_amplitude": (0.0, 1.0),
    "steps_per_day": (1.0, 5000.0),
    "gap_floor": (-2.0, 2.0),
    "gap_slope": (0.0, 10.0),
    "drain_low": (0.0, 0.9),
    "drain_high": (0.9, 1.0),
}
REWARD_RANGES = {
    "cost_weight": (0.0, 10.0),
    "quality_weight": (0.0, 2.0),
    "latency_penalty": (0.0, 5.0),
    "sla_threshold": (0.0, 5.0),
    "quality_miss_penalty": (0.0, 5.0),
}


def draw(rng, ranges):
    """About half of the fields, each uniform in its range; the rest stays as the scenario has it."""
    return {name: rng.uniform(*bounds) for name, bounds in ranges.items() if rng.random() < 0.5}


def random_case(rng, num_models):
    """One problem, as the oracle and as `make_params` have it, with a state to act in and an action."""
    scenario = str(rng.choice(list(oracle.SCENARIOS)))
    models = np.column_stack([rng.uniform(low, high, num_models) for low, high in ((0, 0.05), (0, 3), (0, 1), (0, 1))])
    settings = draw(rng, RANGES) | {"length_weight": float(rng.integers(2)), "episode_length": int(rng.integers(1, 50))}
    weights = draw(rng, REWARD_RANGES)
    problem = oracle.problem(scenario, models, **settings, **weights)
    configs = [ModelConfig(f"model {i}", *row) for i, row in enumerate(models)]
    # A RewardConfig replaces all weights, so that the scenario's own must be repeated in it.
    reward_config = RewardConfig(**{name: getattr(problem, name) for name in oracle.REWARD}) if weights else None
    params = jax_router.make_params(scenario, configs, reward_config, **settings)
    state = jax_router.State(
        queue_depths=rng.uniform(0, problem.max_queue_depth, num_models).astype(np.float32),
        time_of_day=np.float32(rng.random()),
        # From spent by the next prompt to full.
        budget_remaining=np.float32(problem.budget * rng.random() ** 4),
        prompt=jax_router.Prompt(*rng.random(3, np.float32)),
        step_count=np.int32(rng.integers(0, problem.episode_length)),
    )
    return problem, params, state, np.int32(rng.integers(-2, num_models + 2))


def in_float64(tree):
    return jax.tree.map(lambda x: np.asarray(x, np.float64) if np.issubdtype(x.dtype, np.floating) else x, tree)


def close(actual, desired, scale=1.0):
    """To 1e-5 of the sizes that went into the number."""
    np.testing.assert_allclose(actual, desired, rtol=1e-5, atol=1e-5 * scale)


def check_prompt(prompt, noise):
    """Tables may move a distribution by 1e-3, so that prompts are compared as probabilities; the rest is exact."""
    close(oracle.LENGTH.cdf(prompt.length), noise.length, scale=100)
    close(oracle.COMPLEXITY.cdf(prompt.complexity), noise.complexity, scale=100)
    close(prompt.quality_required, oracle.quality_required(prompt.complexity, noise.quality_required))


def check_step(case, noise, state, outcome, step_reward, ended, observation):
    problem, _, before, action = case
    expected, answer, expected_reward, *expected_end = oracle.step(before, action, noise, problem)

    for field in ("cost", "latency", "quality", "quality_required"):
        close(getattr(outcome, field), getattr(answer, field))
    if abs(answer.latency - problem.sla_threshold) > 1e-4:
        assert outcome.sla_violated == answer.sla_violated
    close(step_reward, expected_reward, scale=1 + problem.latency_penalty * answer.latency)

    close(state.queue_depths, expected.queue_depths)
    assert abs((state.time_of_day - expected.time_of_day + 0.5) % 1 - 0.5) < 1e-6  # around midnight
    close(state.budget_remaining, expected.budget_remaining, scale=before.budget_remaining)
    assert state.step_count == expected.step_count
    check_prompt(state.prompt, noise)
    close(observation, oracle.observe(state, problem))
    if abs(before.budget_remaining - answer.cost) > 1e-6:
        assert tuple(ended) == tuple(expected_end)


@pytest.mark.parametrize("num_models", [1, 2, 5, 12])
def test_transition_is_the_oracles(num_models):
    rng = np.random.default_rng(num_models)
    cases = [random_case(rng, num_models) for _ in range(CASES)]
    noise = jax_router.draw_noise(jax.random.key(num_models), num_models, (CASES,))

    @jax.jit
    @jax.vmap
    def one_step(params, state, action, noise):
        state, outcome = jax_router.transition(state, action, noise, params)
        return state, outcome, reward(outcome, params.reward), endings(state, params), jax_router.observe(state, params)

    _, params, states, actions = zip(*cases, strict=True)
    stack = [jax.tree.map(lambda *leaves: np.stack(leaves), *trees) for trees in (params, states, actions)]
    after = one_step(*stack, noise)

    def row(tree, i):
        return in_float64(jax.tree.map(lambda x: np.asarray(x)[i], tree))

    for i, (problem, param, state, action) in enumerate(cases):
        check_step((problem, param, in_float64(state), action), row(noise, i), *row(after, i))


def test_reset_is_the_oracles(key):
    noise = jax_router.draw_noise(key, 5)
    state = in_float64(initial_state(noise, jax_router.make_params("tight_budget")))
    noise = in_float64(noise)
    expected = oracle.reset(noise, oracle.problem("tight_budget"))
    close(state.queue_depths, expected.queue_depths)
    close(state.time_of_day, expected.time_of_day)
    assert state.budget_remaining == 1.5
    assert state.step_count == 0
    check_prompt(state.prompt, noise)
