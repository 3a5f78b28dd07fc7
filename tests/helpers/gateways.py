"""Three made-up gateways, what a fit makes of their logs, and what a policy earns in the exact engine."""

from dataclasses import dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit, logit

from jax_router.logs import read_log
from jax_router.logs.log import Log
from jax_router.v1 import RewardConfig, Traffic, make_params
from jax_router.v1.arrivals import settings_of
from jax_router.v1.fitting.fit import FittedProblem, fit_problem
from jax_router.v1.fitting.problem_file import folder_of
from jax_router.v1.lengths import CONV
from jax_router.v1.problem import Problem, load_problem
from jax_router.v1.quality import QualityTable
from jax_router.v1.replay import as_routed, make_replay, play
from jax_router.v1.reward import reward
from tests.helpers.exact_engine import serve
from tests.helpers.gateway_logs import Gateway, engine_of, write_log
from tests.helpers.regimes import MODELS, cox, poisson, tabled
from train.agents.strategies import greedy, nth_agent
from train.algorithm.config import Learning, learning_for
from train.algorithm.config import Problem as PPOProblem
from train.algorithm.environments import Task, make_router
from train.algorithm.ppo import PPO
from train.run.devices import ParallelTrainer

CATEGORIES = ("chat", "code", "extract", "math")
WEIGHTS = np.array([0.4, 0.2, 0.25, 0.15])
HARDER = np.array([0.3, -0.4, 0.5, -1.2])
"""What a category adds to the logit of a model's share of good answers."""
OWN = np.array([[0.1, -0.2, 0.1], [0.3, 0.2, -0.5], [-0.4, 0.4, 0.2], [0.2, -0.1, -0.3]])
"""What a model is better at than its mean, likewise."""
FLEETS = {
    "hosted": ("frontier-api", "mid-api", "mini-api"),
    "own": ("llama-70b", "llama-8b"),
    "mixed": ("frontier-api", "mini-api", "llama-8b"),
}
REWARD = RewardConfig(cost_weight=30.0)
PATIENCE = 20.0
TIME_ON, TIME_OFF = 8.0, 24.0


def switched(rng, size, rate):
    """Arrivals in times of Exponential(TIME_ON) s that Exponential(TIME_OFF) s part from each other."""
    busy = poisson(rng, size, rate * (TIME_ON + TIME_OFF) / TIME_ON)
    count = int(busy[-1] / TIME_ON * 2) + 50
    ends = np.cumsum(rng.exponential(TIME_ON, count))
    pauses = np.concatenate([[0.0], np.cumsum(rng.exponential(TIME_OFF, count))])
    return busy + pauses[np.searchsorted(ends, busy)]


@dataclass(frozen=True)
class Arriving:
    """A process of arrivals, and what is true of it."""

    arrivals: object
    kind: str
    variance: float
    memory: float
    """s"""


TRAFFICS = {
    "poisson": Arriving(poisson, "poisson", 0.0, 1.0),
    "cox": Arriving(cox(0.5), "cox", float(np.expm1(0.25)), 30.0),
    "on and off": Arriving(switched, "on_off", TIME_OFF / TIME_ON, 1 / (1 / TIME_ON + 1 / TIME_OFF)),
}


def gateway(fleet: str, traffic: str, load: float) -> Gateway:
    """A gateway without rate limits and outages."""
    models = tuple(replace(MODELS[name], rpm=None, tpm=None, mtbf=None) for name in FLEETS[fleet])
    base = logit(np.array([model.quality_score for model in models]))
    shares = expit(base + HARDER[:, None] + OWN[:, : len(models)])
    arrivals = TRAFFICS[traffic].arrivals
    return Gateway(models, CATEGORIES, WEIGHTS, shares, 1.1, tabled(CONV), arrivals, load)


def logged(folder: Path, world: Gateway, router, size: int, seed: int) -> Log:
    """A log of the gateway with the scores of every answer, written and read."""
    folder.mkdir()
    path = write_log(folder, world, router, size, seed)
    return read_log(path, scores=folder / "scores.csv")


def fitted_to(log: Log, folder: Path) -> tuple[FittedProblem, Problem]:
    """A problem that is fitted to a log, written to a folder and read again, with the reward of these tests."""
    fit = fit_problem(log, {})
    folder.mkdir()
    for name, text in folder_of(fit, "log", {}).items():
        (folder / name).write_text(text)
    return fit, replace(load_problem(folder), reward=REWARD)


def true_problem(world: Gateway, traffic: str, rate: float) -> Problem:
    """The problem that a perfect fit would have found."""
    order = np.argsort([model.name for model in world.models])  # a log's models are in the order of their names
    truth = TRAFFICS[traffic]
    return Problem(
        models=tuple(world.models[i] for i in order),
        reward=REWARD,
        traffic=Traffic.synthetic(CONV, load=[1.0]),
        quality=QualityTable(world.shares[:, order], world.weights, world.beta),
        settings={**settings_of(truth.kind, rate, truth.variance, truth.memory), "patience": PATIENCE},
        categories=world.categories,
        log={},
    )


def params_of(problem: Problem):
    """Params for training: a budget that never ends an episode."""
    return make_params(problem=problem, budget=1e6)


def earned(policy, believed: Problem, truth: Problem, log: Log, seed: int = 0) -> float:
    """Mean reward of a request, where the exact engine serves the log's requests as a policy routes them.

    The policy sees what the closed forms of its own problem make of the endpoints, as a gateway that keeps count would.
    """
    actions = play(make_replay(believed, log, seed), policy, seed).actions
    replay = replace(make_replay(truth, log, seed), actions=actions)
    outcome = as_routed(replay).outcome
    ttft, latency = np.full((2, len(log)), np.nan)
    rng = np.random.default_rng(seed)
    for m, model in enumerate(truth.models):
        late = model.overhead * np.exp(model.jitter * rng.normal(size=len(log)))
        rows = actions == m
        answers = np.maximum(log.completion_tokens[rows], 1)
        served = serve(engine_of(model, PATIENCE), log.seconds[rows] - log.seconds[0], log.prompt_tokens[rows], answers)
        ttft[rows], latency[rows] = served.ttft + late[rows], served.latency + late[rows]
    lost = ~np.isfinite(latency)
    exact = replace(
        outcome,
        cost=np.where(lost, 0.0, outcome.cost),
        quality=np.where(lost, 0.0, outcome.quality),
        ttft=np.where(lost, PATIENCE, ttft),
        latency=np.where(lost, PATIENCE, latency),
        lost=lost,
        refused=np.zeros(len(log), bool),
    )
    weights = replay.params.reward
    return float(np.mean(np.asarray(jax.vmap(lambda one: reward(one, weights))(jax.tree.map(jnp.asarray, exact)))))


def trained(problem: Problem, timesteps: int, num_seeds: int) -> list:
    """The greedy policies of the shared network that PPO finds for a problem, one for each seed."""
    params = params_of(problem)
    asked = Learning(total_timesteps=timesteps, num_envs=1024)
    learning = replace(learning_for(PPOProblem(env="LLMRouter-v1"), asked), total_timesteps=timesteps, num_envs=1024)
    ppo = PPO(learning, make_router(Task(params, problem.models)))
    trainer = ParallelTrainer(ppo, params, range(num_seeds), 1)
    state = trainer.init()
    for _ in range(learning.num_updates):
        state, _ = trainer.update_block(state, 1)
    return [greedy(ppo, nth_agent(state, i)) for i in range(num_seeds)]
