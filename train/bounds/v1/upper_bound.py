"""No policy of LLMRouter-v1 earns more than this, on average over episodes: models alone, and prices of what is scarce.

For any prices, at least 0, of tokens and requests of models with limits and of money,

    reward of any policy <= T E max_i (reward of i when idle - price of what it takes) + price of what there is

(docs/bounds.md has the proof). Mean values are taken over drawn prompts; the prices are found on other prompts than
they are judged on, so that they are not too good for their own.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from jax_router.simulator import reset_batch
from jax_router.v1.params import Params
from train.bounds.bound import CONFIDENCE, Bound, upper_end
from train.bounds.starts import even_starts, reading_error
from train.bounds.v1.prompts import Prompts, capacities, draw_prompts

NUM_FITTED, NUM_JUDGED = 2**14, 2**17
"""Prompts that prices are found on, and others that they are judged on."""
NUM_EPISODES = 256
"""Episodes whose length in s is measured, for each start."""
NUM_STARTS = 12
"""Times of day at which the bound is worked out."""
MAX_EVALUATIONS = 100
"""Prices that are tried for each start at most."""
SEED = 0
"""Of the drawn prompts."""


def upper_bound(
    params: Params,
    starts: np.ndarray | None = None,
    seconds: float = 60.0,
    progress: Callable[[int, float], None] | None = None,
) -> Bound:
    """The mean reward of an episode that no policy exceeds which does not see the hidden ease of prompts.

    Args:
        params: the routing problem.
        starts: (E,) days, the times of day at which the episodes start that a table is about; None: any time of day.
        seconds: for how long to look for prices, about, once prompts are drawn; less time gives a weaker bound, and
            never a wrong one.
        progress: is told the number of prices tried and the last value.
    """
    begun = time.monotonic()
    key = jax.random.key(SEED)
    fitted = draw_prompts(jax.random.fold_in(key, 0), params, NUM_FITTED)
    judged = draw_prompts(jax.random.fold_in(key, 1), params, NUM_JUDGED)
    durations = seconds_until_last(jax.random.fold_in(key, 2), params, even_starts(NUM_STARTS))
    by_start, errors, count = np.empty(NUM_STARTS), np.empty(NUM_STARTS), 0
    until = time.monotonic() + seconds
    for i, duration in enumerate(durations):
        capacity = capacities(params, float(duration))
        left = max(0.0, until - time.monotonic()) / (NUM_STARTS - i)
        prices, tried = _best_prices(fitted, capacity, int(params.episode_length), left)
        by_start[i], errors[i] = _value(judged, prices, capacity, params)
        count += tried
        if progress is not None:
            progress(count, float(by_start[: i + 1].mean()))
    # The same prompts are drawn for every start, so that their errors add up.
    return Bound(
        value=upper_end(by_start, np.zeros(NUM_STARTS), starts) + CONFIDENCE * float(errors.mean()),
        numerical_error=reading_error(by_start, starts),
        last_move=0.0,
        by_start=by_start,
        standard_errors=errors,
        prices=None,
        evaluations=count,
        seconds=time.monotonic() - begun,
    )


def seconds_until_last(key: jax.Array, params: Params, starts: np.ndarray) -> np.ndarray:
    """The mean time from the first prompt to the last, (M,) s, of episodes that start at times of day, (M,) days.

    No choice of models has an influence on it.
    """
    simulator, num_envs = params.simulator, len(starts) * NUM_EPISODES

    @jax.jit
    def run(key: jax.Array) -> jax.Array:
        state = reset_batch(key, num_envs, params)
        state = state.replace(time_of_day=jnp.repeat(jnp.asarray(starts, jnp.float32), NUM_EPISODES))

        def one_step(carry: tuple[object, jax.Array], t: jax.Array) -> tuple[tuple[object, jax.Array], None]:
            state, days = carry
            noise = simulator.draw_noise(jax.random.fold_in(key, t), params, (num_envs,))
            later, _ = jax.vmap(simulator.transition, in_axes=(0, None, 0, None))(state, jnp.int32(0), noise, params)
            passed = later.time_of_day - state.time_of_day  # type: ignore[attr-defined]
            return (later, days + passed - jnp.floor(passed)), None

        steps = jnp.arange(int(params.episode_length) - 1, dtype=jnp.int32)
        (_, days), _ = jax.lax.scan(one_step, (state, jnp.zeros(num_envs)), steps)
        return days

    days = np.asarray(run(key), np.float64).reshape(len(starts), NUM_EPISODES)
    return np.asarray(days.mean(1) * float(params.arrivals.day_seconds))


class _OutOfTime(Exception):
    """Raised through SciPy, which has no other way to stop within an iteration."""


def _best_prices(prompts: Prompts, capacity: np.ndarray, num_steps: int, seconds: float) -> tuple[np.ndarray, int]:
    """Prices that make the bound small, (R,), and how many were tried, at least one."""
    begun, count, best = time.monotonic(), 0, (np.inf, np.zeros(len(capacity)))

    def evaluate(prices: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal count, best
        if count and time.monotonic() - begun > seconds:
            raise _OutOfTime
        count += 1
        net = prompts.earned - prompts.taken @ prices
        choice = net.argmax(1)
        rows = np.arange(len(choice))
        value = num_steps * net[rows, choice].mean() + prices @ capacity
        best = min(best, (value, prices.copy()), key=lambda pair: pair[0])
        return value, capacity - num_steps * prompts.taken[rows, choice].mean(0)

    first = np.zeros(len(capacity))
    options = {"maxiter": MAX_EVALUATIONS, "maxfun": MAX_EVALUATIONS}
    with suppress(_OutOfTime):
        minimize(evaluate, first, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(first), options=options)
    return best[1], count


def _value(prompts: Prompts, prices: np.ndarray, capacity: np.ndarray, params: Params) -> tuple[float, float]:
    """The bound at these prices, and its standard error by the prompts that were drawn."""
    net = (prompts.earned - prompts.taken @ prices).max(1)
    num_steps = int(params.episode_length)
    # An episode that ends early earns nothing later, which is a gain where prompts are worth less than nothing.
    value = num_steps * max(0.0, float(net.mean())) + float(prices @ capacity)
    # Spending may exceed the budget by the last call: that one is left out of the accounts, at its whole worth.
    last_call = float(params.reward.quality_weight) if prices[-1] > 0 else 0.0
    return value + last_call, float(num_steps * net.std(ddof=1) / np.sqrt(len(net)))
