"""A report as one HTML page that needs nothing else: tables, and plots as SVG."""

from collections.abc import Sequence
from html import escape

import numpy as np

from router_serving.report.log import Log
from router_serving.report.summary import Summary
from router_serving.report.text import alternative_rows, model_rows, sentences

COLORS = ("#3b6fb6", "#d9822b", "#4c9f70", "#b6434c", "#8264a8", "#8a6d3b", "#5f9ea0", "#888888")
WIDTH, HEIGHT, MARGIN = 720.0, 220.0, 46.0
"""Of a plot, and of the room for its numbers; pixels."""
PARTS = 60
"""Points along a plot."""
SMOOTHED = 5
"""Points that a share is the mean of."""

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:780px;margin:2em auto;padding:0 1em}
body{color:#222;background:#fff}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}h2{margin-top:2em}figure{margin:1em 0}figcaption{color:#555}
svg text{font:11px system-ui,sans-serif;fill:#555}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}
td,th{border-color:#444}figcaption{color:#aaa}svg text{fill:#aaa}}"""


def as_page(parts: Sequence[tuple[Log, Summary]], budget: float | None) -> str:
    """The page; `budget`, USD, is what the whole time of the log was planned to cost."""
    body = "".join(_section(log, summary, budget) for log, summary in parts)
    title = "What the gateway decided"
    head = f'<head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
    return f'<!doctype html><html lang="en">{head}<body><h1>{title}</h1>{body}</body></html>\n'


def _section(log: Log, summary: Summary, budget: float | None) -> str:
    one = summary
    about = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences(one))
    plots = [_shares(log), _spending(log, budget), _latencies(log)]
    if not np.isnan(log.price).all():
        plots.append(_prices(log))
    tables = _table(model_rows(one)) + _table(alternative_rows(one))
    return f"<h2>{escape(log.group)}</h2>{about}{tables}{''.join(plots)}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rest]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _shares(log: Log) -> str:
    """Which model was called, over the time; where nobody called, there is no line."""
    place = _part(log)
    counts = [_smooth(np.bincount(place[log.model == i], minlength=PARTS)) for i in range(len(log.models))]
    total = np.sum(counts, axis=0)
    total[total < 0.5 / SMOOTHED] = np.nan  # less than half a call
    lines = {name: (np.arange(PARTS) + 0.5, 100 * counts[i] / total) for i, name in enumerate(log.models)}
    return _plot("Share of the calls, %", lines, log)


def _spending(log: Log, budget: float | None) -> str:
    spent = np.cumsum(np.nan_to_num(log.cost))
    at = _position(log)
    lines = {"billed": (at, spent)}
    if budget is not None:
        lines["even spending of the budget"] = (np.array([0.0, PARTS]), np.array([0.0, budget]))
    return _plot("Spent so far, USD", lines, log)


def _latencies(log: Log) -> str:
    place, lines = _part(log), {}
    for name, share in (("median", 0.5), ("95 %", 0.95)):
        points = [(k + 0.5, log.latency[(place == k) & log.answered]) for k in range(PARTS)]
        known = [(x, float(np.nanquantile(y, share))) for x, y in points if np.isfinite(y).any()]
        lines[name] = (np.array([x for x, _ in known]), np.array([y for _, y in known]))
    return _plot("Latency of the answers, s", lines, log)


def _prices(log: Log) -> str:
    known = ~np.isnan(log.price)
    return _plot("Price of money, reward per USD", {"price": (_position(log)[known], log.price[known])}, log)


def _plot(title: str, lines: dict[str, tuple[np.ndarray, np.ndarray]], log: Log) -> str:
    """Lines over the time of the log, x in 0 .. PARTS, as a figure."""
    highest = max((float(np.nanmax(y)) for _, y in lines.values() if np.isfinite(y).any()), default=0.0) or 1.0
    inner_width, inner_height = WIDTH - 2 * MARGIN, HEIGHT - MARGIN
    drawn, keys = [], []
    for i, (name, (x, y)) in enumerate(lines.items()):
        color = COLORS[i % len(COLORS)]
        across, up = MARGIN + inner_width * x / PARTS, 10 + inner_height * (1 - y / highest)
        path = "".join(f"{_pen(up, k)}{across[k]:.1f},{up[k]:.1f}" for k in range(len(up)) if np.isfinite(up[k]))
        drawn.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8"/>')
        keys.append(f'<span style="color:{color}">&#9632;</span> {escape(name)}')
    for share in (0.0, 0.5, 1.0):
        level = 10 + inner_height * (1 - share)
        drawn.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{level}" y2="{level}" stroke="#8884"/>')
        drawn.append(f'<text x="{MARGIN - 6}" y="{level + 4}" text-anchor="end">{highest * share:.3g}</text>')
    minutes = float(np.ptp(log.time)) / 60 if len(log.time) else 0.0
    drawn.append(f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 14}" text-anchor="end">{minutes:.1f} min</text>')
    picture = (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(title)}">{"".join(drawn)}</svg>'
    )
    return f"<figure><figcaption>{escape(title)}: {' '.join(keys)}</figcaption>{picture}</figure>"


def _pen(values: np.ndarray, k: int) -> str:
    """Whether a line goes on to the k-th point, "L", or begins there, "M"."""
    return "L" if k and np.isfinite(values[k - 1]) else "M"


def _position(log: Log) -> np.ndarray:
    """Where each call is along the time, 0 .. PARTS."""
    length = float(np.ptp(log.time)) if len(log.time) else 0.0
    return PARTS * (log.time - log.time.min()) / length if length else np.zeros(len(log.time))


def _part(log: Log) -> np.ndarray:
    return np.minimum(_position(log).astype(np.int64), PARTS - 1)


def _smooth(values: np.ndarray) -> np.ndarray:
    """The mean over a few points around each."""
    around = np.full(SMOOTHED, 1.0 / SMOOTHED)
    return np.convolve(np.pad(values.astype(float), SMOOTHED // 2, mode="edge"), around, mode="valid")
