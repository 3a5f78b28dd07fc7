"""The command `python -m train.categories`: from labelled prompts to the classifier that a gateway uses."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from jax_router.internal.checks import check_number
from router_serving.gateway.categories import BUCKETS, Categories, save_categories, words_of
from train.cli.command import parse_flags
from train.cli.errors import check_new_file, one_line_errors, stopped_in_one_line

FOLDS = 5
"""A classifier is judged on so many parts of the prompts, each left out once."""


@dataclass(frozen=True)
class Arguments:
    """Train a classifier of prompts on hashed words, and say how often it is right on prompts it has not seen."""

    labelled: tyro.conf.Positional[Path]
    """Read labelled prompts from this CSV file with the columns text and category."""
    output: Path = Path("categories.npz")
    """Write the classifier to this file, which must not exist yet."""
    strength: float = 10.0
    """Trust the prompts this much against weights of 0 (C of the logistic regression)."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_number("--strength", self.strength, above=0)
        check_new_file("--output", self.output)
        if find_spec("sklearn") is None:
            raise ValueError('this needs scikit-learn: pip install "jax-router[categories]"')


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; exit with 2 after one line for bad input."""
    flags = parse_flags("train.categories", Arguments, args)
    with one_line_errors(), stopped_in_one_line():
        flags.check()
        _run(flags)


def read_labelled(path: Path) -> tuple[list[str], list[str]]:
    """The texts and the categories of labelled prompts.

    Raises `OSError` where the file cannot be opened, and `ValueError` that names it for a missing column, an empty
    category, or fewer than two categories.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lacking = {"text", "category"} - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"{path}: lacks the column {sorted(lacking)[0]}")
        rows = [(row["text"] or "", row["category"] or "", reader.line_num) for row in reader]
    for _, category, line in rows:
        if not category.strip():
            raise ValueError(f"{path}, line {line}: category is empty")
    if len({category for _, category, _ in rows}) < 2:
        raise ValueError(f"{path}: has prompts of fewer than two categories")
    return [text for text, _, _ in rows], [category for _, category, _ in rows]


def fit(texts: Sequence[str], categories: Sequence[str], strength: float) -> Categories:
    """A logistic regression over the words of the texts; `strength` is its C."""
    from sklearn.linear_model import LogisticRegression

    names = sorted(set(categories))
    model = LogisticRegression(C=strength, max_iter=1000)
    model.fit(_matrix(texts), [names.index(category) for category in categories])
    weights, bias = model.coef_.T, model.intercept_
    if len(names) == 2:  # one row of weights then, for the second of them
        weights, bias = np.concatenate([0 * weights, weights], axis=1), np.array([0.0, bias[0]])
    return Categories(names, weights.astype(np.float32), bias.astype(np.float32))


def accuracy(texts: Sequence[str], categories: Sequence[str], strength: float) -> float:
    """The share of the prompts whose likeliest category is theirs, each judged by a fit that has not seen it.

    Raises `ValueError` where a category has fewer prompts than there are folds, `FOLDS`.
    """
    from sklearn.model_selection import StratifiedKFold

    fewest = min(set(categories), key=categories.count)
    if categories.count(fewest) < FOLDS:
        raise ValueError(f"category {fewest!r} has {categories.count(fewest)} prompts; it needs at least {FOLDS}")
    right = 0
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, categories):
        model = fit([texts[i] for i in seen], [categories[i] for i in seen], strength)
        for i in unseen:
            right += model.categories[int(model.probabilities(texts[i]).argmax())] == categories[i]
    return right / len(texts)


def _matrix(texts: Sequence[str]) -> Any:
    """What the classifier sees of the texts, a sparse matrix (R, B)."""
    from scipy.sparse import csr_array

    rows = [words_of(text) for text in texts]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    buckets = np.concatenate([buckets for buckets, _ in rows])
    return csr_array((np.concatenate([values for _, values in rows]), buckets, ends), shape=(len(rows), BUCKETS))


def _run(flags: Arguments) -> None:
    from train.cli.console import console, print_sentences

    texts, categories = read_labelled(flags.labelled)
    share = accuracy(texts, categories, flags.strength)
    most = max(categories.count(name) for name in set(categories)) / len(categories)
    save_categories(flags.output, fit(texts, categories, flags.strength))
    out = console()
    print_sentences(
        out,
        f"{share:.1%} of {len(texts)} prompts that it had not seen are in their category; the most frequent category "
        f"alone would be right for {most:.1%}",
    )
    print_sentences(out, f"classifier saved: {flags.output}")


if __name__ == "__main__":
    main()
