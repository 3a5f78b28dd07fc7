"""Random fleets: what is drawn, absent models, and many fleets as one environment."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import v0, v1
from jax_router.fleets_env import FleetsRouter
from jax_router.problems import Problems
from jax_router.rollout import run_episodes
from jax_router.strategies import constant
from jax_router.v1.random_fleets import FEWEST, MOST, random_problems


def test_fleets_follow_from_the_seed_and_lie_in_their_ranges():
    drawn = random_problems(3, 40)
    sizes = {len(models) for models, _ in drawn}
    assert sizes == set(range(FEWEST, MOST + 1))
    for models, params in drawn:
        load = float(params.arrivals.rate) / float(np.asarray(params.engines.sustained).sum())
        assert 0.35 <= load <= 0.9 / 0.5 + 1e-6  # up to twice as much where half of the time is a pause
        assert all(0.55 <= model.quality_score <= 0.96 for model in models)
        assert len({model.fallback for model in models}) == 1
    assert random_problems(3, 2)[1][0] == drawn[1][0]
    assert random_problems(4, 1)[0][0] != drawn[0][0]
    with_pauses = [float(params.arrivals.pause_prob) for _, params in drawn]
    assert 0 < np.mean(np.array(with_pauses) > 0) < 0.6


def test_absent_models_change_nothing_for_the_others(key):
    params = v1.make_params(episode_length=200)
    wide = v1.random_fleets.padded(params, 8)

    @partial(jax.jit, static_argnums=1)
    def always(model, num_episodes, params):
        return run_episodes(key, constant(model), num_episodes, params)

    for model in (0, 4):
        here, there = always(model, 4, params), always(model, 64, wide)
        # Chance is drawn for eight models, so that other prompts come; what is refused goes to the same model.
        assert abs(float(there.quality.mean()) - float(here.quality.mean())) < 0.05
    absent, fallback = always(7, 64, wide), always(int(params.fleet.fallback[0]), 64, wide)
    penalty = 200 * float(params.reward.refusal_penalty)
    assert float(absent.reward.mean()) == pytest.approx(float(fallback.reward.mean()) - penalty, abs=25)
    with pytest.raises(ValueError, match="num_models is 3; this fleet has 5 models"):
        v1.random_fleets.padded(params, 3)


def test_many_fleets_are_one_environment(key):
    problems = Problems.of([params for _, params in random_problems(0, 6)])
    env = FleetsRouter(problems)
    num_models = env.num_actions
    assert num_models == max(len(models) for models, _ in random_problems(0, 6))
    observation, state = jax.vmap(env.reset, in_axes=(0, None))(jax.random.split(key, 64), problems)
    assert observation.shape == (64, 9 * num_models + 5)
    rows = np.asarray(observation)[:, : 9 * num_models].reshape(64, num_models, 9)
    present = np.asarray(state.present)
    assert (rows[~present] == 0).all()
    assert (rows[present][:, v1.observation.FEATURES.index("ttft")] > 0).all()
    assert len(np.unique(np.asarray(state.params.arrivals.rate))) > 1
    stepped = jax.vmap(env.step, in_axes=(0, 0, 0, None))(
        jax.random.split(key, 64), state, jnp.zeros(64, jnp.int32), problems
    )
    np.testing.assert_array_equal(stepped[1].params.arrivals.rate, state.params.arrivals.rate)
    assert (np.asarray(stepped[0])[:, : 9 * num_models].reshape(64, num_models, 9)[~present] == 0).all()
    assert set(stepped[5]) >= {"terminated", "truncated", "final_observation", "cost", "refused"}


def test_a_world_without_absent_models_is_refused():
    with pytest.raises(ValueError, match="LLMRouter-v0, whose models cannot be absent"):
        Problems.of([v0.make_params()])
    with pytest.raises(ValueError, match="problems is empty"):
        Problems.of([])
