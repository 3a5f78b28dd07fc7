"""How fast an endpoint is: iteration time, prefill rate, overhead, jitter and slots, by robust regression.

Each of a request's tokens takes W, H more for everyone who decodes meanwhile, and 1 / P for each prompt token that is
prefilled meanwhile: three numbers, and the log counts what they are multiplied with.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from jax_router.v1.fitting.estimate import Estimate, block_bootstrap, blocks_of, prior
from jax_router.v1.fitting.inflight import Company, Requests, company

CHUNK = 2048.0
"""Prompt tokens of an iteration, which no log tells: `max_num_batched_tokens` of vLLM."""
MOST_ROWS = 20_000
"""Requests that a regression takes; more would make it slower and no better."""
MANY_SLOTS = 1000.0
USUAL = {
    **{"step_time": 0.015, "step_time_per_sequence": 0.0, "prefill_rate": 20_000.0, "overhead": 0.3, "jitter": 0.3},
    **{"slots": MANY_SLOTS},
}
"""Priors for what the log cannot tell: a hosted model of medium size."""
CROWDED = 0.5
"""Others inside, on average, from which on they tell how fast prompts are read."""
FASTEST = 1e6
"""Prompt tokens/s, the highest rate that a fit may have."""
ENOUGH = 100
"""Requests that tell the overhead: those with the fewest in front of them."""
ALONE = 0.2
"""Others in front of them, on average, up to which they tell it: behind a queue, it cannot be told from waiting."""
LONGER = 1.25
"""How many times as long the usual request has to wait as the calmest ones do, where there is a queue."""
STEADY = 0.2
"""How far batches may differ, over their median, while W and H are told by their sum alone."""
FEWEST_CALM = 20
"""Of those, in a bootstrap sample that counts."""
SATURATED = 100
"""Requests that have to have met a full endpoint before its slots are told."""


def fit_speed(requests: Requests, with_ttft: bool, given: Mapping[str, float]) -> dict[str, Estimate]:
    """Fit the numbers of one endpoint.

    Args:
        requests: that it answered; where the log has no time of the first token, `first` is the start.
        with_ttft: whether the log has it.
        given: numbers of the price file, which are not fitted; `slots` and `chunk` may be among them.

    Returns:
        step_time, step_time_per_sequence, prefill_rate, overhead, jitter and slots.
    """
    beside = company(requests)
    chunk = given.get("chunk", CHUNK)
    calm = _calm(beside, with_ttft)
    decoding = _with_company(requests) & (requests.completion_tokens >= 4)
    chosen = np.union1d(_thinned(decoding, MOST_ROWS), _thinned(calm, MOST_ROWS // 4))
    names = ("step_time", "step_time_per_sequence", "prefill_rate", "overhead", "jitter")

    def numbers(rows: np.ndarray) -> np.ndarray:
        if calm[rows].sum() < FEWEST_CALM:
            return np.full(len(names), np.nan)
        if with_ttft:
            return _with_ttft(requests, beside, rows[decoding[rows]], rows[calm[rows]], chunk)
        return _without(requests, beside, rows[calm[rows]])

    values = numbers(chosen)
    drawn = chosen[:: max(1, len(chosen) // 5000)]
    low, high = block_bootstrap(blocks_of(requests.start[drawn]), lambda rows: numbers(drawn[rows]), resamples=40)
    seen = f"log, {len(requests):,} requests"
    fitted = {n: Estimate(v, seen, *ends) for n, v, *ends in zip(names, values, low, high, strict=True)}
    fitted |= _only_together(fitted, beside)
    if with_ttft and _always_waits(requests, beside, calm, fitted["prefill_rate"].value):
        why = "nearly every request met a queue"
        overhead = min(USUAL["overhead"], fitted["overhead"].value)
        fitted |= {"overhead": prior(overhead, why), "jitter": prior(USUAL["jitter"], why)}
    if not with_ttft:
        fitted["jitter"] = prior(0.0, "the log has no time of the first token")
    fitted["slots"] = _slots(beside, with_ttft)
    return fitted


def _calm(beside: Company, with_ttft: bool) -> np.ndarray:
    """Which requests met nobody in front of them, as far as the log can tell, (R,) bool."""
    ahead = beside.inside - beside.decoding if with_ttft else beside.inside
    wanted = ENOUGH if with_ttft else max(3 * ENOUGH, len(ahead) // 5)
    enough = np.sort(ahead)[min(wanted, len(ahead) - 1)]  # as few ahead as that many requests had
    calm = ahead <= enough
    calmer = calm & (beside.inside <= np.quantile(beside.inside[calm], 0.5))
    return calmer if calmer.sum() >= wanted else calm


def _with_company(requests: Requests) -> np.ndarray:
    """Which requests, (R,) bool, have ended before the log does: of the others, the log lacks who came meanwhile.

    A handful of them would tell W from H by batches that only seem to be small.
    """
    ended = requests.end <= requests.start[-1]
    return ended if ended.mean() >= 0.5 else np.ones(len(requests), bool)


def _only_together(fitted: Mapping[str, Estimate], beside: Company) -> dict[str, Estimate]:
    """W and H again, with that said, where the same number decoded all the time: then the log has their sum alone."""
    low, usual, high = np.quantile(beside.batch, [0.05, 0.5, 0.95])
    if usual < 2 or high - low > STEADY * usual:
        return {}
    why = f"with {usual:.0f} in nearly every batch, of which only W + {usual:.0f} H is sure"
    names = ("step_time", "step_time_per_sequence")
    return {name: replace(fitted[name], origin=f"{fitted[name].origin}, {why}") for name in names}


def _always_waits(requests: Requests, beside: Company, calm: np.ndarray, prefill_rate: float) -> bool:
    """Whether even the calmest requests had others in front of them, and waited because of that.

    Others without a first token are a queue, or just as early on their way: then nobody waits longer for more of them.
    """
    ahead = beside.inside - beside.decoding
    if ahead[calm].mean() <= ALONE:
        return False
    waited = requests.first - requests.start - requests.prompt_tokens / prefill_rate
    return bool(np.median(waited) > LONGER * np.median(waited[calm]))


def _thinned(mask: np.ndarray, most: int) -> np.ndarray:
    """Rows of a mask, evenly thinned out to about so many."""
    rows = np.flatnonzero(mask)
    return rows[:: max(1, len(rows) // most)]


def _with_ttft(requests: Requests, beside: Company, rows: np.ndarray, calm: np.ndarray, chunk: float) -> np.ndarray:
    step, each, prefill = _decoding(requests, beside, rows)
    prompt, decoding = requests.prompt_tokens[calm], beside.decoding[calm]
    iteration = step + each * decoding
    around = iteration * (np.maximum(1.0, prompt / chunk) + 0.5 * np.minimum(1, decoding))
    waited = (requests.first - requests.start)[calm] - around
    # With others around, what their prompts take from an answer tells the rate best; a hosted model shows none of it.
    own = prefill if beside.inside.mean() >= CROWDED else max(_slope(prompt, waited), 0.0)
    own = max(own, 1 / FASTEST)
    spread = waited - own * prompt
    overhead, jitter = max(float(np.median(spread)), 0.0), 0.0
    if overhead > 1e-3:
        ratio = np.log(np.maximum(spread, 1e-3 * overhead) / overhead)
        # The iteration that is under way is anywhere between its beginning and its end.
        under_way = float(((iteration * np.minimum(1, decoding)) ** 2).mean()) / 12 / overhead**2
        variance = float(np.subtract(*np.percentile(ratio, [75, 25])) / 1.349) ** 2
        jitter = float(np.sqrt(max(variance - under_way, 0.0)))
    return np.array([step, each, 1 / own, overhead, min(jitter, 3.0)])


def _decoding(requests: Requests, beside: Company, rows: np.ndarray) -> tuple[float, float, float]:
    """W and H, s, and the s that a prompt token of others takes: by what came between first and last token."""
    own = requests.completion_tokens[rows] - 1
    design = np.stack([own, own * beside.batch[rows], beside.prefill[rows]], axis=-1)
    found = _robust(design, (requests.end - requests.first)[rows])
    return float(found[0]), float(found[1]), float(found[2])


def _without(requests: Requests, beside: Company, rows: np.ndarray) -> np.ndarray:
    """All of it from whole latencies: a prompt's own prefill counts like that of others."""
    rows = rows[requests.completion_tokens[rows] >= 4]
    own = requests.completion_tokens[rows]
    prompt = requests.prompt_tokens[rows]
    design = np.stack([own, own * beside.batch[rows], beside.prefill[rows] + prompt, np.ones(len(rows))], axis=-1)
    found = _robust(design, (requests.end - requests.start)[rows])
    return np.array([found[0], found[1], 1 / max(found[2], 1 / FASTEST), found[3], 0.0])


