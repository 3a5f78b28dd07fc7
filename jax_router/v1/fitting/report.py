"""The report of a fit: what was read, every number with its interval, and real beside simulated."""

from collections.abc import Iterator

from jax_router.v1.fitting.calendar import HOURS, WEEKDAYS
from jax_router.v1.fitting.document import Block, Heading, Items, Paragraph, Picture, Table
from jax_router.v1.fitting.estimate import Estimate
from jax_router.v1.fitting.fit import FittedProblem
from jax_router.v1.fitting.heldout import HeldOut, verdict
from jax_router.v1.fitting.pictures import PICTURES
from jax_router.v1.fitting.problem_file import UNITS

LARGE = 1000
"""Numbers from here on are shown as whole ones."""


def report_of(fitted: FittedProblem, held_out: HeldOut, log_name: str) -> list[Block]:
    """The blocks of the report."""
    return [
        Heading(f"A simulator fitted to {log_name}", 1),
        Paragraph(verdict(held_out, fitted)),
        Heading("What was read"),
        Paragraph(_read(fitted)),
        *_dropped(fitted),
        *([Items(fitted.remarks)] if fitted.remarks else []),
        Heading("Real beside simulated"),
        Paragraph(
            f"On the last fifth of the log's time, {len(fitted.held_out):,} requests to which nothing was fitted. "
            "Arrivals and tokens are drawn from the fitted process and tables; cost, latency and time to first token "
            "are those of the log's own requests, routed as the log routed them."
        ),
        *(Picture(file, text) for file, text in PICTURES.items()),
        Table([["", "quantity", "real", "simulated", "error", "95 % of simulations as long"], *_compared(held_out)]),
        Heading("What was fitted"),
        Table([["", "number", "value", "95 % interval", "unit", "where it is from"], *_numbers(fitted)]),
        *_calendar(fitted),
        *_quality(fitted),
    ]


def _read(fitted: FittedProblem) -> str:
    log = fitted.fitted
    return (
        f"{log.format}: {len(log) + len(fitted.held_out):,} answered requests to {len(log.models)} models in "
        f"{(fitted.held_out.seconds[-1] - log.seconds[0]) / 3600:,.1f} h. Prompts, answers, keys and metadata were not "
        "read, but for the code of an error."
    )


def _dropped(fitted: FittedProblem) -> Iterator[Block]:
    if fitted.fitted.dropped:
        yield Table([["left out", "rows"], *([why, f"{n:,}"] for why, n in fitted.fitted.dropped.items())])


def _compared(held_out: HeldOut) -> Iterator[list[str]]:
    for row in held_out.rows:
        ends = "" if row.range is None else "{:,.4g} to {:,.4g}".format(*row.range)
        yield [row.about, row.what, f"{row.real:,.4g}", f"{row.simulated:,.4g}", f"{row.error:+.1%}", ends]


def _numbers(fitted: FittedProblem) -> Iterator[list[str]]:
    arrivals = fitted.arrivals
    shown: dict[str, Estimate] = {**arrivals.numbers, "patience": fitted.patience}
    for name, estimate in shown.items():
        yield _number("traffic", name, estimate, UNITS.get(name, ""))
    yield _number("traffic", "relative variance of the rate", arrivals.variance, "")
    yield _number("traffic", "memory of the rate", arrivals.memory, "s")
    for process, likelihood in arrivals.likelihood.items():
        yield [
            "traffic",
            f"held-out log-likelihood, {process}",
            f"{likelihood:.3f}",
            "",
            "nats",
            "log, held-out counts",
        ]
    for model, numbers in fitted.models.items():
        for name, value in numbers.items():
            if isinstance(value, Estimate):
                yield _number(model, name, value, UNITS.get(name, ""))
            else:
                yield [model, name, value, "", "", "price file"]


def _number(about: str, name: str, estimate: Estimate, unit: str) -> list[str]:
    shown = "{:,.0f} to {:,.0f}" if abs(estimate.value) >= LARGE else "{:.4g} to {:.4g}"
    interval = "" if estimate.interval is None else shown.format(*estimate.interval)
    value = f"{estimate.value:,.0f}" if abs(estimate.value) >= LARGE else f"{estimate.value:.4g}"
    return [about, name, value, interval, unit, estimate.origin]


def _calendar(fitted: FittedProblem) -> Iterator[Block]:
    arrivals = fitted.arrivals
    hours = [f"{hour:02d} h" for hour in range(HOURS)]
    for title, profile, names, why in (
        ("The day", arrivals.day, hours, "the log is shorter than two days and a half."),
        (
            "The week",
            arrivals.week,
            WEEKDAYS,
            "the log has no two weeks to fit, or its days differ by no more than chance.",
        ),
    ):
        yield Heading(title, 3)
        if profile.is_flat:
            yield Paragraph(f"All the same (prior): {why}")
            continue
        yield Table(
            [
                ["UTC", "load over its mean", "95 % interval"],
                *(
                    [name, f"{value:.3f}", f"{low:.3f} to {high:.3f}"]
                    for name, value, low, high in zip(names, profile.load, profile.low, profile.high, strict=True)
                ),
            ]
        )


def _quality(fitted: FittedProblem) -> Iterator[Block]:
    quality = fitted.quality
    if quality is None:
        return
    yield Heading("Share of good answers")
    yield Paragraph(
        f"From the {quality.origin}; beta {quality.beta.value:.2f} ({quality.beta.in_words()}). A log has the answers "
        "of the model that its router chose: where it chose by difficulty, these shares are biased."
    )
    header = ["category", "share of prompts", *fitted.models]
    rows = [
        [
            category,
            f"{quality.weights[k]:.1%}",
            *(
                f"{quality.share_good[k, m]:.3f} ({quality.low[k, m]:.3f} to {quality.high[k, m]:.3f}, "
                f"{quality.prompts[k, m]:,.0f} prompts)"
                for m in range(len(fitted.models))
            ),
        ]
        for k, category in enumerate(quality.categories)
    ]
    yield Table([header, *rows])
