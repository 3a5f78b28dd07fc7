"""What a queue's drain and a prompt that joins it do to the value of its depth.

Values are given at evenly spaced depths and are straight lines between them, that is: sums of hinges max(0, y - node).
A mean of a hinge over the drain or over the join is a convex function of the depth, so that its own straight lines lie
over it. A hinge with a negative weight (where the value bends down) needs a lift: `Operator.lift` holds the largest
distance between line and function in the cells around each node. The lines of what an operator returns therefore lie
over the mean of the lines that it is given, everywhere and not only at the nodes.
"""

from dataclasses import dataclass

import numpy as np

from train.bounds.grids import of_both_cells

SAMPLES = 12
"""Points of a cell, in each direction, at which a hinge's mean is compared with its straight line."""
MARGIN = 1 + 1 / SAMPLES
"""It covers what lies between those points."""


@dataclass(frozen=True)
class Operator:
    """A mean over chance of values at nodes, (..., K), at every new node, (..., R), and what lies over it."""

    mean: np.ndarray
    """(R, K)."""
    lift: np.ndarray | None = None
    """(R, K), at least 0, for each unit by which the value bends down at a node; None where nothing needs it."""
    spacing: float = 1.0
    """Between two nodes."""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Values at the new nodes, (..., R), whose straight lines lie over the mean."""
        mean = values @ self.mean.T
        return mean if self.lift is None else mean + self._bends_down(values) @ self.lift.T

    def _bends_down(self, values: np.ndarray) -> np.ndarray:
        """How much the slope falls at each node, (..., K), at least 0; outside the nodes the value is level."""
        slopes = np.diff(values, axis=-1) / self.spacing
        inner = slopes[..., :-1] - slopes[..., 1:]
        # Queues are never under the first node, so that there is no bend there; they are capped at the last.
        bends = np.concatenate([np.zeros_like(slopes[..., :1]), inner, slopes[..., -1:]], axis=-1)
        return np.maximum(bends, 0.0)


def drain(depths: np.ndarray, low: float, high: float, lifted: bool) -> Operator:
    """To the mean value of `depth * D`, D ~ Uniform(low, high), of even depths (K,) from 0, requests."""

    at_nodes = _drained_hinge(depths[:, None], depths, low, high)
    lift = None
    if lifted:
        left = depths[:-1, None, None]
        even = left + depths[1] * np.linspace(0, 1, SAMPLES + 1)[:, None] + np.zeros_like(depths)
        # A hinge's mean changes its form where the least or the greatest share of the depth reaches the node.
        forms = [np.clip(depths / max(share, 1e-9), left, left + depths[1]) for share in (low, high)]
        points = np.concatenate([even, *forms], axis=1)  # (K - 1, P, K): cells, points, hinges
        share = (points - left) / depths[1]
        line = at_nodes[:-1, None] * (1 - share) + at_nodes[1:, None] * share
        lift = MARGIN * of_both_cells((line - _drained_hinge(points, depths, low, high)).max(1).T).T
    return Operator(_means(at_nodes, depths), lift, depths[1])


def join(depths: np.ndarray, sizes: np.ndarray, lifted: bool) -> Operator:
    """To the mean value of `min(depth + size * E, deepest)`, E ~ Exponential(1); rows are (size, depth), S times K.

    Args:
        depths: (K,), even, from 0, requests; the last is the deepest.
        sizes: (S,) rising, requests.
        lifted: whether the straight lines, in the depth and in the size, shall lie over the mean.
    """
    hinges = _joined_hinge(depths[:, None] - depths, sizes[:, None, None])  # (S, K, K)
    mean = _means(hinges, depths).reshape(-1, len(depths))
    if not lifted:
        return Operator(mean, None, depths[1])
    # A hinge's mean depends on how far the node lies above the depth alone: as many cells as differences.
    steps = np.arange(-(len(depths) - 1), len(depths) + 1)
    cells = _cell_distances(depths[1] * steps, sizes)  # (S - 1, 2K - 1), of [depth - node, depth - node + spacing]
    lift = MARGIN * of_both_cells(of_both_cells(cells).T).T  # (S, 2K): at a depth `steps` above the node
    index = np.arange(len(depths))
    per_node = lift[:, index[:, None] - index + len(depths) - 1]
    return Operator(mean, per_node.reshape(-1, len(depths)), depths[1])


def _means(hinges: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """From the means of all hinges, (..., K), to the weight that each node's value has in the mean, (..., K)."""
    slopes = np.diff(hinges, axis=-1) / np.diff(depths)
    # Level beyond the last node, and at least the first: the mean of 1 is 1.
    before = np.full_like(slopes[..., :1], -1.0)
    return np.diff(np.concatenate([before, slopes, np.zeros_like(before)], axis=-1), axis=-1)


def _drained_hinge(depth: np.ndarray, node: np.ndarray, low: float, high: float) -> np.ndarray:
    """E max(0, depth * D - node)."""
    lowest, highest = depth * low, depth * high
    width = np.where(highest > lowest, highest - lowest, 1.0)
    partly = np.maximum(highest - node, 0.0) ** 2 / (2 * width)
    return np.where(node <= lowest, (lowest + highest) / 2 - node, partly)


def _joined_hinge(over: np.ndarray, size: np.ndarray) -> np.ndarray:
    """E max(0, over + size * E), where the depth lies `over` above the node (below it where negative)."""
    below = np.minimum(over, 0.0)
    safe = np.where(size > 0, size, 1.0)
    return np.where(over >= 0, over + size, np.where(size > 0, safe * np.exp(below / safe), 0.0))


def _cell_distances(overs: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The largest distance of the bilinear function through the corners over a hinge's mean, for each cell.

    Cells are (S - 1, L - 1) for sizes (S,) and distances `overs` (L,) of the depth above the hinge's node.
    """
    share = np.linspace(0, 1, SAMPLES + 1)
    corners = _joined_hinge(overs, sizes[:, None])
    over = overs[:-1, None] + np.diff(overs)[:, None] * share  # (L - 1, P)
    size = sizes[:-1, None] + np.diff(sizes)[:, None] * share  # (S - 1, P)
    truth = _joined_hinge(over[None, :, None, :], size[:, None, :, None])
    in_size = corners[:-1, None] * (1 - share[:, None]) + corners[1:, None] * share[:, None]  # (S - 1, P, L)
    line = in_size[:, :, :-1, None] * (1 - share) + in_size[:, :, 1:, None] * share  # (S - 1, P, L - 1, P)
    return np.asarray(np.maximum(line.transpose(0, 2, 1, 3) - truth, 0.0).max((2, 3)))
