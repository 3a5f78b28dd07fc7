"""The rules of this environment with numbers to choose, and the searches that choose them."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.policy import Policy
from jax_router.tuning import BLOCK, Tuned, attempts, joined
from jax_router.v1.params import Params
from jax_router.v1.strategies import greedy_less_prices, ladder

TUNED_RULE = "greedy less prices, tuned"
"""The name of the strongest of the tuned rules."""
TUNED_LADDER = "ladder, tuned"

SPREADS = (0.6, 0.3, 0.15)
"""How far the later rounds of a search for prices look around the best so far, standard deviations of a logarithm."""
USUAL_PRICES = (0.30, 3.58, 0.27)
"""Prices that do well in the `default` scenario; searches look around them, too."""
CANDIDATES = 32
"""The candidates of each round of a search for prices."""


def tuned_rules(key: jax.Array, params: Params, num_episodes: int) -> dict[str, Policy]:
    """The ladder and the greedy rule with prices, tuned on `num_episodes` episodes for each candidate, by name."""
    steps = best_ladder(key, params, num_episodes).best
    prices = best_prices(key, params, num_episodes).best
    return {
        TUNED_LADDER: ladder(params, jnp.asarray(steps[:-1]), float(steps[-1])),
        TUNED_RULE: greedy_less_prices(params, jnp.asarray(prices)),
    }


def rule_at(params: Params, numbers: jax.Array) -> Policy:
    """The rule `TUNED_RULE` with these prices, (3,) float32."""
    return greedy_less_prices(params, numbers)


def best_prices(key: jax.Array, params: Params, num_episodes: int = 32) -> Tuned:
    """Search the prices of `greedy_less_prices`; candidates are (C, 3), the three numbers it takes.

    The first round has no prices, the usual ones and some drawn over wide ranges; later ones are ever closer to the
    best so far.

    Args:
        key: a JAX random key; the episodes of the search follow from it.
        params: the routing problem.
        num_episodes: that each candidate runs through.
    """
    return search_prices(attempts(key, params, partial(rule_at, params), num_episodes, (CANDIDATES, 3)))


def search_prices(attempt: Callable[[np.ndarray], Tuned]) -> Tuned:
    """Search for prices in rounds of candidates, (C, 3) float32, each of which `attempt` tries out."""
    generator = np.random.default_rng(0)  # where to look; the luck of the episodes is the attempt's
    tuned = attempt(_first_prices(generator))
    for spread in SPREADS:
        tuned = joined(tuned, attempt(_prices_around(generator, tuned.best, spread)))
    return tuned


def _first_prices(generator: np.random.Generator) -> np.ndarray:
    """No prices, the usual ones, and some drawn over wide ranges, (CANDIDATES, 3) float32."""
    wide = np.stack(
        [
            np.exp(generator.uniform(np.log(0.03), np.log(3.0), CANDIDATES - 2)),
            generator.uniform(0.2, 8, CANDIDATES - 2),
            np.exp(generator.uniform(np.log(0.03), np.log(3.0), CANDIDATES - 2)),
        ],
        axis=-1,
    )
    return np.array([(0, 0, 0), USUAL_PRICES, *wide], np.float32)


def _prices_around(generator: np.random.Generator, best: np.ndarray, spread: float) -> np.ndarray:
    """Prices near the best so far, (CANDIDATES, 3) float32."""
    return (best * np.exp(generator.normal(0, spread, (CANDIDATES, 3)))).astype(np.float32)


def best_ladder(key: jax.Array, params: Params, num_episodes: int = 32) -> Tuned:
    """Search the numbers of `ladder`; candidates are (C, N + 1), the thresholds and the fullest share.

    Args:
        key: a JAX random key; the episodes of the search follow from it.
        params: the routing problem.
        num_episodes: that each candidate runs through.
    """
    generator = np.random.default_rng(0)

    def rule(numbers: jax.Array) -> Policy:
        return ladder(params, numbers[:-1], numbers[-1])

    def clipped(candidates: np.ndarray) -> np.ndarray:
        return np.clip(candidates, 0.0, [*[1.0] * params.num_models, 2.0]).astype(np.float32)

    shape = (BLOCK, params.num_models + 1)
    attempt = attempts(key, params, rule, num_episodes, shape)
    lowest, highest = [*[0.0] * params.num_models, 0.6], [*[0.8] * params.num_models, 1.2]
    tuned = attempt(clipped(generator.uniform(lowest, highest, shape)))
    for spread in (0.12, 0.05):
        tuned = joined(tuned, attempt(clipped(tuned.best + generator.normal(0, spread, shape))))
    return tuned
