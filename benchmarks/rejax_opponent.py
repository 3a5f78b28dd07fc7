"""rejax's PPO on gymnax's CartPole-v1, and the settings under which ours does the same work."""

from dataclasses import replace
from importlib.util import find_spec

import jax
import numpy as np

from benchmarks.measure import Run, size_for
from benchmarks.rivals import OPPONENT
from train.algorithm.config import LONG_RUN, Learning

MISSING = "rejax is not installed, so it was left out: pip install -e '.[bench]'"


def is_installed() -> bool:
    """Return whether `rejax_training` can run."""
    return find_spec("rejax") is not None


def settings_of_rejax(num_envs: int) -> Learning:
    """Return the settings of `LONG_RUN` with what rejax's PPO does and does not do by itself.

    It clips the value loss, and neither scales observations or rewards nor lowers its step size or its entropy bonus.
    """
    return replace(
        LONG_RUN,
        num_envs=num_envs,
        anneal_learning_rate=False,
        anneal_entropy=False,
        clip_value_loss=True,
        normalize_observations=False,
        normalize_rewards=False,
    )


def rejax_training(learning: Learning, seconds: float) -> Run:
    """Return a run of rejax's updates without its evaluations, compiled, that takes about `seconds`."""
    import gymnax
    import rejax

    from jax_router.gymnax_legacy import LegacyStep

    env, params = gymnax.make(OPPONENT)
    algorithm = rejax.PPO.create(
        env=LegacyStep(env),  # rejax knows the `step` of gymnax 0.0.x
        env_params=params,
        num_envs=learning.num_envs,
        num_steps=learning.num_steps,
        num_epochs=learning.num_epochs,
        num_minibatches=learning.num_minibatches,
        learning_rate=learning.learning_rate,
        gamma=learning.discount,
        gae_lambda=learning.gae_lambda,
        clip_eps=learning.clip_range,
        ent_coef=learning.entropy_coef,
        vf_coef=learning.value_coef,
        max_grad_norm=learning.max_grad_norm,
        agent_kwargs={"activation": learning.activation, "hidden_layer_sizes": learning.layer_sizes},
    )
    state = jax.jit(algorithm.init_state)(jax.random.key(0))
    updates = jax.jit(
        lambda state, num_updates: jax.lax.fori_loop(
            0, num_updates, lambda _, state: algorithm.train_iteration(state), state
        )
    )

    def update(num_updates: int) -> None:
        nonlocal state
        state = jax.block_until_ready(updates(state, np.int32(num_updates)))

    num_updates = size_for(seconds, update)

    def run() -> int:
        update(num_updates)
        return num_updates * learning.batch_size

    return run
