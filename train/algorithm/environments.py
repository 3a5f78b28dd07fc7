"""Making the environment of a problem: ours through `jax_router.versions`, any other through gymnax's registry."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jax_router import versions
from train.algorithm.config import Problem
from train.cli.errors import say_once

if TYPE_CHECKING:
    from jax_router.environment import AnyEnvironment, RouterEnvironment


TRAINING_FLEETS = 0
"""The seed of the fleets that policies are trained on."""


@dataclass(frozen=True)
class Task:
    """A routing problem as the simulator takes it."""

    params: Any
    """The parameters of the simulator, the `Params` of its version."""
    models: tuple[Any, ...]
    """The fleet, a `ModelConfig` for each of the N models, in the order of the actions."""

    @property
    def model_names(self) -> tuple[str, ...]:
        """The name of each model, in the order of the actions."""
        return tuple(model.name for model in self.models)


def load_task(problem: Problem) -> Task:
    """Read the files that a routing problem names, and make its parameters.

    Raises `ValueError` for an unknown scenario, and what `make_params`, `load_models` and `Traffic.from_trace` raise.
    """
    version = versions.load(problem.env)
    if problem.problem is not None:
        return _load_fitted(version, problem)
    if problem.scenario not in version.SCENARIOS:
        raise ValueError(f"--scenario is {problem.scenario!r}; the known ones are {', '.join(version.SCENARIOS)}")
    models = version.DEFAULT_MODELS if problem.fleet is None else version.load_models(problem.fleet)
    params = version.make_params(
        problem.scenario,
        models,
        traffic=None if problem.trace is None else _traffic(version, problem),
        episode_length=problem.episode_length,
        budget=problem.budget,
    )
    return Task(params, models)


def _load_fitted(version: versions.Version, problem: Problem) -> Task:
    """Return the task of a folder that a fit wrote. Raises what reading it raises, and `ValueError` for other flags."""
    assert problem.problem is not None
    for name, usual in (("fleet", None), ("trace", None), ("scenario", "default")):
        if getattr(problem, name) != usual:
            raise ValueError(f"--{name} is {getattr(problem, name)}; --problem brings its own: leave one of them out")
    environment = versions.environment_of(problem.problem)
    if environment != problem.env:
        raise ValueError(f"--problem is {problem.problem}, of {environment}; --env is {problem.env}")
    fitted = versions.load_problem(problem.problem)
    params = version.make_params(problem=fitted, episode_length=problem.episode_length, budget=problem.budget)
    return Task(params, fitted.models)


def _traffic(version: versions.Version, problem: Problem) -> Any:
    """Return the traffic of a trace, and print how its times were read."""
    from jax_router.trace import read_trace  # pandas takes half a second to import

    assert problem.trace is not None
    trace = read_trace(problem.trace, outliers=problem.trace_outliers, answers=version.Traffic.needs_answers)
    for remark in trace.remarks():
        say_once(f"{problem.trace}: {remark}")
    return version.Traffic.from_requests(trace)


def make_environment(problem: Problem) -> tuple["AnyEnvironment", Any]:
    """Return the environment of a problem and its parameters.

    Raises `ValueError` for an unknown environment, or actions that are not discrete, and what `load_task` raises.
    """
    if problem.random_fleets:
        env = make_fleets(problem)
        return env, env.default_params
    if problem.is_router:
        task = load_task(problem)
        env = _make_priced(task, problem) if problem.priced else make_router(task)
        return env, task.params
    import gymnax
    from gymnax.environments.spaces import Discrete

    if problem.env not in gymnax.registered_envs:
        known = ", ".join(dict.fromkeys([*versions.ENVIRONMENTS, *gymnax.registered_envs]))
        raise ValueError(f"--env is {problem.env!r}; the known ones are {known}")
    env, params = gymnax.make(problem.env)
    if not isinstance(env.action_space(params), Discrete):
        raise ValueError(f"--env is {problem.env}; its actions are not discrete, which is all this PPO knows")
    return env, params


def make_fleets(problem: Problem) -> "AnyEnvironment":
    """Return many random fleets as one environment; raises `ValueError` where there are no ranges to draw from."""
    fleets = versions.load(problem.env).random_fleets
    if fleets is None:
        raise ValueError(f"--random-fleets is {problem.random_fleets}; {problem.env} has no ranges to draw fleets from")

    from jax_router.fleets_env import FleetsRouter
    from jax_router.problems import Problems

    drawn = fleets.random_problems(TRAINING_FLEETS, problem.random_fleets)
    return FleetsRouter(Problems.of([params for _, params in drawn]))


def make_router(task: Task) -> "RouterEnvironment":
    """Return a routing problem behind gymnax's interface."""
    from jax_router.environment import RouterEnvironment

    return RouterEnvironment(task.params, task.model_names)


def _make_priced(task: Task, problem: Problem) -> "AnyEnvironment":
    """Return a problem at a price of money; raises `ValueError` for a budget that even the cheapest model exceeds."""
    from router_serving.pacing import check_budget

    params = task.params
    costs = versions.of(params).budgeting.mean_costs(params)
    check_budget(float(params.budget), int(params.episode_length), costs)

    from jax_router.priced_env import PricedRouter

    return PricedRouter(make_router(task), problem.min_price, problem.max_price)
