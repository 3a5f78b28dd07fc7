"""PPO with everything from reset to the last update under `jit`, and the command `python -m train.ppo`.

The shape is PureJaxRL's: environments, networks, optimiser and statistics are one pytree that `PPO.update` maps to the
next one. It knows an environment by gymnax's interface alone.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import optax
from flax import struct

from train.config import Config
from train.losses import Batch, LossParts, explained_variance, gae, ppo_loss
from train.networks import ActorCritic
from train.normalize import RunningStats, discounted_sums, normalize, update_stats

if TYPE_CHECKING:
    from gymnax.environments.environment import Environment

MAX_STAGGER = 1000
"""Starts are spread over at most this many steps of an episode."""

Metrics = dict[str, jax.Array]


@struct.dataclass
class TrainState:
    """All that changes during training, for B environments and observations of D numbers."""

    network: Any  # parameters of ActorCritic
    optimizer: optax.OptState
    observation_stats: RunningStats  # of shape (D,)
    return_stats: RunningStats  # of shape (), of the discounted sums below
    discounted_return: jax.Array  # (B,) float32
    episode_return: jax.Array  # (B,) float32, reward so far in the running episode
    env_state: Any  # fields lead with (B,)
    observation: jax.Array  # (B, D) float32, as the environment gave it
    key: jax.Array  # () key
    num_updates: jax.Array  # () int32, updates done


@struct.dataclass
class Step:
    """One step of B environments as the learner keeps it; T of them are a rollout."""

    observation: jax.Array  # (B, D) float32, raw
    action: jax.Array  # (B,) int32
    log_prob: jax.Array  # (B,) float32
    value: jax.Array  # (B,) float32
    reward: jax.Array  # (B,) float32, raw
    terminated: jax.Array  # (B,) bool
    truncated: jax.Array  # (B,) bool
    final_observation: jax.Array  # (B, D) float32, raw, before any reset


@dataclass(frozen=True)
class PPO:
    """The algorithm for one config and one environment: pure functions of a `TrainState`."""

    config: Config
    env: "Environment[Any, Any]"

    @property
    def network(self) -> ActorCritic:
        """The networks' shape; their parameters are in the train state."""
        return ActorCritic(self.env.num_actions, self.config.layer_sizes, self.config.activation)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam behind a clipped gradient, its step size annealed to 0 over the run."""
        config = self.config
        learning_rate: optax.ScalarOrSchedule = config.learning_rate
        if config.anneal_learning_rate:
            learning_rate = optax.linear_schedule(config.learning_rate, 0.0, config.num_gradient_steps)
        return optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optax.adam(learning_rate, eps=1e-5))

    def train(self, key: jax.Array, env_params: Any) -> tuple[TrainState, Metrics]:
        """A whole run as one pure function: the last train state, and metrics of shape (num_updates,)."""
        state = self.init(key, env_params)
        return jax.lax.scan(lambda state, _: self.update(state, env_params), state, length=self.config.num_updates)

    def update_block(
        self, state: TrainState, env_params: Any, num_updates: int | jax.Array
    ) -> tuple[TrainState, Metrics]:
        """`num_updates` updates in a row, a number that may be traced; the metrics are their means, () float32."""
        shapes = jax.eval_shape(self.update, state, env_params)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def one_update(_: jax.Array, carry: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
            state, metrics = self.update(carry[0], env_params)
            return state, jax.tree.map(jnp.add, carry[1], metrics)

        state, sums = jax.lax.fori_loop(0, num_updates, one_update, (state, zeros))
        return state, jax.tree.map(lambda total: total / num_updates, sums)

    def init(self, key: jax.Array, env_params: Any) -> TrainState:
        """Fresh networks, and environments that are already spread over their episodes.

        Not for `jax.vmap`: batched QR decompositions deadlock on machines with few cores. Use `jax.lax.map`.
        """
        key_network, key_env, key = jax.random.split(key, 3)
        observation, env_state = self._staggered_reset(key_env, env_params)
        network = self.network.init(key_network, observation[0])
        num_envs = self.config.num_envs
        return TrainState(
            network=network,
            optimizer=self.optimizer.init(network),
            observation_stats=RunningStats.of_shape(observation.shape[1:]),
            return_stats=RunningStats.of_shape(()),
            discounted_return=jnp.zeros(num_envs, jnp.float32),
            episode_return=jnp.zeros(num_envs, jnp.float32),
            env_state=env_state,
            observation=observation,
            key=key,
            num_updates=jnp.int32(0),
        )

    def update(self, state: TrainState, env_params: Any) -> tuple[TrainState, Metrics]:
        """One rollout and the epochs of learning from it."""
        key, key_rollout, key_learn = jax.random.split(state.key, 3)
        old_stats = state.observation_stats
        state, steps, metrics = self._rollout(state, key_rollout, env_params)
        state, rewards = self._scaled_rewards(state, steps)
        batch = self._batch(state.network, steps, rewards, old_stats)
        state, losses = self._learn(state, batch, key_learn)
        if self.config.normalize_observations:
            state = replace(state, observation_stats=update_stats(old_stats, steps.observation))
        metrics |= {name: value.mean() for name, value in vars(losses).items()}
        metrics["explained_variance"] = explained_variance(batch.value, batch.target)
        return replace(state, key=key, num_updates=state.num_updates + 1), metrics

    def forward(self, network: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits (..., A) and values (...) for normalised observations (..., D), all float32."""
        return cast(tuple[jax.Array, jax.Array], self.network.apply(network, observation))

    def greedy_action(self, network: Any, stats: RunningStats, observation: jax.Array) -> jax.Array:
        """The likeliest action, (...) int32, for raw observations (..., D) float32."""
        logits, _ = self.forward(network, normalize(observation, stats))
        return jnp.argmax(logits, -1).astype(jnp.int32)

    def _reset(self, key: jax.Array, env_params: Any) -> tuple[jax.Array, Any]:
        keys = jax.random.split(key, self.config.num_envs)
        observation, env_state = jax.vmap(self.env.reset, in_axes=(0, None))(keys, env_params)
        return _flatten(observation), env_state

    def _step(self, key: jax.Array, env_state: Any, action: jax.Array, env_params: Any) -> tuple:
        keys = jax.random.split(key, self.config.num_envs)
        step = jax.vmap(self.env.step, in_axes=(0, 0, 0, None))
        observation, env_state, reward, terminated, truncated, info = step(keys, env_state, action, env_params)
        info = dict(info)
        final_observation = _flatten(info.pop("final_observation"))
        info = {name: value for name, value in info.items() if name not in ("terminated", "truncated", "discount")}
        reward = reward.astype(jnp.float32)
        return _flatten(observation), env_state, reward, terminated, truncated, final_observation, info

    def _staggered_reset(self, key: jax.Array, env_params: Any) -> tuple[jax.Array, Any]:
        """Fresh environments, each moved on by its own random number of random steps.

        Environments that all end together would show the learner one phase of the episode at a time.
        """
        key_reset, key_length, key_steps = jax.random.split(key, 3)
        observation, env_state = self._reset(key_reset, env_params)
        longest = jnp.clip(jnp.asarray(env_params.max_steps_in_episode, jnp.int32), 1, MAX_STAGGER)
        num_steps = jax.random.randint(key_length, (self.config.num_envs,), 0, longest)
        sample_action = jax.vmap(self.env.action_space(env_params).sample)

        def one_step(t: jax.Array, carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            key_action, key_step = jax.random.split(jax.random.fold_in(key_steps, t))
            action = sample_action(jax.random.split(key_action, self.config.num_envs))
            observation, env_state, *_ = self._step(key_step, carry[1], action, env_params)
            moves = t < num_steps
            return jax.tree.map(partial(_where, moves), (observation, env_state), carry)

        return jax.lax.fori_loop(0, num_steps.max(), one_step, (observation, env_state))

    def _rollout(self, state: TrainState, key: jax.Array, env_params: Any) -> tuple[TrainState, Step, Metrics]:
        """`num_steps` steps of every environment, fields (T, B, ...), and what happened on average."""
        config = self.config

        def one_step(carry: tuple, key: jax.Array) -> tuple[tuple, tuple]:
            env_state, raw_observation, episode_return = carry
            key_action, key_step = jax.random.split(key)
            observation = normalize(raw_observation, state.observation_stats)
            logits, value = self.forward(state.network, observation)
            action = jax.random.categorical(key_action, logits).astype(jnp.int32)
            log_prob = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], axis=-1)[:, 0]
            next_observation, env_state, reward, terminated, truncated, final_observation, info = self._step(
                key_step, env_state, action, env_params
            )
            episode_return += reward
            done = terminated | truncated
            step = Step(raw_observation, action, log_prob, value, reward, terminated, truncated, final_observation)
            watched = {name: value.astype(jnp.float32).mean() for name, value in info.items()} | {
                "reward": reward.mean(),
                "episodes": done.astype(jnp.float32).mean(),
                "returns": jnp.where(done, episode_return, 0.0).mean(),
            }
            return (env_state, next_observation, jnp.where(done, 0.0, episode_return)), (step, watched)

        carry = (state.env_state, state.observation, state.episode_return)
        carry, (steps, watched) = jax.lax.scan(one_step, carry, jax.random.split(key, config.num_steps))
        metrics = {name: value.mean() for name, value in watched.items()}
        # Sums rather than means: a block of updates may hold no end of an episode, or thousands.
        metrics["episodes"] *= config.batch_size
        metrics["returns"] *= config.batch_size
        env_state, observation, episode_return = carry
        return (
            replace(state, env_state=env_state, observation=observation, episode_return=episode_return),
            steps,
            metrics,
        )

    def _scaled_rewards(self, state: TrainState, steps: Step) -> tuple[TrainState, jax.Array]:
        """Rewards over the running standard deviation of the discounted return, (T, B)."""
        if not self.config.normalize_rewards:
            return state, steps.reward
        done = steps.terminated | steps.truncated
        last, sums = discounted_sums(steps.reward, done, self.config.discount, state.discounted_return)
        stats = update_stats(state.return_stats, sums)
        rewards = steps.reward / jnp.sqrt(stats.variance + 1e-8)
        return replace(state, discounted_return=last, return_stats=stats), rewards

    def _batch(self, network: Any, steps: Step, rewards: jax.Array, stats: RunningStats) -> Batch:
        """The rollout as T * B independent steps with their advantages."""
        _, next_values = self.forward(network, normalize(steps.final_observation, stats))
        advantages = gae(
            rewards,
            steps.value,
            next_values,
            steps.terminated,
            steps.truncated,
            self.config.discount,
            self.config.gae_lambda,
        )
        batch = Batch(normalize(steps.observation, stats), steps.action, steps.log_prob, steps.value, advantages)
        return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), batch)

    def _learn(self, state: TrainState, batch: Batch, key: jax.Array) -> tuple[TrainState, LossParts]:
        """`num_epochs` passes of `num_minibatches` gradient steps; the loss parts have shape (epochs, minibatches)."""
        config = self.config

        def one_minibatch(carry: tuple, minibatch: Batch) -> tuple[tuple, LossParts]:
            network, optimizer = carry
            gradient, parts = jax.grad(self._loss, has_aux=True)(network, minibatch)
            change, optimizer = self.optimizer.update(gradient, optimizer, network)
            return (optax.apply_updates(network, change), optimizer), parts

        def one_epoch(carry: tuple, key: jax.Array) -> tuple[tuple, LossParts]:
            order = jax.random.permutation(key, config.batch_size).reshape(config.num_minibatches, -1)
            return jax.lax.scan(lambda c, rows: one_minibatch(c, jax.tree.map(lambda x: x[rows], batch)), carry, order)

        carry = (state.network, state.optimizer)
        (network, optimizer), parts = jax.lax.scan(one_epoch, carry, jax.random.split(key, config.num_epochs))
        return replace(state, network=network, optimizer=optimizer), parts

    def _loss(self, network: Any, batch: Batch) -> tuple[jax.Array, LossParts]:
        config = self.config
        logits, values = self.forward(network, batch.observation)
        parts = ppo_loss(
            logits,
            values,
            batch,
            clip_range=config.clip_range,
            clip_value_loss=config.clip_value_loss,
            normalize_advantages=config.normalize_advantages,
        )
        loss = parts.policy_loss + config.value_coef * parts.value_loss - config.entropy_coef * parts.entropy
        return loss, parts


def _flatten(observation: jax.Array) -> jax.Array:
    return observation.reshape(observation.shape[0], -1).astype(jnp.float32)


def _where(mask: jax.Array, new: jax.Array, old: jax.Array) -> jax.Array:
    return jnp.where(mask.reshape(mask.shape + (1,) * (new.ndim - 1)), new, old)


if __name__ == "__main__":
    from train.command import main

    main()
