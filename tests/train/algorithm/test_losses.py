"""Advantages and losses against loops and hand-computed cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.algorithm.losses import Batch, explained_variance, gae, ppo_loss, sampled, value_loss


def gae_by_loop(rewards, values, next_values, terminated, truncated, discount, gae_lambda):
    """Sums of discounted one-step advantages, written as the definition has them: forward from every step."""
    num_steps, num_envs = rewards.shape
    advantages = np.zeros((num_steps, num_envs))
    for b in range(num_envs):
        for start in range(num_steps):
            weight = 1.0
            for t in range(start, num_steps):
                bootstrap = 0.0 if terminated[t, b] else discount * next_values[t, b]
                advantages[start, b] += weight * (rewards[t, b] + bootstrap - values[t, b])
                weight *= discount * gae_lambda
                if terminated[t, b] or truncated[t, b]:
                    break
    return advantages


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_gae_equals_the_definition(seed: int, discount: float, gae_lambda: float) -> None:
    generator = np.random.default_rng(seed)
    rewards, values, next_values = generator.normal(size=(3, 12, 4)).astype(np.float32)
    terminated, truncated = generator.random((2, 12, 4)) < 0.15
    expected = gae_by_loop(rewards, values, next_values, terminated, truncated, discount, gae_lambda)
    actual = jax.jit(gae)(rewards, values, next_values, terminated, truncated, discount, gae_lambda)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def one_step_batch(log_prob: float, advantage: float, value: float = 0.0) -> Batch:
    return Batch(
        observation=jnp.zeros((1, 1)),
        action=jnp.array([0]),
        log_prob=jnp.array([log_prob]),
        value=jnp.array([value]),
        advantage=jnp.array([advantage]),
    )


@pytest.mark.parametrize(
    ("ratio", "advantage", "expected"),
    [
        (1.0, 2.0, -2.0),
        (1.5, 2.0, -2.4),  # no more than 1.2 times a good action
        (0.5, 2.0, -1.0),
        (1.5, -2.0, 3.0),
        (0.5, -2.0, 1.6),  # no less than 0.8 times a bad one
    ],
)
def test_the_clipped_surrogate(ratio: float, advantage: float, expected: float) -> None:
    log_prob_now = np.log(0.5)
    batch = one_step_batch(log_prob_now - np.log(ratio), advantage)
    parts = ppo_loss(
        jnp.zeros((1, 2)),
        jnp.zeros(1),
        batch,
        batch.advantage,
        clip_range=0.2,
        clip_value_loss=False,
    )
    assert float(parts.policy_loss) == pytest.approx(expected, rel=1e-5)
    assert float(parts.clip_fraction) == (abs(ratio - 1) > 0.2)
    assert float(parts.approx_kl) == pytest.approx(ratio - 1 - np.log(ratio), abs=1e-6)
    assert float(parts.entropy) == pytest.approx(np.log(2), rel=1e-6)


def test_the_value_loss_with_and_without_clipping() -> None:
    batch = one_step_batch(0.0, advantage=1.0, value=0.0)  # target 1
    values = jnp.array([0.9])
    assert float(value_loss(values, batch, None)) == pytest.approx(0.5 * 0.1**2, rel=1e-4)
    assert float(value_loss(values, batch, 0.2)) == pytest.approx(0.5 * 0.8**2, rel=1e-4)


def test_explained_variance() -> None:
    targets = jnp.array([1.0, 2.0, 3.0, 4.0])
    assert float(explained_variance(targets, targets)) == pytest.approx(1)
    assert float(explained_variance(jnp.full(4, 7.0), targets)) == pytest.approx(0, abs=1e-6)


def test_actions_are_sampled_with_their_probabilities() -> None:
    probabilities = np.array([0.5, 0.0, 0.2, 0.3], np.float32)
    chance = (np.arange(1000, dtype=np.float32) + 0.5) / 1000
    with np.errstate(divide="ignore"):
        logits = np.broadcast_to(np.log(probabilities) + 2, (1000, 4))
    action, log_prob = sampled(jnp.asarray(logits), jnp.asarray(chance))
    np.testing.assert_allclose(np.bincount(action, minlength=4) / 1000, probabilities, atol=1e-6)
    np.testing.assert_allclose(np.exp(log_prob), probabilities[np.asarray(action)], rtol=1e-5)
