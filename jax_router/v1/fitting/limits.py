"""What an endpoint refuses: rate limits from the refusals of a log, outages from runs of its errors."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from jax_router.v1.fitting.estimate import Estimate

ENOUGH_REFUSALS = 50
"""Gaps between refusals that a rate limit is told from."""
LONGEST_GAP = 30.0
"""s between two refusals; a bucket that was empty at both ends has not been full in between."""
RUN = 3
"""Errors in a row, without an answer between them, that make an outage."""
LONGEST_OUTAGE = 86_400.0
"""s; what lasts longer is a model that was taken away."""


@dataclass(frozen=True)
class Limits:
    """Rate limits and outages of one endpoint; None: there is none, or nothing tells it."""

    rpm: Estimate | None
    tpm: Estimate | None
    mtbf: Estimate | None
    mttr: Estimate | None


def fit_limits(
    answered: np.ndarray, tokens: np.ndarray, refused: np.ndarray, errors: np.ndarray, span: float
) -> Limits:
    """Fit what one endpoint refuses.

    Args:
        answered: (R,) s, when its answered requests came, in their order.
        tokens: (R,) of their prompts and answers.
        refused: (F,) s, when a rate limit refused one.
        errors: (E,) s, when one failed otherwise.
        span: s that the log covers.
    """
    rpm, tpm = _buckets(answered, tokens, refused)
    mtbf, mttr = _outages(answered, errors, span)
    return Limits(rpm, tpm, mtbf, mttr)


def _buckets(answered: np.ndarray, tokens: np.ndarray, refused: np.ndarray) -> tuple[Estimate | None, Estimate | None]:
    """The limit that refuses, a minute: what is accepted between two refusals is what the bucket was refilled by."""
    gaps = np.diff(refused)
    usable = (gaps > 0) & (gaps <= LONGEST_GAP)
    if usable.sum() < ENOUGH_REFUSALS:
        return None, None
    sums = np.concatenate([[0.0], np.cumsum(tokens)])
    places = np.searchsorted(answered, refused)
    requests = np.diff(places)[usable]
    spent = np.diff(sums[places])[usable]
    seconds = gaps[usable]
    # Over stretches of several gaps, the one that the limit is about comes at a steadier pace.
    parts = np.array_split(np.arange(len(seconds)), min(20, len(seconds) // 10 + 1))
    paces = np.array([[requests[part].sum(), spent[part].sum()] / seconds[part].sum() * 60 for part in parts])
    means, spreads = paces.mean(0), paces.std(0)
    error = 1.96 * spreads / np.sqrt(len(paces))
    origin = f"log, {len(refused):,} refusals"
    which = int(np.argmin(spreads / np.maximum(means, 1e-9)))
    found = Estimate(float(max(means[which], 1.0)), origin, means[which] - error[which], means[which] + error[which])
    return (found, None) if which == 0 else (None, found)


def _outages(answered: np.ndarray, errors: np.ndarray, span: float) -> tuple[Estimate | None, Estimate | None]:
    """Mean time between outages and mean length of one, s.

    The environment draws both from exponential distributions, and their exact intervals hold from one outage on, where
    a bootstrap has nothing to draw from (Epstein and Sobel, 1953).
    """
    places = np.searchsorted(answered, errors)
    lengths = []
    for place in np.unique(places):
        run = errors[places == place]
        if len(run) >= RUN:
            until = answered[place] if place < len(answered) else run[-1]
            lengths.append(until - run[0])
    found = np.array([length for length in lengths if 0 < length < LONGEST_OUTAGE])
    if not len(found):
        return None, None
    count, origin = len(found), f"log, {len(found)} runs of errors"
    often, seldom = chi2.ppf([0.975, 0.025], [2 * count + 2, 2 * count])
    longer, shorter = chi2.ppf([0.025, 0.975], 2 * count)
    between = Estimate(span / count, origin, 2 * span / often, 2 * span / seldom)
    total = 2 * found.sum()
    return between, Estimate(float(found.mean()), origin, total / shorter, total / longer)
