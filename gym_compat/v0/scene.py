"""Everything that text and pictures show of an environment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gym_compat.env import View
from gym_compat.render.moment import Moment, moment_of
from gym_compat.v0.settings import max_queue_depth
from jax_router import ModelConfig, Params, State
from jax_router.v0.strategies import expected_latency


@dataclass(frozen=True)
class Route:
    """The last prompt that was routed, and what became of it."""

    action: int
    reward: float
    cost: float  # USD
    latency: float  # s
    quality: float  # 0 .. 1
    quality_required: float  # 0 .. 1
    sla_violated: bool


@dataclass(frozen=True)
class Scene(Moment):
    """One environment at the moment when a prompt waits to be routed, for a fleet of N models."""

    models: Sequence[ModelConfig]
    queue_depths: np.ndarray  # (N,) float32, requests
    max_queue_depth: float  # requests
    latency_now: np.ndarray  # (N,) float32, s, the mean latency with the queue as it is
    sla_threshold: float  # s
    length: float  # of the waiting prompt, 0 .. 1
    complexity: float  # of the waiting prompt, 0 .. 1
    quality_required: float  # by the waiting prompt, 0 .. 1
    last: Route | None  # None before the first step

    @property
    def fill(self) -> np.ndarray:
        """The share of each queue that is full, (N,) float32, 0 .. 1."""
        return np.clip(self.queue_depths / self.max_queue_depth, 0.0, 1.0)


def scene_of(view: View) -> Scene:
    """Make the scene of an environment between two steps."""
    problem, state = view.problem, view.state
    assert isinstance(problem.params, Params)
    assert isinstance(state, State)
    last = None
    if view.last is not None:
        action, reward, info = view.last
        outcome = {key: info[key] for key in ("cost", "latency", "quality", "quality_required", "sla_violated")}
        last = Route(action, reward, **outcome)
    return Scene(
        **moment_of(view),
        queue_depths=np.asarray(state.queue_depths),
        max_queue_depth=max_queue_depth(problem),
        latency_now=np.asarray(expected_latency(state, problem.params)),
        sla_threshold=problem.reward_config.sla_threshold,
        length=float(state.prompt.length),
        complexity=float(state.prompt.complexity),
        quality_required=float(state.prompt.quality_required),
        last=last,
    )
