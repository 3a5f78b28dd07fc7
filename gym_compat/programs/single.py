"""One environment as three small compiled programs: draw noise ahead, begin an episode, make steps.

Each takes and returns packed arrays (see `packing.py`), because the time of a step on the CPU is the time to call a
program; for the same reason, one call makes several steps (see `lookahead.py`). They are made of `jax_router`'s own
pieces, and run on the CPU also where there is an accelerator.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

from gym_compat.programs.cache import programs_of
from gym_compat.programs.lookahead import depth_for, look_ahead
from gym_compat.programs.one_kernel import one_kernel
from gym_compat.programs.packing import pack, unpack, unpack_on_host, width
from gym_compat.programs.reading import ReportReader
from gym_compat.programs.report import Report, report_of
from gym_compat.seeding import noise_at
from jax_router.simulator import AnyParams, step_from_noise

MAX_BLOCK = 1024
"""The most steps whose noise is drawn with one call; for few steps a call takes 0.1 ms, for this many 0.2 to 0.4 ms."""


class SinglePrograms:
    """The programs of one routing problem; `programs_of` hands them out, so that each is compiled only once.

    A row is the input of `depth` steps, (S + depth W + 1,) float32: a packed `State`, a packed `Noise` for each of
    them, and the action of the first one (a float). The results of a step are a packed state and `Report`,
    (K,) float32.
    """

    def __init__(self, params: AnyParams) -> None:
        self.params = params
        number = jax.ShapeDtypeStruct((), jnp.int32)
        self._noise_like = jax.eval_shape(self._noise, jax.ShapeDtypeStruct((), jnp.uint32), number, number)
        self._state_like = jax.eval_shape(self._first_state, self._noise_like)
        report = jax.eval_shape(self._step, self._state_like, self._noise_like, number)[1]
        self.state_width = width(self._state_like)
        self._noise_width = width(self._noise_like)
        self.depth = 1
        self.table = self._compiled_table(depth_for(params.num_models, self.state_width + width(report)))
        """A function from a row to the results of `depth` steps, for all actions that may follow, (rows, K) float32."""
        self.calls = min(-(-int(params.episode_length) // self.depth), MAX_BLOCK // self.depth)
        """How often `table` is called with the rows of one `draw`."""
        self.reader = ReportReader(report, self.state_width)
        self._draw = on_cpu(self._draw_packed)
        self._begin = on_cpu(self._begin_packed)

    def __reduce__(self) -> tuple[Callable[..., "SinglePrograms"], tuple[type["SinglePrograms"], AnyParams]]:
        return programs_of, (SinglePrograms, self.params)  # a copy gets them from the cache of its process

    @property
    def row_width(self) -> int:
        """The length of a row."""
        return self._row_width(self.depth)

    def draw(self, seed: int, episode: int, first_step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the packed noise of a step, (W,) float32, and rows for the steps after it.

        The rows are (calls, S + depth W + 1) float32, zero except for their noise.
        """
        noise = np.asarray(self._draw(np.uint32(seed), np.int32(episode), np.int32(first_step)))
        rows = np.zeros((self.calls, self.row_width), np.float32)
        rows[:, self.state_width : -1] = noise[1:].reshape(self.calls, -1)
        return noise[0], rows

    def begin(self, noise: np.ndarray) -> np.ndarray:
        """Return the packed first state and its observation, (S + D,) float32, made from packed noise, (W,)."""
        return np.asarray(self._begin(noise))

    def state(self, results: np.ndarray) -> Any:
        """The `State` at the head of the results of `begin` or of a step, with NumPy arrays as fields."""
        return unpack_on_host(results[: self.state_width], self._state_like)

    def _compiled_table(self, depth: int) -> Callable[[np.ndarray], jax.Array]:
        """Compile the table of so many steps, or that of one step where the loops of a longer one would be slow."""
        device = _device()
        if depth > 1 and device.platform == "cpu":
            example = np.zeros(self._row_width(depth), np.float32)
            table = one_kernel(partial(self._table_packed, depth), [example], **_on(device))
            if table is not None:
                self.depth = depth
                return table
        return jax.jit(partial(self._table_packed, 1), **_on(device))

    def _row_width(self, depth: int) -> int:
        return self.state_width + depth * self._noise_width + 1

    def _noise(self, seed: jax.Array, episode: jax.Array, step: jax.Array) -> Any:
        return noise_at(seed, episode, step, self.params)

    def _first_state(self, noise: Any) -> Any:
        return self.params.simulator.initial_state(noise, self.params)

    def _step(self, state: Any, noise: Any, action: jax.Array) -> tuple[Any, Report]:
        state, made = step_from_noise(state, action, noise, self.params)
        return state, report_of(state, made)

    def _draw_packed(self, seed: jax.Array, episode: jax.Array, first_step: jax.Array) -> jax.Array:
        steps = first_step + jnp.arange(1 + self.calls * self.depth, dtype=jnp.int32)
        return jax.vmap(lambda step: pack(self._noise(seed, episode, step)))(steps)

    def _begin_packed(self, noise: jax.Array) -> jax.Array:
        state = self._first_state(unpack(noise, self._noise_like))
        return pack((state, self.params.simulator.observe(state, self.params)))

    def _step_packed(self, results: jax.Array, noise: jax.Array, action: jax.Array) -> jax.Array:
        state = unpack(results[: self.state_width], self._state_like)
        return pack(self._step(state, unpack(noise, self._noise_like), action))

    def _table_packed(self, depth: int, row: jax.Array) -> jax.Array:
        now, noise, action = row[: self.state_width], row[self.state_width : -1], row[-1].astype(jnp.int32)
        return look_ahead(self._step_packed, now, noise.reshape(depth, -1), action, self.params.num_models)


def on_cpu(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Compile a function for the CPU, or for the first device where `JAX_PLATFORMS` excludes the CPU."""
    return jax.jit(function, **_on(_device()))


def _on(device: jax.Device) -> dict[str, Any]:
    """The options of `jax.jit` that keep a program, its arguments and its results on one device."""
    return {"in_shardings": SingleDeviceSharding(device), "out_shardings": SingleDeviceSharding(device)}


def _device() -> jax.Device:
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS excludes the CPU
        return jax.local_devices()[0]
