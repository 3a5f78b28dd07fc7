"""The reward as a function of plain numbers, under the name that it has in llm-router-env."""

from jax_router import RewardConfig

__all__ = ["RewardConfig", "compute_reward"]


def compute_reward(
    cost: float, quality: float, latency: float, config: RewardConfig, quality_required: float = 0.0
) -> float:
    """Return the reward of one answer of LLMRouter-v0, as its steps give it (docs/dynamics.md, step 4).

    Args:
        cost: USD.
        quality: 0 .. 1.
        latency: s.
        config: the weights.
        quality_required: the quality that the prompt requires, 0 .. 1; at 0 no answer is too bad.
    """
    return (
        -config.cost_weight * cost
        + config.quality_weight * quality
        - config.latency_penalty * max(0.0, latency - config.sla_threshold)
        - config.quality_miss_penalty * max(0.0, quality_required - quality)
    )
