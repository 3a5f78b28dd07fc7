"""From a config to an environment: ours by name, any other through gymnax's registry."""

from typing import TYPE_CHECKING, Any

from train.algorithm.config import Config
from train.algorithm.problem import load_problem

if TYPE_CHECKING:
    from gymnax.environments.environment import Environment

ROUTER = "LLMRouter-v0"


def make_environment(config: Config) -> tuple["Environment[Any, Any]", Any]:
    """The environment of a config and its parameters.

    Raises `ValueError` for an unknown environment, a setting it does not have, or actions that are not discrete, and
    what `make_params`, `load_models` and `Traffic.from_trace` raise.
    """
    if config.env == ROUTER:
        return _make_router(config)
    for name in ("fleet", "trace", "episode_length", "budget"):
        if getattr(config, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} is for {ROUTER}; --env is {config.env}")
    if config.priced:
        raise ValueError(f"--priced is for {ROUTER}; --env is {config.env}")
    import gymnax
    from gymnax.environments.spaces import Discrete

    if config.env not in gymnax.registered_envs:
        known = ", ".join([ROUTER, *gymnax.registered_envs])
        raise ValueError(f"--env is {config.env!r}; the known ones are {known}")
    env, params = gymnax.make(config.env)
    if not isinstance(env.action_space(params), Discrete):
        raise ValueError(f"--env is {config.env}; its actions are not discrete, which is all this PPO knows")
    return env, params


def _make_router(config: Config) -> tuple["Environment[Any, Any]", Any]:
    # Read before gymnax is imported: a typo should not cost its five seconds.
    problem = load_problem(config.scenario, config.fleet, config.trace, config.episode_length, config.budget)
    problem.params  # noqa: B018  # raises what is wrong with the rest
    if config.priced:
        from jax_router.gymnax_env import LLMRouter
        from jax_router.pacing import check_budget
        from jax_router.priced_env import PricedRouter

        params = problem.params
        check_budget(float(params.budget), int(params.episode_length), params.fleet.cost_per_call)
        router = LLMRouter(**vars(problem))
        env: Environment[Any, Any] = PricedRouter(router, config.min_price, config.max_price)
    else:
        from jax_router.gymnax_env import LLMRouter

        env = LLMRouter(**vars(problem))
    return env, env.default_params
