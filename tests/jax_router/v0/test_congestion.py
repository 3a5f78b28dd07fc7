"""Queues: they slow their model down, grow by what is routed to them, and drain."""

import numpy as np
import pytest

from jax_router.v0.congestion import Congestion, arrivals, latency_factor, next_queues

CONGESTION = Congestion(
    *map(np.float32, (2.0, 3.0, 0.5, 0.75, 40.0, 1.0))  # slowdown, arrivals, drain low and high, cap, length weight
)


@pytest.mark.parametrize(("depth", "factor"), [(0, 1), (10, 1.5), (40, 3)])
def test_a_queue_slows_its_model_down(depth, factor):
    assert latency_factor(np.float32(depth), CONGESTION) == factor


@pytest.mark.parametrize(("length_weight", "expected"), [(1.0, 3 * 0.5 * 1.2 * 2.5), (0.0, 3 * 0.5 * 1.2)])
def test_arrivals_scale_with_load_and_length(length_weight, expected):
    congestion = CONGESTION.replace(length_weight=np.float32(length_weight))
    joined = arrivals(np.float32(0.5), np.float32(1.2), np.float32(2.5), congestion)
    np.testing.assert_allclose(joined, expected, rtol=1e-6)


def test_the_chosen_queue_grows_to_the_cap_and_then_all_drain():
    """The cap comes before the drain: a full queue is left with its share of 40, not of 35 + 9."""
    queues, uniform = np.float32([8, 35, 0]), np.float32([0, 0.5, 1])
    kept = np.array([0.5, 0.625, 0.75])
    after = [next_queues(queues, np.int32(a), np.float32(9), uniform, CONGESTION) for a in range(3)]
    np.testing.assert_allclose(after[0], kept * [17, 35, 0], rtol=1e-6)
    np.testing.assert_allclose(after[1], kept * [8, 40, 0], rtol=1e-6)
    np.testing.assert_allclose(after[2], kept * [8, 35, 9], rtol=1e-6)
