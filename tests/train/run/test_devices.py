"""Seeds and devices change where things are computed, and not what comes out."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from jax_router.gymnax_env import LLMRouter
from train.algorithm.config import SHORT_RUN, Config, Problem, Run
from train.algorithm.losses import Batch
from train.algorithm.ppo import PPO
from train.run.devices import AXIS, ParallelTrainer
from train.run.start import with_devices

LEARNING = replace(SHORT_RUN, num_envs=16, num_steps=8, total_timesteps=1024, num_epochs=2, num_minibatches=2)


@pytest.fixture(scope="module")
def env() -> LLMRouter:
    return LLMRouter(episode_length=50)


def run(env: LLMRouter, seeds: Sequence[int], num_devices: int = 1):
    """The host state after two updates, and the metrics of the second."""
    trainer = ParallelTrainer(PPO(LEARNING, env), env.default_params, seeds, num_devices)
    state, _ = trainer.update_block(trainer.init(), 1)
    state, metrics = trainer.update_block(state, 1)
    return trainer.to_host(state), metrics


@pytest.mark.parametrize("num_devices", [1, 2])
def test_seed_3_of_4_equals_seed_3_alone(env: LLMRouter, num_devices: int) -> None:
    together, metrics = run(env, range(4), num_devices)
    alone, metrics_alone = run(env, [3])
    for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(a[3], b[0], rtol=2e-3, atol=2e-4)
    assert metrics["reward"].shape == (4,)
    assert float(metrics["reward"][3]) == pytest.approx(float(metrics_alone["reward"][0]), rel=1e-3)
    kernel = np.asarray(jax.tree.leaves(together.network)[-1])
    assert not np.allclose(kernel[0], kernel[1])


def test_two_devices_share_the_seeds_where_they_can(env: LLMRouter) -> None:
    trainer = ParallelTrainer(PPO(LEARNING, env), env.default_params, range(4))
    state = trainer.init()
    for leaf in jax.tree.leaves(state):
        assert {shard.data.shape[0] for shard in leaf.addressable_shards} == {2}
    assert len(ParallelTrainer(PPO(LEARNING, env), env.default_params, range(3)).mesh.devices) == 1


@pytest.mark.parametrize(("num_seeds", "asked", "kept"), [(4, None, None), (3, None, None), (4, 1, 1), (1, 2, 2)])
def test_a_config_names_devices_only_where_it_is_asked_to(num_seeds: int, asked: int | None, kept: int | None) -> None:
    """On a CPU: there, cores that are free to choose change nothing of what is learned."""
    assert with_devices(Config(run=Run(num_seeds=num_seeds, num_devices=asked))).run.num_devices == kept


def test_more_devices_than_there_are_raise() -> None:
    with pytest.raises(ValueError, match="--num-devices is 3; there are 2"):
        with_devices(Config(Problem(), replace(LEARNING, num_envs=24), Run(num_devices=3)))


def test_two_devices_share_the_environments(env: LLMRouter) -> None:
    assert jax.device_count() == 2, "conftest.py asks for two"
    trainer = ParallelTrainer(PPO(LEARNING, env), env.default_params, [0], 2)
    state = trainer.init()
    observation = state.environments.observation
    assert observation.shape == (1, 16, 9)
    assert {shard.data.shape for shard in observation.addressable_shards} == {(1, 8, 9)}
    # The halves hold other environments, not the same ones twice.
    assert not np.allclose(*(np.asarray(shard.data) for shard in observation.addressable_shards))
    state, metrics = trainer.update_block(state, 2)
    host = trainer.to_host(state)
    assert float(host.observation_stats.count[0]) == 2 * 16 * 8
    assert np.isfinite(metrics["value_loss"]).all()
    for leaf in jax.tree.leaves(state.network):
        first, second = (np.asarray(shard.data) for shard in leaf.addressable_shards)
        np.testing.assert_array_equal(first, second)


def test_the_update_of_a_batch_on_two_devices_equals_that_on_one(env: LLMRouter) -> None:
    """One minibatch a pass: the order within it then does not matter, and neither may the devices."""
    learning = replace(LEARNING, num_minibatches=1, num_epochs=3)
    single = PPO(learning, env)
    state = jax.jit(single.init)(jax.random.key(0), env.default_params)
    generator = np.random.default_rng(0)
    batch = Batch(
        observation=jnp.asarray(generator.normal(size=(128, 9)), jnp.float32),
        action=jnp.asarray(generator.integers(0, 5, 128), jnp.int32),
        log_prob=jnp.full(128, np.log(0.2), jnp.float32),
        value=jnp.asarray(generator.normal(size=128), jnp.float32),
        advantage=jnp.asarray(generator.normal(size=128), jnp.float32),
    )
    expected, _ = jax.jit(single._learn)(state, batch, jax.random.key(1))

    sharded = replace(single, axis_name=AXIS, num_shards=2)
    mesh = Mesh(np.array(jax.devices()), (AXIS,))
    learn = jax.shard_map(
        sharded._learn, mesh=mesh, in_specs=(P(), P(AXIS), P()), out_specs=(P(), P()), check_vma=False
    )
    actual, parts = jax.jit(learn)(state, batch, jax.random.key(1))
    assert parts.policy_loss.shape == (3, 1)
    for a, b in zip(jax.tree.leaves(actual.network), jax.tree.leaves(expected.network), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    moved = [not np.allclose(a, b) for a, b in zip(*map(jax.tree.leaves, (actual.network, state.network)), strict=True)]
    assert any(moved)


@pytest.mark.parametrize("num_devices", [1, 2])
def test_a_state_survives_the_host(env: LLMRouter, num_devices: int) -> None:
    trainer = ParallelTrainer(PPO(LEARNING, env), env.default_params, range(2), num_devices)
    state, _ = trainer.update_block(trainer.init(), 1)
    host = trainer.to_host(state)
    shapes = trainer.host_shapes()
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), host) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), shapes
    )
    straight, _ = trainer.update_block(state, 2)
    back, _ = trainer.update_block(trainer.from_host(host), 2)
    for a, b in zip(*(jax.tree.leaves(trainer.to_host(s)) for s in (straight, back)), strict=True):
        np.testing.assert_array_equal(a, b)
