"""What moves to nodes moves up, and never down."""

import numpy as np
import pytest

from train.bounds.grids import interpolation, node_weights, raised
from train.bounds.queueing import drain, join


def uneven(rng, low, high, count):
    return np.unique([low, *np.sort(rng.uniform(low, high, count)), high])


def test_weights_of_nodes_keep_the_mean_and_raise_convex_means():
    rng = np.random.default_rng(0)
    atoms = rng.beta(2, 5, 1000)
    nodes = uneven(rng, atoms.min(), atoms.max(), 7)
    weights = node_weights(atoms, nodes)
    assert weights.min() > -1e-12
    np.testing.assert_allclose([weights.sum(), weights @ nodes], [1, atoms.mean()])
    for convex in (np.exp, np.square, lambda x: np.abs(x - 0.3)):
        assert weights @ convex(nodes) >= convex(atoms).mean()


def test_atoms_on_a_single_node():
    np.testing.assert_allclose(node_weights(np.full(5, 0.4), np.array([0.4])), [1])


def test_straight_lines_between_nodes():
    nodes = np.array([0.0, 1.0, 4.0])
    np.testing.assert_allclose(interpolation(nodes, np.array([-1.0, 0.25, 2.5, 9.0])) @ [8, 4, 10], [8, 7, 7, 10])


@pytest.mark.parametrize("function", [np.sin, np.cos, np.sqrt, lambda x: np.minimum(x, 1.7)])
def test_raised_lines_lie_over_the_function(function):
    rng = np.random.default_rng(1)
    nodes, points = uneven(rng, 0, 7, 9), rng.uniform(0, 7, 2000)
    over = np.interp(points, nodes, raised(function, nodes, kinks=[1.7])) - function(points)
    assert over.min() > -1e-12
    assert (np.interp(points, nodes, function(nodes)) < function(points) - 1e-3).any()  # which is why


DEPTHS = np.linspace(0, 10, 21)
SIZES = np.array([0.0, 0.4, 1.0, 2.5, 6.0])


def value_of_depths(rng):
    """Falling with any bends."""
    return -np.cumsum(rng.exponential(size=len(DEPTHS)))


def mean_after_drain(values, depth, low, high):
    shares = low + (high - low) * (np.arange(4000) + 0.5) / 4000
    return np.interp(depth[:, None] * shares, DEPTHS, values).mean(1)


def mean_after_join(values, depth, size):
    draws = -np.log1p(-(np.arange(20_000) + 0.5) / 20_000)
    return np.array([np.interp(d + s * draws, DEPTHS, values).mean() for d, s in zip(depth, size, strict=True)])


@pytest.mark.parametrize(("low", "high"), [(0.9, 0.98), (0.57, 0.57), (0.0, 1.0)])
def test_a_drain_is_exact_at_nodes_and_lies_over_the_mean_between(low, high):
    rng = np.random.default_rng(2)
    depth = rng.uniform(0, 10, 200)
    for _ in range(5):
        values = value_of_depths(rng)
        truth = mean_after_drain(values, depth, low, high)
        at_nodes = drain(DEPTHS, low, high, lifted=False)(values)
        np.testing.assert_allclose(at_nodes, mean_after_drain(values, DEPTHS, low, high), atol=2e-3)
        assert (np.interp(depth, DEPTHS, drain(DEPTHS, low, high, lifted=True)(values)) - truth).min() > -2e-3
    assert (np.interp(depth, DEPTHS, at_nodes) - truth).min() < -2e-2  # without the lift it does not


def test_a_join_is_exact_at_nodes_and_lies_over_the_mean_between():
    rng = np.random.default_rng(3)
    depth, size = rng.uniform(0, 10, 150), rng.uniform(0, 6, 150)
    plain, lifted = (join(DEPTHS, SIZES, lifted=lift) for lift in (False, True))
    for _ in range(5):
        values = value_of_depths(rng)
        at_nodes = plain(values).reshape(len(SIZES), -1)
        for row, node in zip(at_nodes, SIZES, strict=True):
            expected = mean_after_join(values, DEPTHS, np.full(len(DEPTHS), node))
            np.testing.assert_allclose(row, expected, atol=2e-3)
        truth = mean_after_join(values, depth, size)
        assert (bilinear(lifted(values), depth, size) - truth).min() > -2e-3
    assert (bilinear(plain(values), depth, size) - truth).min() < -2e-2


def bilinear(values, depth, size):
    table = values.reshape(len(SIZES), -1)
    return ((interpolation(SIZES, size) @ table) * interpolation(DEPTHS, depth)).sum(1)
