"""Which random numbers a step gets: the same in both environments, and three lines for a user of `jax_router`.

    episode_key = jax.random.fold_in(jax.random.key(seed), episode)
    obs, state = jax_router.reset(jax.random.fold_in(episode_key, 0), params)
    obs, state, *rest = jax_router.step(state, action, jax.random.fold_in(episode_key, t), params)

Episodes count from 0 since the last `reset(seed=...)`, steps t from 1 within an episode. gymnax's face takes the same
keys. An episode's luck thus depends on the seed and its number alone, never on how long the ones before it were.

Environment i of a vector environment that is reset with the int `seed` lives as a single environment with `seed + i`.
Seeds count modulo 2**32. Without a seed, one is drawn from Gymnasium's `np_random`.
"""

import math
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jax_router.internal.checks import check_whole_number
from jax_router.internal.threefry import fold_in
from jax_router.simulator import AnyParams

NUM_SEEDS = 2**32
"""Seeds that make a difference: what a JAX key takes from an int without x64."""


def checked_seed(field: str, seed: object) -> int:
    """A seed as a Python int; raises a `ValueError` that names `field` for what is no integer of at least 0."""
    return check_whole_number(field, seed, at_least=0, at_most=math.inf)


def check_options(options: object) -> None:
    """Raise a `ValueError` for options of a reset that are no dict."""
    if options is not None and not isinstance(options, Mapping):
        raise ValueError(f"options is {options!r}; it must be None or a dict")


def noise_at(seed: jax.Array, episode: jax.Array, step: jax.Array, params: AnyParams) -> Any:
    """The `Noise` of step `step` (0: the reset) in episode `episode` of `seed`: () int32, () int32, () uint32."""
    # Always threefry: other generators give other bits under vmap.
    key = jax.random.key(seed, impl="threefry2x32")
    return params.simulator.draw_noise(fold_in(fold_in(key, episode), step), params)


def fresh_seeds(rng: np.random.Generator, shape: tuple[int, ...] = ()) -> np.ndarray:
    """Seeds where the user gave none, uint32."""
    return np.asarray(rng.integers(NUM_SEEDS, size=shape), np.uint32)
