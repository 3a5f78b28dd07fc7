"""The index policy of LLMRouter-v0: made from the bound's program in seconds, and learned from nothing."""

import jax.numpy as jnp
import numpy as np

from jax_router.internal.tables import load_at
from jax_router.v0.params import Params
from router_serving.index_policy import IndexTables
from train.bounds.index import NUM_PARTS, queue_prices
from train.bounds.minimise import search_prices
from train.bounds.problem import Prices, carried
from train.bounds.starts import even_starts
from train.bounds.v0.discretise import Resolution, discretise
from train.bounds.v0.rewards import answer_reward, wait_reward
from train.bounds.v0.upper_bound import SEARCH

TABLE = Resolution(depths=51, complexities=16, sizes=7, required=3)
"""Where the queues' prices are worked out."""
NUM_STARTS = 4
"""Times of day at which prices are searched for."""
NUM_EVALUATIONS = 16
"""Prices that the search tries: more changes the policy by less than chance shows."""
NUM_COMPLEXITIES = 129
NUM_DEPTHS = 129
"""Points at which the mean rewards of answers and waits are kept."""
MEAN_DEVIATIONS = np.linspace(-3, 3, 61)
"""Of the required quality, which no observation shows: rewards are means over it."""


def index_tables(params: Params, seconds: float = 10.0, prices: Prices | None = None) -> tuple[IndexTables, float]:
    """The tables of a routing problem, float32, and the price of money that they hold for, reward per USD.

    Args:
        params: the routing problem.
        seconds: for how long to search for prices, where they are not given; a longer search than about 10 s on two
            cores changes nothing.
        prices: of a bound (`Bound.prices`), for `even_starts` of their number.
    """
    num_starts = NUM_STARTS if prices is None else len(prices.money)
    starts = even_starts(num_starts)
    coarse = discretise(params, starts, SEARCH, lifted=False)
    if prices is None:
        prices, _ = search_prices(coarse, seconds, NUM_EVALUATIONS)
    problem = discretise(params, starts, TABLE, lifted=False)
    by_queue = queue_prices(problem, carried(prices, coarse, problem), starts, float(params.steps_per_day))
    models = range(params.num_models)
    depths = np.linspace(0, float(params.congestion.max_queue_depth), NUM_DEPTHS)
    times = jnp.asarray(even_starts(NUM_PARTS), jnp.float32)
    joining, weight = float(params.congestion.arrival_mean), float(params.congestion.length_weight)
    tables = IndexTables(
        answer=np.stack([_answers(params, model) for model in models]),
        wait=np.stack([wait_reward(params, model, depths) for model in models]),
        costs=np.asarray(params.fleet.cost_per_call),
        load=np.asarray(load_at(times, params.traffic.load)),
        size=joining * np.array([1 - weight, weight / float(params.traffic.mean_length)]),
        sizes=problem.sizes,
        queue_price=by_queue,
    )
    return IndexTables(*(np.asarray(table, np.float32) for table in tables)), float(prices.money.mean())


def _answers(params: Params, model: int) -> np.ndarray:
    """Mean rewards of a model's answers at even complexities, (C,), over the required quality."""
    complexity = np.linspace(0, 1, NUM_COMPLEXITIES)[:, None]
    required = np.clip(0.5 + 0.4 * complexity + 0.05 * MEAN_DEVIATIONS, 0.0, 1.0)
    weights = np.exp(-(MEAN_DEVIATIONS**2) / 2)
    return np.asarray(answer_reward(params, model, complexity, required) @ weights / weights.sum())
