"""The simulator is held to this: docs/dynamics.md in NumPy and float64, written from that page, not from `jax_router`.

Everything is one environment and plain Python; prompts come from exact quantiles, the load from the sine itself.
"""

from types import SimpleNamespace

import numpy as np
from scipy import stats

LENGTH, COMPLEXITY = stats.beta(2, 3), stats.beta(2, 5)
MEAN_LENGTH = 0.4

MODELS = {  # name: USD a call, mean and standard deviation of the latency in s, quality
    "tier1_large": (0.030, 2.0, 0.5, 0.95),
    "tier1_small": (0.003, 0.5, 0.1, 0.82),
    "tier2_large": (0.015, 1.5, 0.4, 0.90),
    "tier2_small": (0.001, 0.3, 0.08, 0.75),
    "open_source": (0.0005, 0.8, 0.3, 0.70),
}

REWARD = {
    "cost_weight": 1.0,
    "quality_weight": 0.5,
    "latency_penalty": 2.0,
    "quality_miss_penalty": 0.0,
    "sla_threshold": 1.0,
}

DEFAULTS = {
    "episode_length": 1000,
    "budget": 10.0,
    "max_queue_depth": 50.0,
    "arrival_mean": 2.0,
    "drain_low": 0.90,
    "drain_high": 0.98,
    "slowdown": 2.0,
    "length_weight": 1.0,  # 1: with the factor length / mean_length in step 5; 0: without
    "load_amplitude": 0.5,
    "steps_per_day": 1440.0,
    "gap_floor": -1.0,
    "gap_slope": 6.7,
}

SCENARIOS = {
    "default": {},
    "reference": {"slowdown": 0.0, "load_amplitude": 0.0, "gap_floor": 0.5, "gap_slope": 0.5, "length_weight": 0.0},
    "rush_hour": {"slowdown": 4.0, "load_amplitude": 0.9},
    "tight_budget": {"budget": 1.5},
    "overnight_batch": {"sla_threshold": 10.0, "budget": 6.0},
}


def problem(scenario="default", models=None, **changes):
    """A routing problem has the scenario's numbers, those that replace them, and `models`, rows as in `MODELS`."""
    numbers = DEFAULTS | REWARD | SCENARIOS[scenario] | changes
    cost, mean, std, quality = np.array(list(MODELS.values()) if models is None else models, np.float64).T
    return SimpleNamespace(cost_per_call=cost, latency_mean=mean, latency_std=std, quality_score=quality, **numbers)


def load(time_of_day, amplitude):
    return 1 + amplitude * np.sin(2 * np.pi * (time_of_day - 0.125))


def load_cdf(value, amplitude):
    """At a uniform time of day the load follows the arcsine law."""
    return 0.5 + np.arcsin(np.clip((value - 1) / amplitude, -1, 1)) / np.pi


def quality_required(complexity, normal):
    return np.clip(0.5 + 0.4 * complexity + 0.05 * normal, 0, 1)


def next_prompt(noise):
    complexity = COMPLEXITY.ppf(noise.complexity)
    return SimpleNamespace(
        length=LENGTH.ppf(noise.length),
        complexity=complexity,
        quality_required=quality_required(complexity, noise.quality_required),
    )


def reset(noise, problem):
    return SimpleNamespace(
        queue_depths=0.2 * np.asarray(noise.queues),
        time_of_day=noise.time_of_day,
        budget_remaining=problem.budget,
        prompt=next_prompt(noise),
        step_count=0,
    )


def step(state, action, noise, problem):
    """One step, in the page's order, gives the next state, the outcome of the prompt, the reward and both endings."""
    a = int(np.clip(action, 0, len(problem.cost_per_call) - 1))

    cost = problem.cost_per_call[a]

    slowdown = 1 + problem.slowdown * state.queue_depths[a] / problem.max_queue_depth
    latency = max(0.01, problem.latency_mean[a] + problem.latency_std[a] * noise.latency) * slowdown

    gap = max(0.0, problem.gap_floor + problem.gap_slope * state.prompt.complexity)
    quality = np.clip(1 - (1 - problem.quality_score[a]) * gap + 0.02 * noise.quality, 0, 1)

    late = max(0.0, latency - problem.sla_threshold)
    miss = max(0.0, state.prompt.quality_required - quality)
    reward = (
        -problem.cost_weight * cost
        + problem.quality_weight * quality
        - problem.latency_penalty * late
        - problem.quality_miss_penalty * miss
    )

    joined = problem.arrival_mean * noise.arrivals * load(state.time_of_day, problem.load_amplitude)
    if problem.length_weight:
        joined *= state.prompt.length / MEAN_LENGTH
    queues = np.array(state.queue_depths, np.float64)
    queues[a] = min(queues[a] + joined, problem.max_queue_depth)
    queues *= problem.drain_low + (problem.drain_high - problem.drain_low) * np.asarray(noise.queues)

    after = SimpleNamespace(
        queue_depths=queues,
        time_of_day=(state.time_of_day + 1 / problem.steps_per_day) % 1,
        budget_remaining=max(0.0, state.budget_remaining - cost),
        prompt=next_prompt(noise),
        step_count=state.step_count + 1,
    )
    outcome = SimpleNamespace(
        cost=cost,
        latency=latency,
        quality=quality,
        quality_required=state.prompt.quality_required,
        sla_violated=latency > problem.sla_threshold,
    )
    return after, outcome, reward, after.budget_remaining <= 0, after.step_count >= problem.episode_length


def observe(state, problem):
    return np.concatenate(
        [
            [state.prompt.length, state.prompt.complexity],
            np.clip(state.queue_depths / problem.max_queue_depth, 0, 1),
            [state.time_of_day, np.clip(state.budget_remaining / problem.budget, 0, 1)],
        ]
    )
