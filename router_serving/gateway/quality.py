"""How good each model's answer is expected to be: by the category of the prompt, else by the model's mean."""

import csv
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Protocol

import numpy as np

from router_serving.numbers import finite_number

LOWEST, HIGHEST = 0.0001, 0.9999
"""Shares of good answers are cut to this range, as in the simulator."""
SHRINKAGE = 20
"""Prompts that a model's mean counts for in each category, as in the simulator."""


class Classifier(Protocol):
    """What tells the category of a prompt from its text."""

    @property
    def categories(self) -> Sequence[str]:
        """The K categories."""

    def probabilities(self, text: str) -> np.ndarray:
        """The probability of each category, (K,) float64."""


class Forecasts:
    """What N models are expected to be worth for a prompt, and where that is known from."""

    def __init__(
        self,
        prior: Sequence[float],
        shares: Mapping[str, np.ndarray] | None = None,
        classifier: Classifier | None = None,
    ) -> None:
        """`prior` is each model's mean, N floats; `shares` (N,) those of each category.

        Raises `ValueError` for a classifier without shares, or of other categories.
        """
        self._prior, self._classifier = list(prior), classifier
        self._shares = {category: share.tolist() for category, share in (shares or {}).items()}
        if classifier is not None:
            for category in classifier.categories:
                if category not in self._shares:
                    raise ValueError(f"the classifier knows the category {category!r}, and the quality file does not")
            self._table = np.array([self._shares[category] for category in classifier.categories])

    def of(self, category: str | None, text: str) -> tuple[list[float], str, str | None]:
        """The N forecasts, what they are from ("caller", "classifier" or "prior"), and the category.

        Of a classifier, they are the mean over the categories it deems possible; the category is its likeliest.
        """
        if category in self._shares:
            return self._shares[category], "caller", category
        if self._classifier is not None and text:
            probabilities = self._classifier.probabilities(text)
            likeliest = self._classifier.categories[int(probabilities.argmax())]
            return (probabilities @ self._table).tolist(), "classifier", likeliest
        return self._prior, "prior", category


def read_shares(path: str | PathLike[str], model_names: Sequence[str]) -> dict[str, np.ndarray]:
    """Read measured shares of good answers, (N,) float64 for each category.

    The file is the CSV that `jax_router.v1` reads, too: category, model, prompts, share_good. Each share is drawn to
    its model's mean by `SHRINKAGE` prompts. Raises `OSError` where the file cannot be opened, and `ValueError` that
    names it for a missing column, a value that is no number, or a model without any row.
    """
    count: dict[str, np.ndarray] = {}
    share: dict[str, np.ndarray] = {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lacking = {"category", "model", "prompts", "share_good"} - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"{path}: lacks the column {sorted(lacking)[0]}")
        for row in reader:
            if row["model"] not in model_names:
                continue
            place, where = model_names.index(row["model"]), f"{path}, line {reader.line_num}: "
            for table, column in ((count, "prompts"), (share, "share_good")):
                values = table.setdefault(row["category"], np.zeros(len(model_names)))
                values[place] = _number(where + column, row[column])
    prompts = np.stack([*count.values(), np.zeros(len(model_names))])
    good = np.stack([*share.values(), np.zeros(len(model_names))])
    for name, total in zip(model_names, prompts.sum(0), strict=True):
        if total <= 0:
            raise ValueError(f"{path}: holds no prompts of the model {name!r}")
    mean = (prompts * good).sum(0) / prompts.sum(0)
    drawn = (prompts * good + SHRINKAGE * mean) / (prompts + SHRINKAGE)
    return {category: np.clip(drawn[k], LOWEST, HIGHEST) for k, category in enumerate(count)}


def _number(field: str, text: str) -> float:
    try:
        return finite_number(field, float(text), at_least=0)
    except ValueError:
        raise ValueError(f"{field} is {text!r}; it must be a number of at least 0") from None
