"""What a policy is, without memory and with it.

Both kinds take a whole batch: one key, observations (B, D) float32, and states of the simulator with leading dimension
B. Both return (B,) integer actions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax

Policy = Callable[[jax.Array, jax.Array, Any], jax.Array]
"""`policy(key, observation, state) -> action`."""


class PolicyWithMemory(Protocol):
    """A policy that carries a pytree of arrays, fields (B, ...), from one prompt of an episode to the next."""

    def initial(self, state: Any) -> Any:
        """Return the memory at the start of B episodes, given their first states."""

    def act(self, memory: Any, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        """Return the memory after this prompt, and the actions, (B,) integers."""


AnyPolicy = Policy | PolicyWithMemory


def with_memory(policy: AnyPolicy) -> PolicyWithMemory:
    """Return the policy as one with memory; a policy without memory gets an empty one."""
    return _Forgetful(policy) if callable(policy) else policy


@dataclass(frozen=True)
class _Forgetful:
    policy: Policy

    def initial(self, state: Any) -> tuple[()]:
        return ()

    def act(self, memory: Any, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        return memory, self.policy(key, observation, state)


@dataclass(frozen=True)
class OneOf:
    """One of several policies, picked by an index that may be traced; it carries the memories of all of them."""

    policies: Sequence[PolicyWithMemory]
    index: jax.Array

    def initial(self, state: Any) -> list[Any]:
        return [policy.initial(state) for policy in self.policies]

    def act(self, memory: Any, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        def branch(i: int) -> Callable[[], tuple[Any, jax.Array]]:
            def act() -> tuple[Any, jax.Array]:
                later, action = self.policies[i].act(memory[i], key, observation, state)
                return [*memory[:i], later, *memory[i + 1 :]], action

            return act

        return jax.lax.switch(self.index, [branch(i) for i in range(len(self.policies))])
