"""Pictures of a fit: arrivals, tokens and latencies, the real ones of the held-out part beside the simulated."""

import io
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from jax_router.v1.fitting.arrivals import WINDOWS, counts_in, dispersion
from jax_router.v1.fitting.calendar import DAY
from jax_router.v1.fitting.fit import FittedProblem, came
from jax_router.v1.fitting.heldout import HeldOut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REAL, SIMULATED = "#444444", "#3f51b5"
"""Colours of the log and of the simulator."""


def draw(fitted: FittedProblem, held_out: HeldOut) -> dict[str, bytes]:
    """The pictures of `PICTURES` as PNGs, by the names of their files."""
    import matplotlib

    matplotlib.use("Agg")
    return {
        "arrivals.png": _figure([partial(_rate, fitted, held_out), partial(_bursts, fitted, held_out)]),
        "tokens.png": _figure([partial(_tokens, fitted, held_out, which) for which in (0, 1)]),
        "latency.png": _figure([partial(_latency, held_out, ttft) for ttft in (False, True)]),
    }


PICTURES = {
    "arrivals.png": "The rate of prompts over the held-out part, and the index of dispersion over window lengths",
    "tokens.png": "The distributions of prompts and of answers",
    "latency.png": "Quantiles of latency and of time to first token of each model",
}
"""What each of them shows."""


def _figure(panels: list[Callable[[Any], None]]) -> bytes:
    from matplotlib import pyplot

    figure, places = pyplot.subplots(1, len(panels), figsize=(10, 3.4), layout="constrained")
    for axes, panel in zip(places, panels, strict=True):
        panel(axes)
        axes.spines[["top", "right"]].set_visible(False)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    pyplot.close(figure)
    return buffer.getvalue()


def _rate(fitted: FittedProblem, held_out: HeldOut, axes: "Axes") -> None:
    """Of the held-out part and of one simulation of its hours; over hours, or over minutes where there are few."""
    real, simulated = came(fitted.held_out), held_out.simulated_times[0]
    name, step = ("hour", 3600.0) if real[-1] - real[0] >= DAY / 2 else ("minute", 60.0)
    for seconds, colour, label in ((real, REAL, "real"), (simulated, SIMULATED, "simulated")):
        axes.plot(counts_in(seconds, step) / step, color=colour, label=label)
    axes.set(xlabel=f"{name} of the held-out part", ylabel="prompts/s", ylim=(0, None))


def _bursts(fitted: FittedProblem, held_out: HeldOut, axes: "Axes") -> None:
    real = came(fitted.held_out)
    windows = [int(window) for window in (*WINDOWS, 120, 300) if window <= (real[-1] - real[0]) / 10]
    for parts, colour, name in (((real,), REAL, "real"), (held_out.simulated_times, SIMULATED, "simulated")):
        counts = [counts_in(part, 1.0) for part in parts]
        means = [np.mean([dispersion(one, window) for one in counts]) for window in windows]
        axes.plot(windows, means, "o-", color=colour, label=name)
    axes.set(xlabel="window, s", ylabel="index of dispersion", xscale="log", yscale="log")


def _tokens(fitted: FittedProblem, held_out: HeldOut, which: int, axes: "Axes") -> None:
    log = fitted.held_out
    shares = np.linspace(0, 1, 200)
    both = (
        ((log.prompt_tokens, log.completion_tokens)[which], REAL, "real"),
        (
            held_out.simulated_tokens[which],
            SIMULATED,
            "simulated",
        ),
    )
    for tokens, colour, name in both:
        if np.isfinite(tokens).all():
            axes.plot(np.maximum(np.quantile(tokens, shares), 1), shares, color=colour, label=name)
    axes.set(xlabel=f"{('prompt', 'answer')[which]}, tokens", ylabel="share that is shorter", xscale="log")


def _latency(held_out: HeldOut, ttft: bool, axes: "Axes") -> None:
    axes.set(xlabel=f"real {'time to first token' if ttft else 'latency'}, s", ylabel="simulated, s")
    if held_out.replay is None or held_out.played is None:
        return
    log, outcome = held_out.replay.log, held_out.played.outcome
    real, simulated = (log.ttft, outcome.ttft) if ttft else (log.latency, outcome.latency)
    shares = np.linspace(0.01, 0.99, 99)
    lowest, highest = np.inf, 0.0
    for m, name in enumerate(log.models):
        rows = (log.model == m) & np.isfinite(real) & ~np.asarray(outcome.lost)
        if rows.sum() >= 20:
            axes.plot(np.quantile(real[rows], shares), np.quantile(simulated[rows], shares), label=name)
            lowest = min(lowest, float(np.quantile(real[rows], 0.01)))
            highest = max(highest, float(np.quantile(real[rows], 0.99)))
    if highest:
        axes.plot([lowest, highest], [lowest, highest], ":", color=REAL)
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_formatter("")  # a range of less than a decade would have a crowd of them
