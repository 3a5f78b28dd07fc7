"""Mean rewards in closed form, against the simulator's own steps."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.v0 import SIMULATOR, ModelConfig, RewardConfig, make_params
from jax_router.v0.env import State
from jax_router.v0.traffic import Prompt
from train.bounds.v0.rewards import answer_reward, wait_reward

MODELS = [
    ModelConfig("fast", 0.01, 0.02, 0.05, 0.98),  # mostly at the floor of the latency
    ModelConfig("certain", 0.02, 0.9, 0.0, 0.8),  # without spread
    ModelConfig("bad", 0.0, 1.4, 0.6, 0.1),  # quality is cut off at 0
]
REWARD = RewardConfig(cost_weight=1.5, quality_weight=0.7, latency_penalty=1.2, quality_miss_penalty=0.9)


NUM_STEPS = 200_000


@pytest.fixture(scope="module")
def mean_and_error():
    """The mean of many steps' rewards and its standard error, as one compiled program."""

    @jax.jit
    def simulate(params, model, complexity, depth):
        noise = SIMULATOR.draw_noise(jax.random.key(0), params, (NUM_STEPS,))
        prompt = Prompt(jnp.float32(0.4), complexity, jnp.float32(0.7))
        state = State(jnp.full(3, depth), jnp.float32(0), jnp.float32(1), prompt, jnp.int32(0))
        return jax.vmap(lambda n: SIMULATOR.reward(SIMULATOR.transition(state, model, n, params)[1], params))(noise)

    def result(*of):
        rewards = np.asarray(simulate(*of), np.float64)
        return rewards.mean(), rewards.std() / np.sqrt(NUM_STEPS)

    return result


@pytest.mark.parametrize("model", range(3))
@pytest.mark.parametrize("sla_threshold", [0.005, 1.0])
@pytest.mark.parametrize(("complexity", "depth"), [(0.05, 0.0), (0.3, 20.0), (0.8, 50.0)])
def test_mean_rewards_are_those_of_many_steps(mean_and_error, model, sla_threshold, complexity, depth):
    params = make_params(models=MODELS, reward=replace(REWARD, sla_threshold=sla_threshold))
    mean, error = mean_and_error(params, jnp.int32(model), jnp.float32(complexity), jnp.float32(depth))
    expected = answer_reward(params, model, np.float64(complexity), np.float64(0.7))
    expected = expected + wait_reward(params, model, np.float64(depth))
    assert abs(mean - expected) < 5 * error + 1e-5
