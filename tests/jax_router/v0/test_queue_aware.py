"""The strategies that look at queues: what each chooses in situations made by hand, and what they earn."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import ModelConfig, make_params
from jax_router.rollout import compare, reset_batch
from jax_router.v0 import strategies
from jax_router.v0.env import transition
from jax_router.v0.noise import draw_noise
from jax_router.v0.reward import reward
from jax_router.v0.tuning import best_mixture, best_two_threshold

MODELS = [
    ModelConfig("large", 0.03, 0.9, 0.1, 0.95),
    ModelConfig("small", 0.003, 0.5, 0.1, 0.82),
    ModelConfig("tiny", 0.001, 0.3, 0.1, 0.70),
]
PARAMS = make_params(models=MODELS)  # a full queue of 50 requests takes three times as long; the SLA is 1 s
KEY = jax.random.key(0)


def choose(policy: strategies.Policy, queues: list[float], complexity: float = 0.5) -> int:
    """What a policy does with these queues, in requests, and a prompt of this complexity."""
    state = reset_batch(KEY, 1, PARAMS)
    prompt = replace(state.prompt, complexity=jnp.array([complexity], jnp.float32))
    state = replace(state, prompt=prompt, queue_depths=jnp.array([queues], jnp.float32))
    (action,) = policy(KEY, jnp.zeros((1, 7), jnp.float32), state)
    assert action.dtype == jnp.int32
    return int(action)


@pytest.mark.parametrize(
    ("policy", "queues", "model"),
    [
        (strategies.least_latency, [0, 0, 0], 2),
        (strategies.least_latency, [0, 0, 30], 1),  # 0.3 s * 2.2 against 0.5 s
        (strategies.least_latency, [0, 50, 50], 0),  # 0.9 s, 1.5 s, 0.9 s: the first of equals
        (strategies.shortest_queue, [1, 0, 2], 1),
        (strategies.cheapest_within_sla, [0, 0, 49], 2),  # 0.3 s * 2.96 is in time
        (strategies.best_quality_within_sla, [0, 0, 0], 0),
        (strategies.best_quality_within_sla, [5, 0, 0], 1),  # 0.9 s * 1.2 is late
    ],
)
def test_what_a_strategy_chooses(policy, queues: list[float], model: int) -> None:
    assert choose(policy(PARAMS), queues) == model


def test_within_the_sla_or_else_the_fastest() -> None:
    slow = make_params(models=[ModelConfig("a", 0.001, 3.0, 0, 0.9), ModelConfig("b", 0.002, 2.0, 0, 0.5)])
    state = reset_batch(KEY, 1, slow)
    for policy in (strategies.cheapest_within_sla(slow), strategies.best_quality_within_sla(slow)):
        assert int(policy(KEY, jnp.zeros((1, 6)), state)[0]) == 1


def test_greedy_reward_weighs_quality_price_and_the_wait() -> None:
    greedy = strategies.greedy_reward(PARAMS)
    assert choose(greedy, [50, 0, 0], complexity=0.6) == 1  # complex: better than tiny, and large would be late
    assert choose(greedy, [50, 0, 0], complexity=0.05) == 2  # simple: all answer equally well, so the cheapest
    assert choose(greedy, [50, 50, 0], complexity=0.6) == 2


def test_expected_reward_is_the_mean_of_the_rewards() -> None:
    """The closed form against 20,000 draws of the simulator, for each model, at several queues."""
    state = replace(reset_batch(KEY, 1, PARAMS), queue_depths=jnp.array([[3.0, 25.0, 40.0]]))
    expected = strategies.expected_reward(state, PARAMS)[0]
    one = jax.tree.map(lambda leaf: leaf[0], state)
    noise = draw_noise(jax.random.key(1), 3, (20_000,))

    @jax.jit
    def mean_reward(action: jax.Array) -> jax.Array:
        _, outcome = jax.vmap(transition, in_axes=(None, None, 0, None))(one, action, noise, PARAMS)
        return jax.vmap(reward, in_axes=(0, None))(outcome, PARAMS.reward).mean()

    measured = [float(mean_reward(jnp.int32(model))) for model in range(3)]
    np.testing.assert_allclose(expected, measured, atol=0.01)


def test_a_mixture_takes_its_shares() -> None:
    shares = jnp.array([0.2, 0.0, 0.8])
    state = reset_batch(KEY, 20_000, PARAMS)
    actions = strategies.mixture(shares)(KEY, jnp.zeros((20_000, 7)), state)
    np.testing.assert_allclose(np.bincount(actions, minlength=3) / 20_000, shares, atol=0.015)


def test_figures_of_the_specification() -> None:
    """docs/dynamics.md: least latency 376, best mixture 374, the two-threshold rule tuned to (0.3, 18) 393.8."""
    params = make_params()
    mixtures = best_mixture(jax.random.key(1), params, num_episodes=16, num_rounds=3)
    rules = best_two_threshold(jax.random.key(1), params, num_episodes=16)
    complexity, queue, better, cheaper = rules.best
    assert (int(better), int(cheaper)) == (1, 3)
    assert complexity == pytest.approx(0.3, abs=0.11)
    assert 10 < queue < 26
    entrants = {
        "least latency": strategies.least_latency(params),
        "best mixture": strategies.mixture(jnp.asarray(mixtures.best)),
        "two thresholds": strategies.two_threshold(0.3, 18.0, 1, 3),
        "greedy": strategies.greedy_reward(params),
    }
    results = compare(jax.random.key(2), entrants, 512, params)
    reward = {name: float(episodes.reward.mean()) for name, episodes in results.items()}
    assert reward["least latency"] == pytest.approx(376.3, abs=1.5)
    assert 372 < reward["best mixture"] < 378
    assert reward["two thresholds"] == pytest.approx(393.8, abs=1.5)
    # 382 in the table, for a greedy rule that takes the mean latency for certain; ours knows its spread as well.
    assert 388 < reward["greedy"] < reward["two thresholds"]


def test_a_fleet_of_one_has_a_mixture_and_a_rule() -> None:
    alone = make_params(models=MODELS[:1], episode_length=20)
    assert best_mixture(KEY, alone, num_episodes=2, num_rounds=2).best == pytest.approx([1.0])
    assert best_two_threshold(KEY, alone, num_episodes=2).best[2:] == pytest.approx([0, 0])
