"""One environment as three small compiled programs: draw noise ahead, begin an episode, make a step.

Each takes and returns one packed array (see `packing.py`), because the time of a step on the CPU is the time to call
it. They are made of `jax_router`'s own pieces, and run on the CPU also where there is an accelerator.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

from gym_compat.programs.cache import programs_of
from gym_compat.programs.packing import pack, unpack, unpack_on_host, width
from gym_compat.programs.report import Report, report_of
from gym_compat.seeding import noise_at
from jax_router.simulator import AnyParams, observation_size, step_from_noise

MAX_BLOCK = 1024
"""The most steps whose noise is drawn with one call; for few steps a call takes 0.1 ms, for this many 0.2 to 0.4 ms."""


class SinglePrograms:
    """The programs of one routing problem; `programs_of` hands them out, so that each is compiled only once.

    A row is the input of a step, (S + W + 1,) float32: a packed `State`, a packed `Noise`, and the action (a float).
    """

    def __init__(self, params: AnyParams) -> None:
        self.params = params
        self.block = min(int(params.episode_length) + 1, MAX_BLOCK)
        number = jax.ShapeDtypeStruct((), jnp.int32)
        self._noise_like = jax.eval_shape(self._noise, jax.ShapeDtypeStruct((), jnp.uint32), number, number)
        self._state_like = jax.eval_shape(self._first_state, self._noise_like)
        self.state_width = width(self._state_like)
        self._scalars_start = self.state_width + observation_size(params)
        self.row_width = self.state_width + width(self._noise_like) + 1
        self._draw = on_cpu(self._draw_packed)
        self._begin = on_cpu(self._begin_packed)
        self.step = on_cpu(self._step_packed)
        """A function from a row to the packed next state and `Report`, which are a row of float32."""
        report = jax.eval_shape(self._step, self._state_like, self._noise_like, number)[1]
        scalars = _scalars(report)
        self._names = tuple(scalars)
        self._bools = tuple(name for name, like in scalars.items() if like.dtype == jnp.bool_)
        self._integers = tuple(
            (name, self._scalars_start + i) for i, (name, like) in enumerate(scalars.items()) if like.dtype == jnp.int32
        )

    def __reduce__(self) -> tuple[Callable[..., "SinglePrograms"], tuple[type["SinglePrograms"], AnyParams]]:
        return programs_of, (SinglePrograms, self.params)  # a copy gets them from the cache of its process

    def draw(self, seed: int, episode: int, first_step: int) -> np.ndarray:
        """Return rows for the steps from `first_step` on, (block, S + W + 1) float32, zero except for their noise."""
        rows = np.zeros((self.block, self.row_width), np.float32)
        noise = self._draw(np.uint32(seed), np.int32(episode), np.int32(first_step))
        rows[:, self.state_width : -1] = np.asarray(noise)
        return rows

    def begin(self, row: np.ndarray) -> np.ndarray:
        """Return the packed first state and its observation, (S + D,) float32, made from the noise in a row."""
        return np.asarray(self._begin(row))

    def state(self, packed: np.ndarray) -> Any:
        """The `State` at the head of a packed array, with NumPy arrays as fields."""
        return unpack_on_host(packed[: self.state_width], self._state_like)

    def observation(self, packed: np.ndarray) -> np.ndarray:
        """The observation in a packed array that `begin` or `step` made, (D,) float32."""
        return packed[self.state_width : self._scalars_start].copy()

    def told(self, packed: np.ndarray) -> dict[str, Any]:
        """Return a step's `reward`, `terminated`, `truncated`, the outcome's fields, and `budget_remaining`.

        Numbers are NumPy's scalars, float32 and int32; what is a bool is an array () bool, since Gymnasium's own
        tools take a scalar of that type for an object.
        """
        told: dict[str, Any] = dict(zip(self._names, packed[self._scalars_start :], strict=True))
        for name in self._bools:
            told[name] = np.array(told[name] != 0.0)
        for name, place in self._integers:
            told[name] = packed[place : place + 1].view(np.int32)[0]
        return told

    def _noise(self, seed: jax.Array, episode: jax.Array, step: jax.Array) -> Any:
        return noise_at(seed, episode, step, self.params)

    def _first_state(self, noise: Any) -> Any:
        return self.params.simulator.initial_state(noise, self.params)

    def _step(self, state: Any, noise: Any, action: jax.Array) -> tuple[Any, Report]:
        state, made = step_from_noise(state, action, noise, self.params)
        return state, report_of(state, made)

    def _draw_packed(self, seed: jax.Array, episode: jax.Array, first_step: jax.Array) -> jax.Array:
        steps = first_step + jnp.arange(self.block, dtype=jnp.int32)
        return jax.vmap(lambda step: pack(self._noise(seed, episode, step)))(steps)

    def _begin_packed(self, row: jax.Array) -> jax.Array:
        _, noise, _ = self._unpack_row(row)
        state = self._first_state(noise)
        return pack((state, self.params.simulator.observe(state, self.params)))

    def _step_packed(self, row: jax.Array) -> jax.Array:
        return pack(self._step(*self._unpack_row(row)))

    def _unpack_row(self, row: jax.Array) -> tuple[Any, Any, jax.Array]:
        state, noise = unpack(row[:-1], (self._state_like, self._noise_like))
        return state, noise, row[-1].astype(jnp.int32)


def _scalars(report: Report) -> dict[str, jax.ShapeDtypeStruct]:
    """Return the fields of a report except its observation, by name, in the order of packing."""
    scalars: dict[str, jax.ShapeDtypeStruct] = {}
    for field in fields(report):
        if field.name != "observation":
            value = getattr(report, field.name)
            scalars |= vars(value) if field.name == "outcome" else {field.name: value}
    return scalars


def on_cpu(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Compile a function for the CPU, or for the first device where `JAX_PLATFORMS` excludes the CPU."""
    try:
        device = jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS excludes the CPU
        device = jax.local_devices()[0]
    here = SingleDeviceSharding(device)
    return jax.jit(function, in_shardings=here, out_shardings=here)
