"""Here are policies, scores and maps that are made up by hand, so that a test knows what they do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import jax
import numpy as np

from jax_router import make_params
from router_serving.network import PlainNetwork
from router_serving.pacing import make_plan
from router_serving.policy import Origin, Policy, policy_from_arrays
from router_serving.priced_policy import PricedNetwork, PricedPolicy
from train.agents.export import origin_of, rehearse
from train.agents.strategies import preferences
from train.evaluation.scores import Score
from train.evaluation.statistics import Estimate
from train.studies.specialists import PricedFrontier
from train.studies.v0.behaviour import ChoiceMap

NAMES = ("tier1_large", "tier1_small", "tier2_large", "tier2_small", "open_source")
PARAMS = make_params()
COSTS = np.asarray(PARAMS.fleet.cost_per_call)


def an_origin(names: Sequence[str]) -> Origin:
    """Of a policy that routes to other models than the presets."""
    models = tuple({"name": name} for name in names)
    return Origin("LLMRouter-v0", "default", models, observation=(), scales=())


def by_complexity() -> Policy:
    """tier1_small for complexity over 0.3, tier2_small below: one linear layer."""
    kernel, bias = np.zeros((9, 5), np.float32), np.full(5, -9.0, np.float32)
    kernel[1, 1], bias[1], bias[3] = 10.0, -3.0, 0.0
    origin = origin_of(PARAMS, "default", NAMES)
    return policy_from_arrays(origin, [(kernel, bias)], np.zeros(9), np.ones(9), "tanh")


def by_complexity_and_price() -> PricedPolicy:
    """It takes tier1_small for complex prompts while money is cheap, open_source when it is dear, else tier2_small."""
    kernel, bias = np.zeros((10, 5), np.float32), np.full(5, -9.0, np.float32)
    kernel[1, 1], kernel[9, 1], bias[1] = 10.0, -1.0, 1.0
    bias[3] = 0.0
    kernel[9, 4], bias[4] = 1.0, -6.0
    origin = origin_of(PARAMS, "default", NAMES)
    policy = policy_from_arrays(origin, [(kernel, bias)], np.zeros(10), np.ones(10), "tanh")
    prices, cost = rehearse(preferences(policy), PARAMS, 0.3, 3000.0, jax.random.key(5))
    plan = make_plan(prices, cost, np.asarray(PARAMS.traffic.load), float(PARAMS.steps_per_day))
    return PricedNetwork(**vars(policy), plan=plan, mean_costs=COSTS)


def reluctant() -> PricedPolicy:
    """It does the same, but takes tier1_small for very complex prompts only."""
    policy = by_complexity_and_price()
    assert isinstance(policy, PricedNetwork)
    network = policy.network
    assert isinstance(network, PlainNetwork)
    (kernel, bias), *_ = network.layers
    bias = bias.copy()
    bias[1] -= 3
    return replace(policy, network=replace(network, layers=((kernel, bias),)))


def a_score(cost_per_1k: float, quality: float, sla_violation_rate: float = 0.1) -> Score:
    return Score(
        reward=Estimate(0.0, -1.0, 1.0),
        cost=cost_per_1k,
        cost_per_1k=cost_per_1k,
        quality=quality,
        sla_violation_rate=sla_violation_rate,
        quality_met_rate=0.5,
        latency_p50=0.5,
        latency_p95=0.9,
        latency_p99=1.1,
        length=1000,
        model_share={"small": 0.5, "large": 0.5},
    )


def earns(cost_per_1k: float, reward: float) -> Score:
    """A strategy that answers the better the more it pays."""
    return replace(a_score(cost_per_1k, 0.7 + cost_per_1k / 20), reward=Estimate(reward, reward - 1, reward + 1))


def a_priced_frontier(agents: Mapping[float, Sequence[Score]]) -> PricedFrontier:
    """A priced policy at three prices beside these agents and two models."""
    policy = {1.0: earns(2.0, 400), 10.0: earns(1.5, 380), 100.0: earns(1.0, 350)}
    return PricedFrontier(policy, agents, {"small": earns(1.2, 340), "large": earns(30, -2000)})


def a_choice_map() -> ChoiceMap:
    """It shows model 2 over complexity 0.4 while its queue is under 20 (at the busy hour: 10), and else model 0."""
    complexity, queue = np.linspace(0, 1, 41, dtype=np.float32), np.linspace(0, 40, 31, dtype=np.float32)
    choices = [np.where((complexity > 0.4) & (queue[:, None] < limit), 2, 0) for limit in (20, 10)]
    usual = np.array([[[0.1, 0.6], [2, 10]]] * 2, np.float32)
    return ChoiceMap(complexity, queue, 2, 0, (21.0, 9.0), np.array(choices, np.int32), usual)
