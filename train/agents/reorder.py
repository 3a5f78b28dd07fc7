"""The same policy for the same models in another order, as those of a log may be."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from router_serving.network import PlainNetwork
from router_serving.policy import NetworkPolicy
from router_serving.priced_policy import PricedNetwork


def in_order(policy: NetworkPolicy, model_names: Sequence[str], observation: Sequence[str]) -> NetworkPolicy:
    """Return the policy with its N models in this order; `observation` names the D numbers that it sees then.

    Raises `ValueError` where these are not the models, or the numbers, of the policy.
    """
    origin = policy.origin
    if sorted(model_names) != sorted(origin.model_names) or sorted(observation) != sorted(origin.observation):
        raise ValueError(f"the policy routes to {', '.join(origin.model_names)}; not to {', '.join(model_names)}")
    models = [origin.model_names.index(name) for name in model_names]
    seen = [origin.observation.index(name) for name in observation]
    moved = replace(
        origin,
        models=tuple(origin.models[i] for i in models),
        observation=tuple(observation),
        scales=tuple(origin.scales[i] for i in seen),
        time_of_day=None if origin.time_of_day is None else seen.index(origin.time_of_day),
        budget=None if origin.budget is None else seen.index(origin.budget),
        numbers={},  # they are those of the problem that the policy is taken to
    )
    network = policy.network
    if isinstance(network, PlainNetwork):
        network = _moved(network, models, seen)
    if isinstance(policy, PricedNetwork):
        return replace(policy, origin=moved, network=network, mean_costs=policy.mean_costs[models])
    return replace(policy, origin=moved, network=network)


def _moved(network: PlainNetwork, models: list[int], seen: list[int]) -> PlainNetwork:
    """The network with its outputs and its inputs in another order; a price of money stays the last input."""
    inputs = [*seen, *range(len(seen), len(network.observation_mean))]
    layers = list(network.layers)
    layers[0] = (np.asarray(layers[0][0])[inputs], layers[0][1])
    layers[-1] = (np.asarray(layers[-1][0])[:, models], np.asarray(layers[-1][1])[models])
    mean, scale = np.asarray(network.observation_mean)[inputs], np.asarray(network.observation_scale)[inputs]
    return replace(network, observation_mean=mean, observation_scale=scale, layers=tuple(layers))
