"""Any simulator behind gymnax 1.0's interface, for trainers that speak it: `LLMRouter` for v0, `LLMRouterV1` for v1.

import gymnax
import jax_router.gymnax_env  # registers LLMRouter-v0 and LLMRouter-v1

env, params = gymnax.make("LLMRouter-v0", scenario="rush_hour")
env, params = gymnax.make("LLMRouter-v0", legacy=True)  # five values from `step`, see `jax_router.gymnax_legacy`

Importing this module also imports gymnax and matplotlib, which takes seconds; `import jax_router` does not.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import gymnax
from gymnax.environments import environment

from jax_router import versions
from jax_router.environment import RouterEnvironment
from jax_router.gymnax_legacy import LegacyStep


class LLMRouter(RouterEnvironment, environment.Environment[Any, Any]):
    """The environment `environment_id`, made from a scenario, models and settings instead of parameters."""

    environment_id: ClassVar[str] = versions.DEFAULT
    """One of `jax_router.versions.ENVIRONMENTS`."""

    def __init__(self, scenario: str = "default", models: Sequence[Any] | None = None, **settings: Any) -> None:
        """Pass the arguments to the environment's `make_params`, whose result becomes `default_params`.

        Raises what `make_params` raises.
        """
        version = versions.load(self.environment_id)
        self.models = version.check_models(version.DEFAULT_MODELS if models is None else models)
        """The fleet, in the order of the actions."""
        params = version.make_params(scenario, self.models, **settings)
        super().__init__(params, [model.name for model in self.models])


class LLMRouterV1(LLMRouter):
    """LLMRouter-v1, made from what people write down: see `jax_router.v1.make_params`."""

    environment_id = "LLMRouter-v1"


def _make(face: type[LLMRouter], *, legacy: bool = False, **settings: Any) -> LLMRouter | LegacyStep:
    """Make an environment for `gymnax.make`; with `legacy`, one whose `step` returns five values."""
    env = face(**settings)
    return LegacyStep(env) if legacy else env


for _face in (LLMRouter, LLMRouterV1):
    if _face.environment_id not in gymnax.registered_envs:  # a module that is loaded anew registers nothing twice
        gymnax.register(_face.environment_id, partial(_make, _face))
