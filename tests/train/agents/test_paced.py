"""A paced policy in the simulator: it spends its budget and not a cent more."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params, run_episodes
from router_serving.pacing import make_plan
from train.agents.export import rehearse
from train.agents.paced import Paced, smallest_budget_of
from train.agents.strategies import plan_for

COSTS = jnp.array([0.03, 0.003, 0.015, 0.001, 0.0005], jnp.float32)


@jax.vmap
def by_price(observation: jax.Array) -> jax.Array:
    """Preferences of a made-up policy: what a model's quality is worth, less its cost at the price."""
    quality = jnp.array([0.95, 0.82, 0.90, 0.75, 0.70], jnp.float32)
    return observation[1] * quality - jnp.exp(observation[-1]) * COSTS


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("budget", [0.11, 0.3, 1.0])
def test_a_paced_policy_spends_its_budget_and_not_a_cent_more(key, budget: float, by_time: bool) -> None:
    params = make_params(episode_length=200, budget=budget, load_amplitude=0)
    measured = rehearse(by_price, params, 0.3, 3000, jax.random.key(5))
    plan = make_plan(*measured, np.asarray(params.traffic.load), float(params.steps_per_day))
    policy = Paced(by_price, plan_for(plan, params), params, by_time)
    episodes = jax.jit(lambda key: run_episodes(key, policy, 16, params))(key)
    assert (episodes.cost <= budget * (1 + 1e-5)).all()
    assert episodes.cost.min() > 0.97 * budget
    assert episodes.length.min() >= (190 if by_time else 200)


def test_a_budget_that_the_cheapest_model_exceeds_is_refused() -> None:
    plan = plan_for(make_plan(np.ones(2), np.ones((2, 1)), np.ones(1), 1.0), make_params())
    with pytest.raises(ValueError, match=r"budget is 0\.4 USD; 1000 prompts cost 0\.5 USD at the cheapest model"):
        Paced(by_price, plan, make_params(budget=0.4))
    Paced(by_price, plan, make_params(budget=0.5))
    assert smallest_budget_of(make_params()) == pytest.approx(0.5)
