"""Mean quality from score and complexity."""

import numpy as np
import pytest

from jax_router.v0.quality import Difficulty, mean_quality

DEFAULT = Difficulty(np.float32(-1.0), np.float32(6.7))
REFERENCE = Difficulty(np.float32(0.5), np.float32(0.5))


@pytest.mark.parametrize(
    ("difficulty", "complexity", "gap"),
    [(DEFAULT, 0.0, 0.0), (DEFAULT, 0.149, 0.0), (DEFAULT, 0.5, 2.35), (REFERENCE, 0.0, 0.5), (REFERENCE, 1.0, 1.0)],
)
def test_the_gap_between_models_grows_with_complexity(difficulty, complexity, gap):
    scores = np.float32([0.7, 0.95, 1.0])
    quality = mean_quality(scores, np.float32(complexity), difficulty)
    np.testing.assert_allclose(quality, 1 - (1 - scores) * gap, rtol=1e-6)
