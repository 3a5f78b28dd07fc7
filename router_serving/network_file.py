"""The networks of policies as plain arrays and JSON values, and back, checked."""

from typing import Any

import numpy as np

from router_serving.network import ACTIVATIONS, Layers, Network, PlainNetwork
from router_serving.shared_network import RewardTerms, SharedNetwork, Table, num_network_inputs

Arrays = dict[str, np.ndarray]


def network_as_arrays(network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the header of a policy file says of a network, and its arrays by name."""
    if isinstance(network, SharedNetwork):
        kernel, bias = network.embedding
        header = {
            "network": "shared",
            "features": network.table.features,
            "common": network.table.common,
            "terms": network.terms._asdict(),
        }
        arrays = {"embedding_kernel": kernel, "embedding_bias": bias, "scale": network.scale}
        return header, arrays | {"scarcity_prices": network.scarcity_prices} | _layers_as_arrays(network.layers)
    if isinstance(network, PlainNetwork):
        arrays = {"observation_mean": network.observation_mean, "observation_scale": network.observation_scale}
        return {"activation": network.activation}, arrays | _layers_as_arrays(network.layers)
    raise TypeError(f"network is {network!r}; it must be a PlainNetwork or a SharedNetwork")


def network_from_arrays(header: dict[str, Any], arrays: Arrays, num_models: int, priced: bool) -> Network:
    """Make the network that a header describes; its arrays have been checked to be finite float32.

    Raises `ValueError` where arrays and header do not fit each other or the number of models.
    """
    if header.get("network") == "shared":
        return _shared_network(header, arrays, priced)
    layers = _layers(arrays)
    mean, scale = arrays["observation_mean"], arrays["observation_scale"]
    if mean.shape != (len(layers[0][0]),) or scale.shape != mean.shape or not (scale > 0).all():
        raise ValueError("its normaliser does not fit its first layer")
    if len(layers[-1][1]) != num_models:
        raise ValueError(f"its last layer does not fit its {num_models} models")
    if header.get("activation") not in ACTIVATIONS:
        raise ValueError("its header lacks an activation")
    return PlainNetwork(header["activation"], mean, scale, layers)


def array_names(header: dict[str, Any], arrays: Arrays) -> set[str]:
    """Return the names that the arrays of this header's network have, given how many layers there are."""
    count = max(1, sum(name.startswith("kernel_") for name in arrays))
    shared = header.get("network") == "shared"
    own = ("embedding_kernel", "embedding_bias", "scale", "scarcity_prices")
    names = set(own if shared else ("observation_mean", "observation_scale"))
    return names | {f"{part}_{i}" for part in ("kernel", "bias") for i in range(count)}


def _shared_network(header: dict[str, Any], arrays: Arrays, priced: bool) -> SharedNetwork:
    try:
        table = Table(tuple(header["features"]), tuple(header["common"]), priced)
        terms = RewardTerms(**{name: float(value) for name, value in header["terms"].items()})
        for name in ("quality", "cost", "load", "ttft", "latency", "bucket", "accepts"):
            table.features.index(name)
        for name in ("input tokens", "expected tokens"):
            table.common.index(name)
        if not all(map(np.isfinite, terms)):
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("its header does not say what its network reads") from None
    layers, num_inputs = _layers(arrays), num_network_inputs(table)
    kernel, bias = arrays["embedding_kernel"], arrays["embedding_bias"]
    fits = kernel.ndim == 2 and len(kernel) == num_inputs and bias.shape == kernel.shape[1:]
    fits = fits and len(layers[0][0]) == num_inputs + len(bias) and len(layers[-1][1]) == 2
    if not fits or arrays["scale"].shape != () or arrays["scarcity_prices"].shape != (3,):
        raise ValueError("its layers do not fit together")
    return SharedNetwork(table, terms, arrays["scarcity_prices"], (kernel, bias), layers, arrays["scale"])


def _layers_as_arrays(layers: Layers) -> dict[str, Any]:
    kernels = {f"kernel_{i}": kernel for i, (kernel, _) in enumerate(layers)}
    return kernels | {f"bias_{i}": bias for i, (_, bias) in enumerate(layers)}


def _layers(arrays: Arrays) -> Layers:
    """Return the layers, after checking that their shapes fit together."""
    count = sum(name.startswith("kernel_") for name in arrays)
    layers = tuple((arrays[f"kernel_{i}"], arrays[f"bias_{i}"]) for i in range(count))
    width: int | None = None
    for kernel, bias in layers:
        if kernel.ndim != 2 or bias.shape != kernel.shape[1:] or width not in (None, kernel.shape[0]):
            raise ValueError("its layers do not fit together")
        width = kernel.shape[1]
    return layers
