"""The searches over candidates: what a candidate scores does not depend on those beside it."""

import jax
import numpy as np

from jax_router import make_params
from jax_router.strategies import mixture
from jax_router.tuning import attempts, joined

SHARES = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0.2, 0.2, 0.3, 0.3]], np.float32)


def test_candidates_score_the_same_in_any_company():
    attempt = attempts(jax.random.key(0), make_params(episode_length=8), mixture, 4, (3, 5))
    together, apart = attempt(SHARES), joined(attempt(SHARES[:1]), attempt(SHARES[1:]))
    np.testing.assert_array_equal(together.candidates, apart.candidates)
    np.testing.assert_allclose(together.reward, apart.reward, rtol=1e-6)
    assert together.reward.shape == (4,)
    assert together.means.model_share.shape == (4, 5)
    np.testing.assert_array_equal(together.best, SHARES[np.argmax(together.reward)])


def test_all_calls_share_one_program_which_is_traced_once():
    made = []

    def make_policy(numbers):
        made.append(numbers.shape)
        return mixture(numbers)

    attempt = attempts(jax.random.key(0), make_params(episode_length=8), make_policy, 4, (3, 5))
    attempt(SHARES)
    attempt(SHARES[:2])
    assert made == [(5,)]
