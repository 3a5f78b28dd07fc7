"""The programs that `benchmarks.ppo` and `benchmarks.scaling` time: whole training, and its networks alone."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import size_for
from jax_router.simulator import observation_size
from jax_router.versions import DEFAULT
from train.algorithm.config import Learning, Problem
from train.algorithm.environments import make_environment
from train.algorithm.losses import Batch, normalized, ppo_loss
from train.algorithm.ppo import PPO
from train.run.devices import ParallelTrainer

Network = Any
"""The parameters of an `ActorCritic`."""
Gradient = Callable[[Network, Batch], Network]


class Training:
    """The updates that `python -m train.ppo` makes with some settings, on its devices; a call takes about `seconds`."""

    def __init__(
        self,
        learning: Learning,
        seconds: float,
        num_seeds: int = 1,
        env_id: str = DEFAULT,
        num_devices: int | None = None,
    ) -> None:
        env, env_params = make_environment(Problem(env=env_id))
        self.ppo, self.env_params = PPO(learning, env), env_params
        self._trainer = ParallelTrainer(self.ppo, env_params, range(num_seeds), num_devices)
        began = time.perf_counter()
        self._state = self._trainer.init()
        self._trainer.compile(self._state)
        self.compile_seconds = time.perf_counter() - began
        """The time for the first state and for compiling the update, s, as the command prints it."""
        self.num_updates = size_for(seconds, self.update)
        """The number of updates in one call."""

    def update(self, num_updates: int) -> None:
        """Make some updates, and wait for them."""
        self._state = jax.block_until_ready(self._trainer.update_block(self._state, num_updates))[0]

    def __call__(self) -> int:
        """Make the updates, and return how many steps they learned from, over all seeds."""
        self.update(self.num_updates)
        return self.num_updates * self.ppo.learning.batch_size * len(self._trainer.seeds)


compiled_training = cache(Training)
"""`Training` that is compiled only once in a process for the same arguments."""


class NetworksAlone:
    """The forward and backward passes of as many updates as `training` makes, on random data of the same shapes.

    An update is `num_steps` forward passes of actor and critic over `num_envs` observations, then `num_epochs` times
    `num_minibatches` forward and backward passes over a minibatch, from random gradients of logits and values to
    gradients of the parameters. There is no environment, sampling, normalising, second value pass for bootstrapping,
    advantage, shuffling or optimiser. With `with_loss`, the gradients come from the PPO loss and an entropy bonus.
    (The results of the passes have to be used, or the compiler leaves the passes out: outputs are squared and summed
    up, and gradients move the parameters by a tiny step.)
    """

    def __init__(self, training: Training, with_loss: bool = False) -> None:
        ppo = training.ppo
        self._num_steps = training.num_updates * ppo.learning.batch_size
        gradient = _loss_gradient(ppo) if with_loss else _given_gradient(ppo)
        width = observation_size(training.env_params)
        network = ppo.network.init(jax.random.key(0), jnp.zeros(width, jnp.float32))
        batch = _random_batch(ppo.learning, ppo.env.num_actions, width)

        def updates(network: Network, batch: Batch) -> tuple[Network, jax.Array]:
            def update(_: jax.Array, carry: tuple[Network, jax.Array]) -> tuple[Network, jax.Array]:
                network, total = carry
                return _learn(ppo.learning, gradient, network, batch), total + _act(ppo, network, batch)

            return jax.lax.fori_loop(0, training.num_updates, update, (network, jnp.float32(0)))

        self._arguments = (network, batch)
        self._compiled = jax.jit(updates).lower(*self._arguments).compile()

    def __call__(self) -> int:
        """Make the passes, and return for how many steps."""
        jax.block_until_ready(self._compiled(*self._arguments))
        return self._num_steps


def _act(ppo: PPO, network: Network, batch: Batch) -> jax.Array:
    """Make the forward passes of a rollout, and return a number that depends on all of them, () float32."""
    learning = ppo.learning

    def one_step(total: jax.Array, observation: jax.Array) -> tuple[jax.Array, None]:
        logits, values = ppo.forward(network, observation)
        return total + (logits**2).sum() + (values**2).sum(), None

    observations = batch.observation.reshape(learning.num_steps, learning.num_envs, -1)
    return jax.lax.scan(one_step, jnp.float32(0), observations)[0]


def _learn(learning: Learning, gradient: Gradient, network: Network, batch: Batch) -> Network:
    """Make the forward and backward passes of all epochs, and return the parameters, moved by tiny steps."""

    def one_minibatch(network: Network, minibatch: Batch) -> tuple[Network, None]:
        found = gradient(network, minibatch)
        return jax.tree.map(lambda weight, change: weight - 1e-6 * change, network, found), None

    def one_epoch(_: jax.Array, network: Network) -> Network:
        return jax.lax.scan(one_minibatch, network, minibatches)[0]

    minibatches = jax.tree.map(lambda x: x.reshape(learning.num_minibatches, -1, *x.shape[1:]), batch)
    return jax.lax.fori_loop(0, learning.num_epochs, one_epoch, network)


def _given_gradient(ppo: PPO) -> Gradient:
    """Return the passes without a loss: the gradients of logits and values are given numbers."""

    def gradient(parameters: Network, batch: Batch) -> Network:
        (logits, _), pull_back = jax.vjp(lambda parameters: ppo.forward(parameters, batch.observation), parameters)
        per_logit = jnp.broadcast_to(batch.advantage[:, None], logits.shape)
        return pull_back((per_logit, batch.value))[0]

    return gradient


def _loss_gradient(ppo: PPO) -> Gradient:
    learning = ppo.learning

    def loss(parameters: Network, batch: Batch) -> jax.Array:
        logits, values = ppo.forward(parameters, batch.observation)
        parts = ppo_loss(
            logits,
            values,
            batch,
            normalized(batch.advantage),
            clip_range=learning.clip_range,
            clip_value_loss=learning.clip_value_loss,
        )
        return parts.policy_loss + learning.value_coef * parts.value_loss - learning.entropy_coef * parts.entropy

    return jax.grad(loss)


def _random_batch(learning: Learning, num_actions: int, width: int) -> Batch:
    """Make as many random steps as an update learns from."""
    rng = np.random.default_rng(0)
    size = learning.batch_size

    def numbers(*shape: int) -> jax.Array:
        return jnp.asarray(rng.standard_normal(shape, np.float32))

    return Batch(
        observation=numbers(size, width),
        action=jnp.asarray(rng.integers(0, num_actions, size, np.int32)),
        log_prob=jnp.full(size, -np.log(num_actions), jnp.float32),
        value=numbers(size),
        advantage=numbers(size),
    )
