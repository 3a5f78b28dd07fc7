"""A policy whose models stand in another order prefers the same models for the same prompts."""

import numpy as np
import pytest

from jax_router import v1
from router_serving.policy import policy_from_arrays
from train.agents.export import origin_of
from train.agents.reorder import in_order
from train.agents.strategies import suited

NAMES = tuple(model.name for model in v1.DEFAULT_MODELS)
MOVED = tuple(sorted(NAMES, reverse=True))
DRAWS = np.random.default_rng(0)


def a_policy():
    size = v1.observation.size(5)
    layers = [(DRAWS.normal(size=shape), DRAWS.normal(size=shape[1])) for shape in ((size, 16), (16, 5))]
    origin = origin_of(v1.make_params(), "default", NAMES)
    return policy_from_arrays(origin, layers, DRAWS.normal(size=size), DRAWS.uniform(0.5, 2.0, size), "tanh")


def test_models_in_another_order_are_preferred_alike():
    policy = a_policy()
    moved = in_order(policy, MOVED, v1.observation.names(MOVED))
    assert moved.model_names == MOVED
    seen = DRAWS.uniform(size=(50, 50)).astype(np.float32)
    places = [policy.origin.observation.index(name) for name in moved.origin.observation]
    models = [NAMES.index(name) for name in MOVED]
    np.testing.assert_allclose(moved.logits(seen[:, places]), policy.logits(seen)[:, models], rtol=1e-4, atol=1e-5)


def test_it_is_done_wherever_the_models_of_a_problem_are_the_same():
    models = tuple(next(m for m in v1.DEFAULT_MODELS if m.name == name) for name in MOVED)
    assert suited(a_policy(), MOVED, v1.make_params(models=models)).model_names == MOVED


def test_other_models_are_refused():
    with pytest.raises(ValueError, match=r"the policy routes to .*; not to other, "):
        in_order(a_policy(), ("other", *MOVED[1:]), v1.observation.names(MOVED))
