"""The layout says where `observe` puts each number, and what it divided it by."""

import numpy as np
import pytest

from jax_router import DEFAULT_MODELS, make_params, reset
from jax_router.simulator import observation_size
from jax_router.v0 import observation


@pytest.mark.parametrize("num_models", [1, 2, 5])
def test_every_number_stands_where_the_layout_says(key, num_models):
    params = make_params(models=DEFAULT_MODELS[:num_models], max_queue_depth=20, budget=3)
    seen, state = reset(key, params)
    state = state.replace(budget_remaining=np.float32(1.5))
    seen = observation.observe(state, params)
    raw = seen * np.array(observation.scales(params), np.float32)
    assert raw[observation.LENGTH] == state.prompt.length
    assert raw[observation.COMPLEXITY] == state.prompt.complexity
    np.testing.assert_allclose(raw[observation.queues(num_models)], state.queue_depths, rtol=1e-6)
    for model in range(num_models):
        assert raw[observation.queue(model)] == pytest.approx(state.queue_depths[model])
    assert raw[observation.time_of_day(num_models)] == state.time_of_day
    assert raw[observation.budget(num_models)] == pytest.approx(1.5)


@pytest.mark.parametrize("num_models", [1, 5, 12])
def test_every_number_has_one_place_and_a_name(num_models):
    places = [observation.LENGTH, observation.COMPLEXITY, *map(observation.queue, range(num_models))]
    places += [observation.time_of_day(num_models), observation.budget(num_models)]
    assert sorted(places) == list(range(observation.size(num_models)))
    names = observation.names([f"model {i}" for i in range(num_models)])
    assert len(names) == len(set(names)) == observation.size(num_models)
    assert [names[place] for place in places[:3]] == ["length", "complexity", "queue of model 0"]
    assert [names[place] for place in places[-2:]] == ["time of day", "budget"]


def test_its_size_is_told_without_observing():
    assert observation_size(make_params()) == observation.size(5) == 9
