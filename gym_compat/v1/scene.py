"""What there is to see of an environment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gym_compat.env import View
from gym_compat.render.moment import Moment, moment_of
from jax_router.v1 import ModelConfig, Params, State
from jax_router.v1.expectation import bucket_share, expected
from jax_router.v1.reward import REFUSALS


@dataclass(frozen=True)
class Route:
    """The last prompt that was routed, and what became of it."""

    action: int
    served_by: int | None  # index of the model that answered; None: nobody
    reward: float
    cost: float  # USD
    ttft: float  # s
    latency: float  # s
    quality: float  # 0 .. 1
    good: bool
    sla_violated: bool
    refusal: str | None  # why the chosen model refused; None: it did not

    @property
    def fate(self) -> str:
        """What became of the prompt after the choice, in words."""
        if self.served_by is not None:
            return "answered" if self.refusal is None else f"refused ({self.refusal}), its fallback answered"
        return "the user gave up" if self.refusal is None else f"refused ({self.refusal}), and its fallback, too: lost"


@dataclass(frozen=True)
class Scene(Moment):
    """One environment at the moment when a prompt waits to be routed, for a fleet of N models."""

    models: Sequence[ModelConfig]
    inside: np.ndarray  # (N,) float32, prompts that run or wait
    slots: np.ndarray  # (N,) float32, prompts that can run at once
    bucket: np.ndarray  # (N,) float32, the emptier rate limit, share left
    down: np.ndarray  # (N,) float32, s until the outage ends
    quality: np.ndarray  # (N,) float32, 0 .. 1, expected for the waiting prompt
    cost: np.ndarray  # (N,) float32, USD, expected
    latency: np.ndarray  # (N,) float32, s, expected
    latency_sla: float  # s
    ttft_sla: float  # s
    input_tokens: float
    expected_tokens: float  # of the answer
    home: str | None  # the model that holds the cache of the prompt's session
    last: Route | None  # None before the first step

    @property
    def fill(self) -> np.ndarray:
        """The share of each model's slots that is taken, (N,) float32, 0 .. 1."""
        return np.clip(self.inside / self.slots, 0.0, 1.0)


def scene_of(view: View) -> Scene:
    """The scene of an environment between two steps."""
    problem, state = view.problem, view.state
    params = problem.params
    assert isinstance(params, Params)
    assert isinstance(state, State)
    hope = expected(state, params)
    names, home = problem.model_names, int(state.prompt.home)
    return Scene(
        **moment_of(view),
        inside=np.asarray(state.work.requests),
        slots=np.asarray(params.engines.slots),
        bucket=np.asarray(bucket_share(state, params)),
        down=np.asarray(state.down),
        quality=np.asarray(hope.quality),
        cost=np.asarray(hope.cost),
        latency=np.asarray(hope.latency),
        latency_sla=problem.reward_config.latency_sla,
        ttft_sla=problem.reward_config.ttft_sla,
        input_tokens=float(state.prompt.input_tokens),
        expected_tokens=float(state.prompt.expected_tokens),
        home=names[home] if home < len(names) else None,
        last=_last_route(view),
    )


def _last_route(view: View) -> Route | None:
    if view.last is None:
        return None
    action, reward, info = view.last
    served_by = info["served_by"]
    told = ("cost", "ttft", "latency", "quality", "good", "sla_violated")
    return Route(
        action=action,
        served_by=served_by if served_by < len(view.problem.models) else None,
        reward=reward,
        refusal=REFUSALS[info["refusal"]] if info["refused"] else None,
        **{name: info[name] for name in told},
    )
