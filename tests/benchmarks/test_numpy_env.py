"""The NumPy environments that the benchmark compares with play the same game: docs/dynamics.md's figures."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from benchmarks.fast_numpy_env import FastNumpyRouterEnv
from benchmarks.numpy_env import NumpyRouterEnv

# Strategy: mean episode reward, USD, mean quality and share of SLA violations over 256 episodes (docs/dynamics.md).
FIGURES = {
    0: (-2013, 10.02, 0.948, 0.998),
    1: (77, 3.00, 0.819, 0.564),
    3: (358.8, 1.00, 0.749, 0.066),
    4: (-1201, 0.50, 0.702, 0.841),
}


@pytest.mark.filterwarnings("ignore:.*spec.*")
@pytest.mark.parametrize("env_class", [NumpyRouterEnv, FastNumpyRouterEnv])
def test_gymnasium_accepts_it(env_class):
    check_env(env_class())


@pytest.mark.parametrize("env_class", [NumpyRouterEnv, FastNumpyRouterEnv])
@pytest.mark.parametrize("action", FIGURES)
def test_a_constant_strategy_earns_what_it_should(action, env_class):
    env = env_class()
    rewards, costs, qualities, violations = [], [], [], []
    for episode in range(12):
        env.reset(seed=episode)
        done, total, spent = False, 0.0, 0.0
        while not done:
            _, reward, terminated, truncated, info = env.step(action)
            total, spent = total + reward, spent + info["cost"]
            qualities.append(info["quality"])
            violations.append(info["sla_violated"])
            done = terminated or truncated
        rewards.append(total)
        costs.append(spent)
    reward, cost, quality, violation_rate = FIGURES[action]
    error = np.std(rewards, ddof=1) / np.sqrt(len(rewards))
    assert abs(np.mean(rewards) - reward) < 4.5 * error
    assert np.mean(costs) == pytest.approx(cost, abs=0.02)
    assert np.mean(qualities) == pytest.approx(quality, abs=0.01)
    assert np.mean(violations) == pytest.approx(violation_rate, abs=0.05)
