"""Advantages and the PPO loss, as pure functions of arrays."""

import jax
import jax.numpy as jnp
from flax import struct

from train.algorithm.normalize import mean_and_variance


def gae(
    rewards: jax.Array,
    values: jax.Array,
    next_values: jax.Array,
    terminated: jax.Array,
    truncated: jax.Array,
    discount: float,
    gae_lambda: float,
) -> jax.Array:
    """Estimate generalised advantages, (T, B) float32 (Schulman et al., 2016, equation 16).

    A time limit ends the sum, which then bootstraps from the value of the observation there; a termination ends the sum
    without bootstrapping.

    Args:
        rewards: (T, B) float32.
        values: (T, B) float32, of the observations acted on.
        next_values: (T, B) float32, of the observations after each step, before any reset.
        terminated: (T, B) bool.
        truncated: (T, B) bool.
        discount: the discount of a step.
        gae_lambda: 0 for one-step advantages, 1 for Monte Carlo.
    """
    deltas = rewards + discount * jnp.where(terminated, 0.0, next_values) - values
    carries_over = jnp.where(terminated | truncated, 0.0, discount * gae_lambda)

    def one_step(advantage: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        delta, carry_over = step
        advantage = delta + carry_over * advantage
        return advantage, advantage

    _, advantages = jax.lax.scan(one_step, jnp.zeros_like(values[0]), (deltas, carries_over), reverse=True)
    return advantages


@struct.dataclass
class Batch:
    """B steps that PPO learns from."""

    observation: jax.Array  # (B, D) float32, normalised
    action: jax.Array  # (B,) int32
    log_prob: jax.Array  # (B,) float32, of the action when it was taken
    value: jax.Array  # (B,) float32, when the action was taken
    advantage: jax.Array  # (B,) float32

    @property
    def target(self) -> jax.Array:
        """The target of the value, (B,) float32."""
        return self.value + self.advantage


@struct.dataclass
class LossParts:
    """The parts of the loss, and metrics to watch, each () float32."""

    policy_loss: jax.Array
    value_loss: jax.Array
    entropy: jax.Array  # nats
    # KL from the policy that acted to this one, nats; the mean of ratio - 1 - log ratio (Schulman, 2020).
    approx_kl: jax.Array
    clip_fraction: jax.Array  # share of the steps whose ratio left 1 +- clip_range


def sampled(logits: jax.Array, chance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return an action for each row of logits (B, A), (B,) int32, and its log-probability, (B,) float32.

    The action is where `chance`, (B,) float32 uniform in [0, 1), falls among the cumulative probabilities: one random
    number in place of the A that `jax.random.categorical` draws.
    """
    log_probs = jax.nn.log_softmax(logits)
    upper = jnp.cumsum(jnp.exp(log_probs), -1)[:, :-1]
    action = (chance[:, None] >= upper).sum(-1, dtype=jnp.int32)
    return action, chosen(log_probs, action)


def chosen(values: jax.Array, action: jax.Array) -> jax.Array:
    """Return the value of each row's action, (B,), for values (B, A) and actions (B,).

    It is a sum over a mask, because the gradient of an index is a scatter, which is slow on the CPU.
    """
    mask = jax.lax.broadcasted_iota(action.dtype, values.shape, 1) == action[:, None]
    return jnp.where(mask, values, 0.0).sum(-1)


def normalized(advantages: jax.Array, axis_name: str | None = None) -> jax.Array:
    """Scale advantages (B,) to mean 0 and variance 1, over all devices of an axis if it is given."""
    mean, variance = mean_and_variance(advantages, 1, axis_name)
    return (advantages - mean) / (jnp.sqrt(variance) + 1e-8)


def ppo_loss(
    logits: jax.Array,
    values: jax.Array,
    batch: Batch,
    advantage: jax.Array,
    *,
    clip_range: float,
    clip_value_loss: bool,
) -> LossParts:
    """Return the clipped surrogate objective (Schulman et al., 2017, equation 7), the value loss and the entropy.

    Everything is a mean over steps, so that the loss of a batch is the mean of the losses of its equal parts.

    Args:
        logits: (B, A) float32, of the policy being trained.
        values: (B,) float32, of the critic being trained.
        batch: B steps.
        advantage: (B,) float32, the batch's own, perhaps `normalized`.
        clip_range: how far the probability ratio may leave 1 before its gradient stops.
        clip_value_loss: whether the change of the value is clipped to `clip_range`, too.
    """
    log_probs = jax.nn.log_softmax(logits)
    log_prob = chosen(log_probs, batch.action)
    log_ratio = log_prob - batch.log_prob
    ratio = jnp.exp(log_ratio)
    clipped_ratio = jnp.clip(ratio, 1 - clip_range, 1 + clip_range)
    return LossParts(
        policy_loss=-jnp.minimum(ratio * advantage, clipped_ratio * advantage).mean(),
        value_loss=value_loss(values, batch, clip_range if clip_value_loss else None),
        entropy=-(jnp.exp(log_probs) * log_probs).sum(-1).mean(),
        approx_kl=(ratio - 1 - log_ratio).mean(),
        clip_fraction=(jnp.abs(ratio - 1) > clip_range).astype(jnp.float32).mean(),
    )


def value_loss(values: jax.Array, batch: Batch, clip_range: float | None) -> jax.Array:
    """Return half the mean squared error of values (B,), () float32; with `clip_range`, at least the clipped error."""
    error = (values - batch.target) ** 2
    if clip_range is not None:
        clipped = batch.value + jnp.clip(values - batch.value, -clip_range, clip_range)
        error = jnp.maximum(error, (clipped - batch.target) ** 2)
    return 0.5 * error.mean()


def explained_variance(values: jax.Array, targets: jax.Array) -> jax.Array:
    """Return the explained variance, () float32: 1 if values predict the targets, 0 if no better than a constant."""
    return 1 - (targets - values).var() / (targets.var() + 1e-8)
