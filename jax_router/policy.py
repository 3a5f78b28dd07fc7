"""What a policy is, without memory and with it.

Both kinds see a whole batch: one key, observations (B, D) float32, states with leading dimension B. Both answer with
(B,) integer actions. A state is that of the simulator in which the policy acts.
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
        """The memory at the start of B episodes, from their first states."""

    def act(self, memory: Any, key: jax.Array, observation: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        """The memory after this prompt, and the actions."""


AnyPolicy = Policy | PolicyWithMemory


def with_memory(policy: AnyPolicy) -> PolicyWithMemory:
    """The same policy; one without memory carries an empty one."""
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
    """The policy of an index that may be traced; it carries the memories of all, and uses one."""

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
