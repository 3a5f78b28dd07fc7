"""The index policy of a routing problem: as the policy that serves, and as a strategy of the simulator."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jax_router import versions
from jax_router.policy import AnyPolicy
from jax_router.simulator import AnyParams
from router_serving.index_policy import IndexPolicy, IndexTables
from router_serving.pacing import Plan, make_plan
from router_serving.policy import Origin
from train.agents.export import REHEARSAL_STREAM, rehearse
from train.agents.paced import Paced, smallest_budget_of
from train.agents.strategies import index_strategy, plan_for, table_preferences
from train.algorithm.config import Problem
from train.bounds.known import bounds_of

NAME = "index policy"
"""What tables call it; where it is paced, they say so."""
SECONDS = 10.0
"""For how long to search for its prices at most."""
PRICE_RANGE = 20.0
"""Prices of a plan go from that of the tables over this number to that times this number."""


def index_strategies(params: AnyParams, seconds: float = SECONDS) -> dict[str, AnyPolicy]:
    """Return the index policy by its name, with a pacer where a budget binds; nothing where no such policy is known."""
    bounds = bounds_of(params)
    if bounds is None or bounds.index_tables is None:
        return {}
    tables, price = bounds.index_tables(params, seconds)
    # A pacer refuses a budget that even the cheapest model exceeds.
    if price == 0 or float(params.budget) < smallest_budget_of(params):
        return {NAME: index_strategy(tables, price)}
    plan = plan_for(_plan(tables, price, params), params)
    return {f"{NAME}, paced": Paced(table_preferences(tables), plan, params)}


def make_index_policy(params: Any, origin: Origin, seconds: float = SECONDS) -> IndexPolicy:
    """Return the index policy as it serves, with a plan for every budget, which takes some seconds more.

    Raises `ValueError` where no index policy is known for the environment.
    """
    bounds = bounds_of(params)
    if bounds is None or bounds.index_tables is None:
        raise ValueError(f"no index policy is known for {params.simulator.name}")
    tables, price = bounds.index_tables(params, seconds)
    costs = np.array(versions.of(params).budgeting.mean_costs(params), np.float32)
    return IndexPolicy(origin, _plan(tables, price, params), costs, tables, price)


def _plan(tables: IndexTables, price: float, params: AnyParams) -> Plan:
    lowest, highest = (price / PRICE_RANGE, price * PRICE_RANGE) if price else (Problem.min_price, Problem.max_price)
    key = jax.random.fold_in(jax.random.key(0), REHEARSAL_STREAM)
    preferred: Callable[[jax.Array], jax.Array] = table_preferences(tables)
    prices, cost = rehearse(preferred, params, lowest, highest, key)
    budgeting = versions.of(params).budgeting
    load = np.asarray(budgeting.load(params))
    return make_plan(prices, cost, load, float(budgeting.prompts_per_day(params)))
