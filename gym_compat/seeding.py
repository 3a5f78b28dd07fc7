"""The random numbers of every step: both environments draw them alike, and users of `jax_router` can in three lines.

    episode_key = jax.random.fold_in(jax.random.key(seed), episode)
    obs, state = jax_router.reset(jax.random.fold_in(episode_key, 0), params)
    obs, state, *rest = jax_router.step(state, action, jax.random.fold_in(episode_key, t), params)

Episodes are counted from 0 since the last `reset(seed=...)`, steps t from 1 within an episode. The gymnax environment
takes the same keys. The random numbers of an episode thus depend only on the seed and on the number of the episode, and
not on how long earlier episodes were.

Environment i of a vector environment that is reset with the int `seed` behaves as a single environment with the seed
`seed + i`. Seeds are taken modulo 2**32. Without a seed, one is drawn from Gymnasium's `np_random`.
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
"""The number of different seeds: without x64, a JAX key takes 32 bits from an int."""


def checked_seed(field: str, seed: object) -> int:
    """Return a seed as a Python int; raise a `ValueError` that names `field` for anything but an integer >= 0."""
    return check_whole_number(field, seed, at_least=0, at_most=math.inf)


def check_options(options: object) -> None:
    """Raise a `ValueError` for options of a reset that are no dict."""
    if options is not None and not isinstance(options, Mapping):
        raise ValueError(f"options is {options!r}; it must be None or a dict")


def noise_at(seed: jax.Array, episode: jax.Array, step: jax.Array, params: AnyParams) -> Any:
    """Draw the `Noise` of a step (0 is the reset), () int32, in an episode, () int32, of a seed, () uint32."""
    return params.simulator.draw_noise(_key_at(seed, episode, step), params)


def noise_at_each(seeds: jax.Array, episodes: jax.Array, steps: jax.Array, params: AnyParams) -> Any:
    """Draw what `noise_at` draws for every element of arrays (B,); the fields lead with (B,)."""
    if not params.simulator.takes_keys:
        return jax.vmap(noise_at, in_axes=(0, 0, 0, None))(seeds, episodes, steps, params)
    return params.simulator.draw_noise(jax.vmap(_key_at)(seeds, episodes, steps), params, seeds.shape)


def _key_at(seed: jax.Array, episode: jax.Array, step: jax.Array) -> jax.Array:
    # Always threefry: other generators give other bits under vmap.
    return fold_in(fold_in(jax.random.key(seed, impl="threefry2x32"), episode), step)


def fresh_seeds(rng: np.random.Generator, shape: tuple[int, ...] = ()) -> np.ndarray:
    """Draw seeds, uint32, for a user who gave none."""
    return np.asarray(rng.integers(NUM_SEEDS, size=shape), np.uint32)
