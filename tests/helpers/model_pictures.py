"""The command `python -m tests.helpers.model_pictures`: the closed forms of LLMRouter-v1 beside the exact engine.

It draws the three pictures of docs/dynamics-v1.md into docs/images/, over older ones; the same code gives the same
pictures. It takes half a minute.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from jax_router.v1 import ModelConfig
from jax_router.v1.lengths import CONV
from tests.helpers.regimes import MODELS, Requests, cox, exact, make_requests, on_off, poisson, routed, tabled
from train.pictures.style import BLUE, GREY, LIGHT_GREY, VERMILLION, in_house_style, new_figure, save

IMAGES = Path(__file__).parents[2] / "docs" / "images"
STEADY = replace(MODELS["llama-8b"], mtbf=None)
LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LIMIT_LOADS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
EXACT, OURS = "exact engine", "closed form"


@dataclass(frozen=True)
class Pair:
    """The same R requests through both."""

    requests: Requests
    exact_latency: np.ndarray  # (R,) s, NaN where refused
    latency: np.ndarray  # (R,) s, likewise
    exact_ttft: np.ndarray  # (R,) s, likewise
    ttft: np.ndarray  # (R,) s, likewise
    exact_refused: np.ndarray  # (R,) bool
    refused: np.ndarray  # (R,) bool
    down: np.ndarray  # (R,) s, how long the outage still was


def both(model: ModelConfig, arrivals: Callable[..., np.ndarray], load: float, size: int = 12_000) -> Pair:
    """Requests with the lengths of the conversation trace through the exact engine and the environment."""
    requests = make_requests(model, tabled(CONV), arrivals, load, size)
    outcome, down = routed([model], requests)
    served = exact(model, requests, down=down[:, 0])
    latency, ttft = (np.where(outcome.lost, np.nan, values) for values in (outcome.latency, outcome.ttft))
    return Pair(
        requests, served.latency, latency, served.ttft, ttft, served.refused, np.asarray(outcome.refused), down[:, 0]
    )


@in_house_style
def draw_load() -> Figure:
    """Latency and time to first token by load, their means and 95th percentiles."""
    pairs = [both(STEADY, poisson, load) for load in LOADS]
    figure = new_figure(4.2, "The closed form follows the exact engine up to saturation")
    panels = figure.subplots(1, 2)
    for axes, kind, title in (
        (panels[0], "latency", "latency, s"),
        (panels[1], "ttft", "time to first token, s (logarithmic)"),
    ):
        theirs, ours = ([getattr(pair, f"{prefix}{kind}") for pair in pairs] for prefix in ("exact_", ""))
        for measure, name, style in (
            (np.nanmean, "mean", "-"),
            (lambda x: np.nanpercentile(x, 95), "95th percentile", "--"),
        ):
            axes.plot(LOADS, [measure(x) for x in ours], color=BLUE, linestyle=style, label=f"{OURS}, {name}")
            axes.plot(LOADS, [measure(x) for x in theirs], "o", color=VERMILLION, markersize=5)
        axes.set_title(title)
        axes.set_xlabel("load (1: saturation)")
        axes.grid(True)
    panels[1].set_yscale("log")
    panels[1].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels[1].yaxis.set_major_formatter("{x:g}")
    panels[1].yaxis.set_minor_formatter("")
    panels[0].plot([], [], "o", color=VERMILLION, markersize=5, label=EXACT)
    panels[0].set_ylim(0, 24)
    panels[0].legend(loc="upper left", fontsize=10)
    return figure


@in_house_style
def draw_bursts() -> Figure:
    """Latency prompt by prompt: traffic that is on and off, and traffic whose rate wanders."""
    figure = new_figure(6.2, "Prompt by prompt, queues build up and drain as in the exact engine")
    top, bottom = figure.subplots(2, 1)
    _draw_prompts(top, both(STEADY, on_off, 0.7, 6000), start=600, span=240)
    top.set_title("on for 20 s, off for 40 s, load 0.7 on average: latency, s")
    _draw_prompts(bottom, both(STEADY, cox(0.5), 0.7, 6000), start=300, span=240)
    bottom.set_title("a rate that wanders (Cox process), load 0.7 on average: latency, s")
    bottom.set_xlabel("time, s")
    top.legend(loc="upper left", fontsize=10, markerscale=2)
    return figure


@in_house_style
def draw_outages() -> Figure:
    """Latency around outages, and the share of refused prompts at a rate limit."""
    failing = both(replace(MODELS["llama-8b"], mtbf=120, mttr=20), poisson, 0.7, 6000)
    figure = new_figure(6.6, "Outages and rate limits refuse as many prompts as in the exact engine")
    top, bottom = figure.subplots(2, 1)
    _draw_prompts(top, failing, start=200, span=300)
    for seconds, left in zip(failing.requests.seconds, failing.down, strict=True):
        if left > 0:
            top.axvspan(seconds, seconds + left, color=LIGHT_GREY, linewidth=0, zorder=0)
    top.set_title("latency, s, of the prompts that were accepted; grey: outages, all prompts are refused")
    top.set_xlabel("time, s")
    top.legend(loc="upper left", fontsize=10, markerscale=2)
    limited = replace(STEADY, tpm=300_000)
    pairs = [both(limited, poisson, load, 6000) for load in LIMIT_LOADS]
    bottom.plot(LIMIT_LOADS, [100 * pair.refused.mean() for pair in pairs], color=BLUE, label=OURS)
    shares = [100 * pair.exact_refused.mean() for pair in pairs]
    bottom.plot(LIMIT_LOADS, shares, "o", color=VERMILLION, markersize=5, label=EXACT)
    bottom.set_title("refused at a limit of 300,000 tokens a minute, % of the prompts")
    bottom.set_xlabel("load, share of what the endpoint sustains without the limit")
    bottom.grid(True)
    bottom.legend(loc="upper left", fontsize=10)
    return figure


def _draw_prompts(axes: Axes, pair: Pair, start: float, span: float) -> None:
    """Draw the latencies of the prompts of some seconds, as dots."""
    inside = (pair.requests.seconds >= start) & (pair.requests.seconds < start + span)
    seconds = pair.requests.seconds[inside]
    axes.plot(seconds, pair.exact_latency[inside], "o", color=VERMILLION, markersize=3.5, label=EXACT)
    axes.plot(seconds, pair.latency[inside], ".", color=BLUE, markersize=3, label=OURS)
    axes.set_xlim(start, start + span)
    axes.set_ylim(0, 1.25 * np.nanmax(pair.exact_latency[inside]))
    axes.grid(True, color=GREY, alpha=0.2)


def main() -> None:
    """Draw all three."""
    for name, draw in (("load", draw_load), ("bursts", draw_bursts), ("outages", draw_outages)):
        path = IMAGES / f"v1_{name}.png"
        save(draw(), [path])
        print(f"written: {path}")


if __name__ == "__main__":
    main()
