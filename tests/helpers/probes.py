"""Probes are tiny environments behind gymnax's interface; their values are known in closed form."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment, spaces


@struct.dataclass
class ProbeState:
    signal: jax.Array  # () float32, what the observation shows
    time: jax.Array  # () int32, steps


@struct.dataclass
class ProbeParams:
    max_steps_in_episode: int = 1_000_000


@dataclass(frozen=True)
class Probe(environment.Environment[ProbeState, ProbeParams]):
    """Each episode has `length` steps, shows a signal and pays by rule.

    - `constant`: 1 for every step.
    - `by_action`: 1 for action 1, 0 for action 0.
    - `by_observation`: the signal that was shown, -1 or 1, drawn anew every step.
    - `delayed`: 1 for the last step of an episode, whose observation is the share of it that has passed.
    """

    rule: str
    length: int = 1
    ends_by_time_limit: bool = False

    @property
    def default_params(self) -> ProbeParams:
        return ProbeParams(self.length if self.ends_by_time_limit else 1_000_000)

    @property
    def num_actions(self) -> int:
        return 2

    def action_space(self, params: ProbeParams) -> spaces.Discrete:
        return spaces.Discrete(2)

    def reset_env(self, key: jax.Array, params: ProbeParams) -> tuple[jax.Array, ProbeState]:
        state = ProbeState(self._signal(key, jnp.int32(0)), jnp.int32(0))
        return state.signal[None], state

    @partial(jax.jit, static_argnames=("self",))
    def step_env(self, key, state, action, params):  # type: ignore[no-untyped-def]
        time = state.time + 1
        last = time >= self.length
        reward = {
            "constant": jnp.float32(1),
            "by_action": action.astype(jnp.float32),
            "by_observation": state.signal,
            "delayed": last.astype(jnp.float32),
        }[self.rule]
        state = ProbeState(self._signal(key, time), time)
        terminated = last & (not self.ends_by_time_limit)
        return state.signal[None], state, reward, terminated, {}

    def _signal(self, key: jax.Array, time: jax.Array) -> jax.Array:
        if self.rule == "by_observation":
            return jax.random.rademacher(key, (), jnp.float32)
        return time.astype(jnp.float32) / self.length if self.rule == "delayed" else jnp.float32(0)
