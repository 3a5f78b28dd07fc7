"""PPO with everything from reset to the last update under `jit`.

The structure follows PureJaxRL: environments, networks, optimiser and statistics are one pytree, which `PPO.update`
maps to the next one. Environments are used through gymnax's interface only.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

import jax
import jax.numpy as jnp
import optax
from flax import struct

from jax_router.environment import AnyEnvironment
from train.algorithm.config import Learning
from train.algorithm.experience import Environments, Metrics, Step, collect, staggered_reset
from train.algorithm.losses import Batch, LossParts, explained_variance, gae, normalized, ppo_loss, sampled
from train.algorithm.minibatches import mean_over_parts, random_order, rows_at_once
from train.algorithm.networks import ActorCritic, networks_for
from train.algorithm.normalize import RunningStats, discounted_sums, mean_over_devices, normalize, update_stats
from train.algorithm.shared_network import SharedActorCritic


@struct.dataclass
class TrainState:
    """Everything that changes during training, for B environments and observations of D numbers."""

    network: Any  # parameters of the actor and the critic
    optimizer: optax.OptState
    observation_stats: RunningStats  # of shape (D,)
    return_stats: RunningStats  # of shape (), of the discounted sums below
    discounted_return: jax.Array  # (B,) float32
    environments: Environments  # fields lead with (B,)
    key: jax.Array  # () key
    num_updates: jax.Array  # () int32, updates done


@dataclass(frozen=True)
class PPO:
    """The algorithm with its settings, on one environment, as pure functions of a `TrainState`.

    Under `jax.shard_map` over an axis of `num_shards` devices, pass the name of the axis: every device then steps its
    share of the environments, and gradients and statistics are averaged over the axis.
    """

    learning: Learning
    env: AnyEnvironment
    axis_name: str | None = None
    num_shards: int = 1

    @property
    def num_envs(self) -> int:
        """The number of environments on one device."""
        return self.learning.num_envs // self.num_shards

    @property
    def network(self) -> ActorCritic | SharedActorCritic:
        """The networks without their parameters, which are in the train state."""
        return networks_for(self.learning, self.env)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam on clipped gradients; its step size is annealed to 0 over the run if the settings say so."""
        learning = self.learning
        learning_rate: optax.ScalarOrSchedule = learning.learning_rate
        if learning.anneal_learning_rate:
            learning_rate = optax.linear_schedule(learning.learning_rate, 0.0, learning.num_gradient_steps)
        steps = optax.chain(optax.clip_by_global_norm(learning.max_grad_norm), optax.adam(learning_rate, eps=1e-5))
        return optax.flatten(steps)  # one vector in place of a dozen arrays: fewer kernels to compile and to run

    def train(self, key: jax.Array, env_params: Any) -> tuple[TrainState, Metrics]:
        """Train a whole run as one pure function; return the last train state, and metrics of shape (num_updates,)."""
        state = self.init(key, env_params)
        return jax.lax.scan(lambda state, _: self.update(state, env_params), state, length=self.learning.num_updates)

    def update_block(
        self, state: TrainState, env_params: Any, num_updates: int | jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Make `num_updates` updates, a number that may be traced; the metrics are means over them, () float32."""
        one = jax.jit(self.update)  # traced once, for its shapes and for the loop
        shapes = jax.eval_shape(one, state, env_params)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def one_update(_: jax.Array, carry: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
            state, metrics = one(carry[0], env_params)
            return state, jax.tree.map(jnp.add, carry[1], metrics)

        state, sums = jax.lax.fori_loop(0, num_updates, one_update, (state, zeros))
        return state, jax.tree.map(lambda total: total / jnp.float32(num_updates), sums)

    def init(self, key: jax.Array, env_params: Any) -> TrainState:
        """Return new networks, and environments that are at different points of their episodes.

        Map it with `jax.lax.map`, not with `jax.vmap`: batched QR decompositions deadlock on machines with few cores.
        """
        key_network, key_env, key = jax.random.split(key, 3)
        environments = staggered_reset(self.env, env_params, self._own_key(key_env), self.num_envs)
        network = self.network.init(key_network, environments.observation[0])
        return TrainState(
            network=network,
            optimizer=self.optimizer.init(network),
            observation_stats=RunningStats.of_shape(environments.observation.shape[1:]),
            return_stats=RunningStats.of_shape(()),
            discounted_return=jnp.zeros(self.num_envs, jnp.float32),
            environments=environments,
            key=key,
            num_updates=jnp.int32(0),
        )

    def update(self, state: TrainState, env_params: Any) -> tuple[TrainState, Metrics]:
        """Make a rollout, and learn from it for some epochs. The metrics are means over the batch, () float32."""
        key, key_rollout, key_learn = jax.random.split(state.key, 3)
        old_stats = state.observation_stats

        def actor(chance: jax.Array, observation: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            logits, value = self.forward(state.network, normalize(observation, old_stats))
            return *sampled(logits, chance), value

        def critic(observation: jax.Array) -> jax.Array:
            return self.forward(state.network, normalize(observation, old_stats))[1]

        environments, steps, metrics = collect(
            self.env, env_params, state.environments, actor, critic, self._own_key(key_rollout), self.learning.num_steps
        )
        scaled, rewards = self._scaled_rewards(replace(state, environments=environments), steps)
        if self.learning.normalize_observations:
            scaled = replace(scaled, observation_stats=update_stats(old_stats, steps.observation, self.axis_name))
        batch = self._batch(steps, critic(environments.observation), rewards, old_stats)
        learned, losses = self._learn(scaled, batch, self._own_key(key_learn))
        metrics |= {name: value.mean() for name, value in vars(losses).items()}
        metrics["explained_variance"] = explained_variance(batch.value, batch.target)
        metrics["parameter_norm"] = optax.tree.norm(learned.network)
        learned = replace(learned, key=key, num_updates=state.num_updates + 1)
        return learned, mean_over_devices(metrics, self.axis_name)

    def forward(self, network: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return logits (..., A) and values (...) for normalised observations (..., D), all float32."""
        return cast(tuple[jax.Array, jax.Array], self.network.apply(network, observation))

    def greedy_action(self, network: Any, stats: RunningStats, observation: jax.Array) -> jax.Array:
        """Return the likeliest action, (...) int32, for raw observations (..., D) float32."""
        logits, _ = self.forward(network, normalize(observation, stats))
        return jnp.argmax(logits, -1).astype(jnp.int32)

    def _own_key(self, key: jax.Array) -> jax.Array:
        """Return a different key on each device."""
        return key if self.axis_name is None else jax.random.fold_in(key, jax.lax.axis_index(self.axis_name))

    def _scaled_rewards(self, state: TrainState, steps: Step) -> tuple[TrainState, jax.Array]:
        """Divide rewards by the running standard deviation of the discounted return, (T, B) float32."""
        if not self.learning.normalize_rewards:
            return state, steps.reward
        last, sums = discounted_sums(steps.reward, steps.done, self.learning.discount, state.discounted_return)
        stats = update_stats(state.return_stats, sums, self.axis_name)
        rewards = steps.reward / jnp.sqrt(stats.variance + 1e-8)
        return replace(state, discounted_return=last, return_stats=stats), rewards

    def _batch(self, steps: Step, last_value: jax.Array, rewards: jax.Array, stats: RunningStats) -> Batch:
        """Return the rollout as T * B steps with advantages; `last_value` (B,) values the observations after it."""
        following = jnp.concatenate([steps.value[1:], last_value[None]])
        next_values = jnp.where(steps.truncated, steps.bootstrap_value, following)
        advantages = gae(
            rewards,
            steps.value,
            next_values,
            steps.terminated,
            steps.truncated,
            self.learning.discount,
            self.learning.gae_lambda,
        )
        batch = Batch(normalize(steps.observation, stats), steps.action, steps.log_prob, steps.value, advantages)
        return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), batch)

    def _learn(self, state: TrainState, batch: Batch, key: jax.Array) -> tuple[TrainState, LossParts]:
        """Make `num_epochs` passes of `num_minibatches` gradient steps; loss parts have shape (epochs, minibatches)."""
        learning = self.learning
        entropy_coef = (
            learning.entropy_coef * self._share_left(state) if learning.anneal_entropy else learning.entropy_coef
        )

        def one_minibatch(carry: tuple, rows: jax.Array) -> tuple[tuple, LossParts]:
            network, optimizer, stopped = carry
            minibatch = jax.tree.map(lambda x: x[rows], batch)
            advantage = minibatch.advantage
            if learning.normalize_advantages:
                advantage = normalized(advantage, self.axis_name)

            def gradient_of(some: tuple[Batch, jax.Array]) -> tuple[Any, LossParts]:
                return jax.grad(self._loss, has_aux=True)(network, *some, entropy_coef)

            gradient, parts = mean_over_parts(gradient_of, (minibatch, advantage), rows_at_once())
            gradient, parts = mean_over_devices((gradient, parts), self.axis_name)
            change, next_optimizer = self.optimizer.update(gradient, optimizer, network)
            learned = (optax.apply_updates(network, change), next_optimizer)
            if learning.target_kl is not None:
                stopped |= parts.approx_kl > learning.target_kl
                learned = jax.tree.map(lambda new, old: jnp.where(stopped, old, new), learned, (network, optimizer))
            return (*learned, stopped), parts

        def one_epoch(carry: tuple, key: jax.Array) -> tuple[tuple, LossParts]:
            order = random_order(key, batch.action.size)
            return jax.lax.scan(one_minibatch, carry, order.reshape(learning.num_minibatches, -1))

        carry = (state.network, state.optimizer, jnp.bool_(False))
        carry, parts = jax.lax.scan(one_epoch, carry, jax.random.split(key, learning.num_epochs))
        return replace(state, network=carry[0], optimizer=carry[1]), parts

    def _share_left(self, state: TrainState) -> jax.Array:
        return 1.0 - state.num_updates.astype(jnp.float32) / self.learning.num_updates

    def _loss(
        self, network: Any, batch: Batch, advantage: jax.Array, entropy_coef: float | jax.Array
    ) -> tuple[jax.Array, LossParts]:
        learning = self.learning
        logits, values = self.forward(network, batch.observation)
        parts = ppo_loss(
            logits,
            values,
            batch,
            advantage,
            clip_range=learning.clip_range,
            clip_value_loss=learning.clip_value_loss,
        )
        return parts.policy_loss + learning.value_coef * parts.value_loss - entropy_coef * parts.entropy, parts
