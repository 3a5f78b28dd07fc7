"""Strategies with numbers to choose, and the search that chooses them: many candidates on the same episodes at once."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jax_router.episodes import Episodes
from jax_router.internal.checks import check_whole_number
from jax_router.internal.constants import compiled
from jax_router.policy import Policy
from jax_router.rollout import run_episodes
from jax_router.simulator import AnyParams
from jax_router.strategies import mixture

BLOCK = 128
"""The most candidates under one `vmap`; more do not fit the cache."""

SMALLEST_SHARE = 1e-3
"""The smallest share of a model in a mixture, unless it is 0.

A search over some thousand prompts hardly ever sends one to a model with a smaller share, and so misses its cost.
"""


@dataclass(frozen=True)
class Tuned:
    """The best of the candidates that a search tried, and all of them."""

    candidates: np.ndarray
    """(C, M) float32, the M numbers of each candidate."""
    reward: np.ndarray
    """(C,) float32, the mean reward of each over the search's episodes."""
    means: Episodes
    """Means over the search's episodes, fields (C, ...) NumPy."""

    @property
    def best(self) -> np.ndarray:
        """(M,) float32, the numbers of the best candidate."""
        return self.candidates[int(np.argmax(self.reward))]


def best_mixture(key: jax.Array, params: AnyParams, num_episodes: int = 32, num_rounds: int = 4) -> Tuned:
    """Search the simplex for the shares of the best mixture of the N models; candidates are (C, N) shares.

    The first round tries every model, every pair in steps of a tenth, and random mixtures; each further round tries
    mixtures ever closer to the best so far.

    Args:
        key: a JAX random key; the episodes of the search follow from it.
        params: the routing problem.
        num_episodes: the number of episodes that each candidate runs through.
        num_rounds: the number of rounds, each of 256 candidates or more.

    Raises:
        ValueError: a number of episodes or rounds that is not a whole number of at least 1.
    """
    num_rounds = check_whole_number("num_rounds", num_rounds, at_least=1)
    generator = np.random.default_rng(0)  # picks the candidates; the episodes follow from `key`
    n = params.num_models
    corners = np.eye(n)
    pairs = [
        share * corners[i] + (1 - share) * corners[j]
        for i in range(n)
        for j in range(i)
        for share in np.arange(0.1, 1, 0.1)
    ]
    anywhere = generator.dirichlet(np.full(n, 0.5), 256)
    candidates = _without_the_least(np.array([*corners, *pairs, *anywhere]))
    attempt = attempts(key, params, mixture, num_episodes, (BLOCK, n))
    tuned = attempt(candidates)
    for round_number in range(1, num_rounds):
        step = 0.3 * 0.4**round_number
        around = tuned.best + step * generator.normal(size=(256, n))
        around = _without_the_least(np.maximum(around, 0) + 1e-9)
        tuned = joined(tuned, attempt(around))
    return tuned


def attempts(
    key: jax.Array,
    params: AnyParams,
    make_policy: Callable[[jax.Array], Policy],
    num_episodes: int,
    block: tuple[int, int],
) -> Callable[[np.ndarray], Tuned]:
    """Return a function that runs candidates, (C, M) float32, through episodes that are the same in every call.

    All calls share one compiled program, which is the same for other parameters of these shapes.

    Args:
        key: a JAX random key, from which all candidates get the same random numbers.
        params: the routing problem.
        make_policy: a function from the numbers of a candidate, (M,) float32, to its policy.
        num_episodes: the number of episodes that each candidate runs through.
        block: how many candidates run side by side, and M.

    Raises:
        ValueError: a number of episodes that is not a whole number of at least 1.
    """
    num_episodes = check_whole_number("num_episodes", num_episodes, at_least=1)

    def means(numbers: jax.Array, key: jax.Array, params: AnyParams) -> Episodes:
        episodes = run_episodes(key, make_policy(numbers), num_episodes, params)
        return jax.tree.map(lambda rows: rows.mean(0, dtype=jnp.float32), episodes)

    example = jax.ShapeDtypeStruct(block, jnp.float32)
    program = compiled(jax.vmap(means, (0, None, None)), example, key, params)

    def attempt(candidates: np.ndarray) -> Tuned:
        filled = -(-len(candidates) // block[0]) * block[0]
        padded = np.concatenate([candidates, np.repeat(candidates[-1:], filled - len(candidates), axis=0)])
        parts = [program(part, key, params) for part in np.split(padded, filled // block[0])]
        results = jax.tree.map(lambda *rows: np.concatenate(rows)[: len(candidates)], *parts)
        return Tuned(candidates, results.reward, results)

    return attempt


def _without_the_least(weights: np.ndarray) -> np.ndarray:
    """Turn weights (C, N) into shares, float32, that sum to 1; each is 0 or at least `SMALLEST_SHARE`."""
    shares = weights / weights.sum(-1, keepdims=True)
    shares = np.where(shares < SMALLEST_SHARE, 0.0, shares)
    return np.asarray(shares / shares.sum(-1, keepdims=True), np.float32)


def joined(first: Tuned, second: Tuned) -> Tuned:
    """All candidates of two searches over the same episodes."""

    def stacked(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.concatenate([a, b])

    return Tuned(
        stacked(first.candidates, second.candidates),
        stacked(first.reward, second.reward),
        jax.tree.map(stacked, first.means, second.means),
    )
