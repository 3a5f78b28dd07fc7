"""Training as compiled programs over seeds and devices.

In this module, a train state holds all S seeds at once: every leaf leads with (S,), also for one seed. Devices share
the seeds, which learn nothing of each other, where that is possible. Elsewhere they share the environments of every
seed, on this machine or on several, and everything else is the same on each device.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from train.algorithm.experience import Metrics
from train.algorithm.ppo import PPO, TrainState

AXIS = "devices"
RUNS_ONCE = {"xla_backend_optimization_level": 0}
"""How a program is compiled that runs once, and for few environments: in half of the time."""
FEW = 256
"""The most environments, over all seeds, for which optimised code would save less time than it takes to make."""


def sharing_seeds(num_seeds: int) -> int:
    """Return the most devices that can share this many seeds evenly; several processes never share seeds."""
    return math.gcd(num_seeds, jax.device_count()) if jax.process_count() == 1 else 1


class ParallelTrainer:
    """The compiled functions that train S seeds on D devices; it holds no state that changes."""

    def __init__(self, ppo: PPO, env_params: Any, seeds: Sequence[int], num_devices: int | None = None) -> None:
        """Take the algorithm, its environment's parameters and the S seeds.

        `num_devices` is the number D of devices, which share the seeds if they can, and else the environments; None
        takes as many as can share the seeds.
        """
        self.seeds = np.array(seeds, np.uint32)
        num_devices = num_devices or sharing_seeds(len(self.seeds))
        self.mesh = Mesh(np.array(jax.devices()[:num_devices]), (AXIS,))
        self._shares_seeds = num_devices == 1 or (jax.process_count() == 1 and len(self.seeds) % num_devices == 0)
        self.ppo = ppo if self._shares_seeds else replace(ppo, axis_name=AXIS, num_shards=self.mesh.size)
        self._env_params = env_params
        of_seeds = P(AXIS) if self._shares_seeds else P()
        self._init = jax.jit(
            self._on_devices(self._init_seeds, in_specs=(of_seeds,), out_specs=self._specs()),
            compiler_options=RUNS_ONCE if ppo.num_envs * len(self.seeds) <= FEW else None,
        )
        self._update = jax.jit(
            self._on_devices(self._update_seeds, in_specs=(self._specs(), P()), out_specs=(self._specs(), of_seeds)),
            donate_argnums=0,
        )
        self._compiled: Any = None

    def init(self) -> TrainState:
        """Return the state of every seed before its first update."""
        return self._init(self.seeds)

    def update_block(self, state: TrainState, num_updates: int) -> tuple[TrainState, Metrics]:
        """Make `num_updates` updates of every seed; metrics, (S,), are means over them. `state` is donated."""
        if self._compiled is None:
            self.compile(state)
        return self._compiled(state, np.int32(num_updates))

    def compile(self, state: TrainState) -> None:
        """Compile `update_block` now, so that its first call is as fast as the others."""
        self._compiled = self._update.lower(state, np.int32(1)).compile()

    def to_host(self, state: TrainState) -> TrainState:
        """Return the whole state as NumPy arrays, keys as their data, in every process; all processes must call it."""
        state = jax.tree.map(_key_data, state)
        if jax.process_count() > 1:
            from jax.experimental.multihost_utils import process_allgather

            state = process_allgather(state, tiled=True)
        return jax.tree.map(np.asarray, state)

    def from_host(self, state: TrainState) -> TrainState:
        """Put a state that `to_host` returned back on the devices."""

        def place_all(spec: P, leaves: Any, kinds: Any) -> Any:
            sharding = None if self.mesh.size == 1 else NamedSharding(self.mesh, spec)
            return jax.tree.map(lambda leaf, kind: _place(leaf, kind, sharding), leaves, kinds)

        return jax.tree.map(place_all, self._specs(), state, self.shapes())

    def shapes(self) -> TrainState:
        """The shape and dtype of every leaf of a state on the devices."""
        return jax.eval_shape(self._init, self.seeds)

    def host_shapes(self) -> TrainState:
        """The shape and dtype of every leaf of the state that `to_host` returns."""
        return jax.eval_shape(lambda state: jax.tree.map(_key_data, state), self.shapes())

    def _on_devices(self, function: Callable, in_specs: Any, out_specs: Any) -> Callable:
        if self.mesh.size == 1:
            return function
        # PPO handles what differs between devices with `axis_name`; JAX's own check cannot follow random keys.
        return jax.shard_map(function, mesh=self.mesh, in_specs=in_specs, out_specs=out_specs, check_vma=False)

    def _init_seeds(self, seeds: jax.Array) -> TrainState:
        # Not vmap: batched QR decompositions deadlock on machines with few cores.
        return jax.lax.map(lambda seed: self.ppo.init(jax.random.key(seed), self._env_params), seeds)

    def _update_seeds(self, state: TrainState, num_updates: jax.Array) -> tuple[TrainState, Metrics]:
        def update(one: TrainState) -> tuple[TrainState, Metrics]:
            return self.ppo.update_block(one, self._env_params, num_updates)

        # On a CPU, one seed after the other: XLA's batched matrix products are slower there than plain ones.
        one_by_one = len(self.seeds) == 1 or jax.default_backend() == "cpu"
        return jax.lax.map(update, state) if one_by_one else jax.vmap(update)(state)

    def _specs(self) -> TrainState:
        """Return how a state is sharded over the mesh: by its seeds, or only its environments."""
        if self._shares_seeds:
            by_seed: Any = P(AXIS)
            return TrainState(*[by_seed] * len(fields(TrainState)))
        whole: Any = P()
        split: Any = P(None, AXIS)
        return TrainState(
            network=whole,
            optimizer=whole,
            observation_stats=whole,
            return_stats=whole,
            discounted_return=split,
            environments=split,
            key=whole,
            num_updates=whole,
        )


def _key_data(leaf: jax.Array) -> jax.Array:
    return jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def _place(leaf: np.ndarray, kind: jax.ShapeDtypeStruct, sharding: NamedSharding | None) -> jax.Array:
    if sharding is None:
        placed = jnp.array(leaf)
    else:
        placed = jax.make_array_from_callback(leaf.shape, sharding, lambda index: leaf[index])
    is_key = jnp.issubdtype(kind.dtype, jax.dtypes.prng_key)
    return jax.random.wrap_key_data(placed) if is_key else placed
