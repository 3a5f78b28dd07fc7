"""What a prompt in a queue costs the later ones: a table that the bound's program knows already."""

import numpy as np

from train.bounds.problem import Prices, RelaxedProblem
from train.bounds.relaxation import stages

NUM_PARTS = 48
"""Parts of the day that the table tells apart."""
NEAR_THE_END = 120
"""Steps before the end of an episode that the table leaves out: nothing is lost later there."""


def queue_prices(problem: RelaxedProblem, prices: Prices, starts: np.ndarray, steps_per_day: float) -> np.ndarray:
    """The reward that a queue loses by a prompt, (H, N, S, Q), at times of day, sizes and depths, at least 0.

    It is the mean over the steps of all starts, (M,) days, that fall into a part of the day and are not the last of
    their episode. Parts that no such step falls into are read off their neighbours.
    """
    num_sizes, num_depths = len(problem.sizes), problem.wait.shape[1]
    total = np.zeros((NUM_PARTS, problem.num_models, num_sizes, num_depths))
    count = np.zeros(NUM_PARTS)
    before_the_end = problem.num_steps - min(NEAR_THE_END, problem.num_steps // 5)
    for stage in stages(problem, prices):
        if stage.step >= before_the_end:
            continue
        parts = (np.mod(starts + stage.step / steps_per_day, 1.0) * NUM_PARTS).astype(int)
        np.add.at(total, parts, stage.kept[:, :, None] - stage.joined)
        np.add.at(count, parts, 1)
    known = np.flatnonzero(count)
    means = total[known] / count[known][:, None, None, None]
    around = np.concatenate([known - NUM_PARTS, known, known + NUM_PARTS])
    lines = np.stack([np.interp(np.arange(NUM_PARTS), around, np.tile(row, 3)) for row in np.eye(len(known))], -1)
    return np.maximum(np.einsum("hk,knsq->hnsq", lines, means), 0.0)
