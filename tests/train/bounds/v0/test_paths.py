"""What paths show that every policy loses is no more than the best choices lose that know the path."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from jax_router.v0 import ModelConfig, make_params
from train.bounds.minimise import first_prices
from train.bounds.paths import least_losses, worth_of_serving
from train.bounds.starts import even_starts
from train.bounds.v0.discretise import Resolution, discretise
from train.bounds.v0.paths import draw_paths

MODELS = [
    ModelConfig("good", 0.01, 0.6, 0.2, 0.9),
    ModelConfig("fast", 0.02, 0.3, 0.1, 0.8),
    ModelConfig("slow", 0.001, 0.9, 0.3, 0.85),
]
NUM_STEPS, NUM_STARTS, NUM_PATHS = 6, 2, 5


@pytest.fixture(scope="module")
def setting():
    params = make_params(
        "rush_hour", MODELS, episode_length=NUM_STEPS, steps_per_day=12.0, arrival_mean=12.0, drain_low=0.8, budget=9.0
    )
    starts = even_starts(NUM_STARTS)
    problem = discretise(params, starts, Resolution(81, 8, 4), lifted=True)
    paths = draw_paths(np.random.default_rng(0), params, starts, problem, NUM_PATHS)
    return problem, first_prices(problem), paths


def least_loss_of_all_choices(problem, worth, paths, start, path):
    """By trying every sequence of models from the first depths on."""
    depths = np.linspace(0, 50, worth.shape[-1])
    least = np.inf
    for choices in product(range(problem.num_models), repeat=NUM_STEPS):
        queues, loss = paths.first_depths[start, path].copy(), 0.0
        for step, choice in enumerate(choices):
            table = worth[step, start, path]
            here = np.array([np.interp(depth, depths, row) for depth, row in zip(queues, table, strict=True)])
            loss += np.maximum(here, 0).sum() - here[choice]
            queues[choice] = min(queues[choice] + paths.joining[step, start, path], 50)
            queues = queues * paths.kept[step, start, path]
        least = min(least, loss)
    return least


def test_no_path_proves_more_than_its_best_choices_lose(setting):
    problem, prices, paths = setting
    proved = least_losses(problem, prices, paths, seconds=np.inf, max_evaluations=60)
    worth, _ = worth_of_serving(problem, prices, paths)
    truth = np.array(
        [
            [least_loss_of_all_choices(problem, worth, paths, start, path) for path in range(NUM_PATHS)]
            for start in range(NUM_STARTS)
        ]
    )
    assert (proved <= truth + 1e-4).all()
    assert proved.mean() > 0.5 * truth.mean() > 0.05


def test_a_search_that_is_not_long_proves_something_less(setting):
    problem, prices, paths = setting
    short, long = (least_losses(problem, prices, paths, 60.0, count) for count in (2, 40))
    assert short.min() >= 0
    assert short.mean() < long.mean()


def test_running_dry_is_no_way_around_the_losses_but_at_the_cost_of_the_calls(setting):
    """With a budget that a few calls spend, an episode may end, and less is proved."""
    problem, prices, paths = setting
    tight = replace(problem, budget=0.03)
    assert tight.can_run_dry
    free = least_losses(problem, prices, paths, 60.0, 20)
    limited = least_losses(tight, prices, paths, 60.0, 20)
    assert (limited <= free + 1e-9).all()
    assert limited.mean() < free.mean()


def test_paths_have_the_chance_of_the_problem():
    params = make_params("rush_hour", episode_length=200, steps_per_day=400.0)
    starts = even_starts(2)
    problem = discretise(params, starts, Resolution(21, 8, 6), lifted=False)
    paths = draw_paths(np.random.default_rng(0), params, starts, problem, 200)
    np.testing.assert_allclose(paths.kinds.sum(-1), 1)
    np.testing.assert_allclose(paths.kinds.mean((0, 1, 2)), problem.kind_weights, atol=0.02)
    np.testing.assert_allclose(
        (paths.sizes @ problem.sizes).mean(2), problem.size_weights.swapaxes(0, 1) @ problem.sizes, rtol=0.3
    )
    np.testing.assert_allclose(paths.joining.mean(), (problem.size_weights @ problem.sizes).mean(), rtol=0.02)
    assert paths.kept.min() >= float(params.congestion.drain_low)