def _robust(design: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Coefficients of at least 0, (K,), of what `seconds`, (R,), consist of, by Huber's loss."""
    norm = np.maximum(np.abs(design).mean(0), 1e-12)
    rows = design / norm
    start = np.maximum(np.linalg.lstsq(rows, seconds, rcond=None)[0], 1e-9)
    spread = max(float(np.median(np.abs(seconds - rows @ start))), 1e-9)
    found = least_squares(
        lambda x: rows @ x - seconds, start, jac=lambda x: rows, bounds=(0, np.inf), loss="huber", f_scale=2 * spread
    )
    return np.maximum(found.x / norm, [1e-6, *[0.0] * (len(norm) - 1)])


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of a straight line that leaves out a tenth at either end of what is left over at first."""
    slope = float(np.polyfit(x, y, 1)[0]) if np.ptp(x) > 0 else 0.0
    rest = y - slope * x
    low, high = np.quantile(rest, [0.1, 0.9])
    kept = (rest >= low) & (rest <= high)
    return float(np.polyfit(x[kept], y[kept], 1)[0]) if np.ptp(x[kept]) > 0 else slope


def _slots(beside: Company, with_ttft: bool) -> Estimate:
    """The most that decode at once, where many came while that many did and more were waiting."""
    most = int(beside.inside.max(initial=0)) + 1
    if not with_ttft:
        return prior(max(MANY_SLOTS, most), "the log has no time of the first token")
    decoding = float(np.quantile(beside.decoding, 0.999))
    full = beside.inside > 1.2 * decoding + 1
    if full.sum() >= SATURATED and np.median(beside.decoding[full]) >= 0.85 * decoding:
        met = beside.decoding[full]
        return Estimate(decoding, f"log, {full.sum():,} requests met a queue", float(np.median(met)), float(met.max()))
    return prior(max(MANY_SLOTS, most), f"the log never shows them all taken; at most {most} were inside at once")
