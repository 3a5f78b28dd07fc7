"""Distributions and functions on the nodes of a grid, changed in one direction only: up.

Between two nodes everything is taken to be a straight line. A convex function lies under its straight lines, so that a
distribution moved to the nodes (`node_weights`) has no smaller a mean of it; a function that is not convex is raised at
the nodes until the lines lie over it (`raised`).
"""

from collections.abc import Callable, Sequence

import numpy as np

SAMPLES_A_CELL = 64
"""Points between two nodes at which a function is compared with the straight line."""


def call_values(atoms: np.ndarray, strikes: np.ndarray) -> np.ndarray:
    """E max(0, X - strike), the shape of `strikes`, for an X that is each of the atoms, (A,), equally often."""
    rising = np.sort(atoms)
    # The sum of the atoms from position i on, for i in 0 .. A.
    sums = np.concatenate([np.cumsum(rising[::-1])[::-1], [0.0]])
    first = np.searchsorted(rising, strikes)
    return np.asarray((sums[first] - (len(rising) - first) * strikes) / len(rising))


def weights_from_calls(calls: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Weights of the nodes, (..., K), that keep E max(0, X - node), (..., K), of an X between the first and the last.

    They keep the mean, and every convex function's mean under them is at least that under X.
    """
    if len(nodes) == 1:
        return np.ones_like(calls)
    slopes = np.diff(calls, axis=-1) / np.diff(nodes)
    before = np.full_like(calls[..., :1], -1.0)
    return np.diff(np.concatenate([before, slopes, np.zeros_like(before)], axis=-1), axis=-1)


def node_weights(atoms: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Atoms, (A,), each as likely, moved to the nodes around them so that their mean stays: weights (K,)."""
    return weights_from_calls(call_values(atoms, nodes), nodes)


def interpolation(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A matrix (P, K) from values at the nodes to the straight lines' values at the points, level outside."""
    return np.stack([np.interp(points, nodes, row) for row in np.eye(len(nodes))], axis=-1)


def raised(function: Callable[[np.ndarray], np.ndarray], nodes: np.ndarray, kinks: Sequence[float] = ()) -> np.ndarray:
    """Values at the nodes, (..., K), whose straight lines lie over a function of (P,) points with values (..., P).

    The function is smooth but at the kinks. What lies between the points that are looked at is covered by a margin.
    """
    values = function(nodes)
    if len(nodes) == 1:
        return values
    left, right = nodes[:-1, None], nodes[1:, None]
    even = left + (right - left) * np.linspace(0, 1, SAMPLES_A_CELL + 1)
    points = np.concatenate([even, np.clip(np.array(kinks), left, right)], -1)
    share = (points - left) / (right - left)
    truth = function(points.ravel()).reshape(*values.shape[:-1], *points.shape)
    line = values[..., :-1, None] * (1 - share) + values[..., 1:, None] * share
    return values + (1 + 1 / SAMPLES_A_CELL) * of_both_cells((truth - line).max(-1))


def of_both_cells(excess: np.ndarray) -> np.ndarray:
    """The larger of what the cells on both sides of a node need, (..., K), from (..., K - 1), and at least 0."""
    edge = np.zeros_like(excess[..., :1])
    return np.asarray(np.maximum(np.concatenate([edge, excess], -1), np.concatenate([excess, edge], -1)))
