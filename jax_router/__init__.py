"""A pure-functional simulator of routing prompts across a fleet of language models, for JAX.

import jax, jax_router

obs, state = jax_router.reset(jax.random.key(0))
obs, state, reward, terminated, truncated, info = jax_router.step(state, 1, jax.random.key(1))

`import jax_router` imports nothing else; JAX is imported with the first name that is taken from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jax_router.episodes import Episodes
    from jax_router.policy import Policy, PolicyWithMemory
    from jax_router.simulator import Simulator, Transition
    from jax_router.v0 import (
        DEFAULT_MODELS,
        SCENARIOS,
        Fleet,
        ModelConfig,
        Noise,
        Outcome,
        Params,
        Prompt,
        RewardConfig,
        State,
        Traffic,
        draw_noise,
        load_models,
        observe,
        reset,
        run_episodes,
        run_steps,
        step,
        transition,
    )
    from jax_router.versions import make_params

__all__ = [
    "DEFAULT_MODELS",
    "SCENARIOS",
    "Episodes",
    "Fleet",
    "ModelConfig",
    "Noise",
    "Outcome",
    "Params",
    "Policy",
    "PolicyWithMemory",
    "Prompt",
    "RewardConfig",
    "Simulator",
    "State",
    "Traffic",
    "Transition",
    "draw_noise",
    "load_models",
    "make_params",
    "observe",
    "reset",
    "run_episodes",
    "run_steps",
    "step",
    "transition",
]

_GENERIC = {
    "Episodes": "jax_router.episodes",
    "Policy": "jax_router.policy",
    "PolicyWithMemory": "jax_router.policy",
    "Simulator": "jax_router.simulator",
    "Transition": "jax_router.simulator",
    "make_params": "jax_router.versions",
}
"""The modules of the names that do not come from the default version."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_GENERIC.get(name, "jax_router.v0")), name)
    globals()[name] = value  # so that Python finds it from now on without this function
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
