"""What follows of the deployments on offer: what is up, how many slots that makes, and what a prompt costs."""

import numpy as np
import pytest

from router_serving.gateway.decision import Deployment
from router_serving.gateway.observe import model_table
from router_serving.gateway.offer import make_offer
from tests.helpers.gateway import COSTS, an_origin

TABLE = model_table(an_origin(), {"large": 4.0, "medium": 2.0, "small": 3.0})
TWO = (Deployment("large-a", 0, 3e-6, 1e-6), Deployment("large-b", 0, 1e-6, 9e-6), Deployment("small-a", 2))


def test_deployments_of_a_model_add_up():
    offer = make_offer(TWO, TABLE, needs_prices=False)
    assert (offer.problem, offer.models) == (None, {0, 2})
    assert list(offer.up) == [2, 0, 1]
    assert list(offer.down) == [False, True, False]
    assert list(offer.slots) == [8.0, 2.0, 3.0]


@pytest.mark.parametrize(("tokens", "large"), [((1000.0, 10.0), 3.01e-3), ((10.0, 1000.0), 9.01e-3)])
def test_the_dearest_deployment_counts_and_the_policys_price_where_litellm_knows_none(tokens, large):
    costs = make_offer(TWO, TABLE, needs_prices=False).costs(*tokens)
    np.testing.assert_allclose(costs, [large, COSTS[1], COSTS[2]])


@pytest.mark.parametrize(
    ("deployments", "needs_prices", "problem"),
    [
        ((), False, "no deployment is up"),
        ((*TWO, Deployment("new", None)), False, "unknown deployment new"),
        (TWO, True, "no price of small-a"),
    ],
)
def test_problems(deployments, needs_prices, problem):
    assert make_offer(deployments, TABLE, needs_prices).problem == problem
