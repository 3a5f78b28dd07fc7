"""Here are policies, settings and deployments that are made up by hand, with NumPy alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from router_serving import save_policy
from router_serving.gateway.settings import load_settings
from router_serving.pacing import make_plan
from router_serving.policy import Origin, Policy, policy_from_arrays
from router_serving.priced_policy import PricedNetwork, PricedPolicy

NAMES = ("large", "medium", "small")
COSTS = (0.03, 0.003, 0.001)
NUMBERS = {"slowdown": (2.0,), "gap_floor": (-1.0,), "gap_slope": (6.7,)}
OBSERVATION = ("length", "complexity", *(f"queue of {name}" for name in NAMES), "time of day", "budget")
QUEUES = slice(2, 5)
QUALITY = (0.95, 0.85, 0.75)


def an_origin(scenario: str = "default") -> Origin:
    models = tuple(
        {"name": name, "cost_per_call": cost, "quality_score": quality}
        for name, cost, quality in zip(NAMES, COSTS, QUALITY, strict=True)
    )
    scales = (1.0, 1.0, 50.0, 50.0, 50.0, 1.0, 10.0)
    return Origin("LLMRouter-v0", scenario, models, OBSERVATION, scales, time_of_day=5, budget=6, numbers=NUMBERS)


def prefers(order: Sequence[str] = NAMES, queue_aversion: float = 0.0) -> Policy:
    """It ranks the models like this, each a point above the next, less so many points for a full queue."""
    kernel, bias = np.zeros((7, 3), np.float32), np.zeros(3, np.float32)
    for place, name in enumerate(order):
        bias[NAMES.index(name)] = len(order) - place
    kernel[QUEUES] = -queue_aversion * np.eye(3)
    return policy_from_arrays(an_origin(), [(kernel, bias)], np.zeros(7), np.ones(7), "tanh")


def priced() -> PricedPolicy:
    """It takes "large" while money is cheap, "small" when it is dear."""
    kernel, bias = np.zeros((8, 3), np.float32), np.array([4.0, 2.0, 0.0], np.float32)
    kernel[7] = (-1.0, 0.0, 1.0)
    policy = policy_from_arrays(an_origin(), [(kernel, bias)], np.zeros(8), np.ones(8), "tanh")
    prices = np.geomspace(0.3, 3000, 9).astype(np.float32)
    cost = np.repeat(np.geomspace(0.03, 0.001, 9)[:, None], 24, axis=1)
    plan = make_plan(prices, cost, np.ones(24), prompts_per_day=1000.0)
    return PricedNetwork(**vars(policy), plan=plan, mean_costs=np.array(COSTS, np.float32))


def write_settings(folder: Path, policy: Policy, group: str = "", whole: str = 'mode = "route"') -> Path:
    """A settings file for the group "smart" of the deployments large-a, medium-a and small-a, and its policy."""
    folder.mkdir(exist_ok=True, parents=True)
    if not (folder / "policy.npz").exists():
        save_policy(folder / "policy.npz", policy)
    path = folder / "gateway.toml"
    deployments = ", ".join(f'{name}-a = "{name}"' for name in NAMES)
    path.write_text(
        f'{whole}\ndecisions = "decisions.jsonl"\n[groups.smart]\npolicy = "policy.npz"\n'
        f"deployments = {{{deployments}}}\n{group}\n"
    )
    return path


def settings_of(folder: Path, policy: Policy, group: str = "", whole: str = 'mode = "route"'):
    return load_settings(write_settings(folder, policy, group, whole))
