"""One environment as three small compiled programs: draw noise ahead, begin an episode, make a step.

Each takes and returns one packed array (see `packing.py`), because the time of a step on the CPU is the time to call
it. They are made of `jax_router`'s own pieces, and run on the CPU also where there is an accelerator.
"""

import pickle
from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.sharding import SingleDeviceSharding

from gym_compat.programs.packing import pack, unpack, unpack_on_host, width
from gym_compat.seeding import noise_at
from jax_router import Noise, Outcome, Params, State, observe, transition
from jax_router.v0.env import endings, initial_state
from jax_router.v0.reward import reward

MAX_BLOCK = 1024
"""Most steps whose noise is drawn with one call; a call for few takes 0.1 ms, one for all of them 0.2 to 0.4 ms."""


@struct.dataclass
class Report:
    """What a step tells besides the next state and its observation, in the order in which it is packed behind them."""

    reward: jax.Array  # () float32
    terminated: jax.Array  # () bool
    truncated: jax.Array  # () bool
    outcome: Outcome  # cost, latency, quality, quality_required, sla_violated
    budget_remaining: jax.Array  # () float32, USD


class SinglePrograms:
    """The programs of one routing problem; `single_programs` hands them out, so that each is compiled only once.

    A row is the input of a step, (S + W + 1,) float32: a packed `State`, a packed `Noise`, and the action (a float).
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self.block = min(int(params.episode_length) + 1, MAX_BLOCK)
        number = jax.ShapeDtypeStruct((), jnp.int32)
        self._noise_like = jax.eval_shape(self._noise, jax.ShapeDtypeStruct((), jnp.uint32), number, number)
        self._state_like = jax.eval_shape(lambda noise: initial_state(noise, params), self._noise_like)
        self.state_width = width(self._state_like)
        self.report_start = self.state_width + params.num_models + 4
        self.row_width = self.state_width + width(self._noise_like) + 1
        self._draw = _on_cpu(self._draw_packed)
        self._begin = _on_cpu(self._begin_packed)
        self.step = _on_cpu(self._step_packed)
        """A row -> the packed next state, observation and `Report`, (S + N + 4 + 9,) float32."""

    def __reduce__(self) -> tuple[Callable[[Params], "SinglePrograms"], tuple[Params]]:
        return single_programs, (self.params,)  # a copy takes them from the cache, another process from its own

    def draw(self, seed: int, episode: int, first_step: int) -> np.ndarray:
        """Rows for the steps from `first_step` on, (block, S + W + 1) float32: their noise, and zeros for the rest."""
        rows = np.zeros((self.block, self.row_width), np.float32)
        noise = self._draw(np.uint32(seed), np.int32(episode), np.int32(first_step))
        rows[:, self.state_width : -1] = np.asarray(noise)
        return rows

    def begin(self, row: np.ndarray) -> np.ndarray:
        """From the noise in a row, the packed first state and its observation, (S + N + 4,) float32."""
        return np.asarray(self._begin(row))

    def state(self, packed: np.ndarray) -> State:
        """The state at the head of a packed array, with NumPy arrays as fields."""
        return unpack_on_host(packed[: self.state_width], self._state_like)

    def _noise(self, seed: jax.Array, episode: jax.Array, step: jax.Array) -> Noise:
        return noise_at(seed, episode, step, self.params.num_models)

    def _draw_packed(self, seed: jax.Array, episode: jax.Array, first_step: jax.Array) -> jax.Array:
        steps = first_step + jnp.arange(self.block, dtype=jnp.int32)
        return jax.vmap(lambda step: pack(self._noise(seed, episode, step)))(steps)

    def _begin_packed(self, row: jax.Array) -> jax.Array:
        _, noise, _ = self._unpack_row(row)
        state = initial_state(noise, self.params)
        return pack((state, observe(state, self.params)))

    def _step_packed(self, row: jax.Array) -> jax.Array:
        state, noise, action = self._unpack_row(row)
        state, outcome = transition(state, action, noise, self.params)
        terminated, truncated = endings(state, self.params)
        report = Report(reward(outcome, self.params.reward), terminated, truncated, outcome, state.budget_remaining)
        return pack((state, observe(state, self.params), report))

    def _unpack_row(self, row: jax.Array) -> tuple[State, Noise, jax.Array]:
        state, noise = unpack(row[:-1], (self._state_like, self._noise_like))
        return state, noise, row[-1].astype(jnp.int32)


def single_programs(params: Params) -> SinglePrograms:
    """The programs for `params`; the same object for every problem with the same numbers."""
    return _from_content(pickle.dumps(jax.tree.map(np.asarray, params)))


@lru_cache(maxsize=64)
def _from_content(pickled: bytes) -> SinglePrograms:
    return SinglePrograms(pickle.loads(pickled))


def _on_cpu(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    try:
        device = jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS rules the CPU out
        device = jax.local_devices()[0]
    here = SingleDeviceSharding(device)
    return jax.jit(function, in_shardings=here, out_shardings=here)
