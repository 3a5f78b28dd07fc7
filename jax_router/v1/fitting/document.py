"""A report as blocks, written as Markdown and as one HTML file that needs nothing else."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the report's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first one is the header."""

    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A PNG by its file's name, and what is to be seen."""

    file: str
    text: str


Block = Heading | Paragraph | Items | Table | Picture

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}
td:nth-child(2):nth-last-child(n+4),th:nth-child(2):nth-last-child(n+4){text-align:left}
td:first-child{white-space:nowrap}img{max-width:100%}
@media(prefers-color-scheme:dark){body{background:#1b1b1f;color:#ddd}td,th{border-color:#444}img{background:#fff}}"""


def as_markdown(blocks: Sequence[Block]) -> str:
    """The report as Markdown; pictures are files beside it."""
    return "\n\n".join(map(_markdown, blocks)) + "\n"


def as_html(blocks: Sequence[Block], pictures: Mapping[str, bytes]) -> str:
    """The report as one HTML file; `pictures` are the PNGs by the names of their files."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    body = "\n".join(_html(block, pictures) for block in blocks)
    head = f"<meta charset='utf-8'><title>{html.escape(title)}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>\n{body}\n</body></html>\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escaped(text)}"
        case Paragraph(text):
            return _escaped(text)
        case Items(texts):
            return "\n".join(f"- {_escaped(text)}" for text in texts)
        case Table(rows):
            lines = [f"| {' | '.join(map(_escaped, row))} |" for row in rows]
            return "\n".join([lines[0], "|---" + "|---:" * (len(rows[0]) - 1) + "|", *lines[1:]])
        case Picture(file, text):
            return f"![{_escaped(text)}]({file})"


def _html(block: Block, pictures: Mapping[str, bytes]) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Items(texts):
            return f"<ul>{''.join(f'<li>{html.escape(text)}</li>' for text in texts)}</ul>"
        case Table(rows):
            header = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
            body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
            return f"<table><tr>{header}</tr>{body}</table>"
        case Picture(file, text):
            data = base64.b64encode(pictures[file]).decode()
            return f"<img alt='{html.escape(text, quote=True)}' src='data:image/png;base64,{data}'>"


def _escaped(text: str) -> str:
    """Text of a user's own names, in which nothing is markup."""
    return re.sub(r"([\\*\[\]<>|`]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))
