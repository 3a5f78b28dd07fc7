"""The category of a prompt from its words: hashed words and a linear model, with NumPy alone.

`python -m train.categories` trains one from labelled prompts. The file is a `.npz` archive of plain arrays: `header`,
() string, JSON with `format`, `version` and `categories`; `weights`, (B, K) float32, of B buckets that words are hashed
to; and `bias`, (K,) float32.
"""

import json
import re
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from os import PathLike
from pathlib import Path
from zlib import crc32

import numpy as np

from router_serving.files import write_new

FORMAT, VERSION = "jax-router-categories", 1
BUCKETS = 2**14
"""That words are hashed to."""
LONGEST = 2000
"""Characters of a text that are looked at, from its end."""
_WORDS = re.compile(r"\w+|[^\w\s]")


class Categories:
    """A classifier of K categories."""

    def __init__(self, categories: Sequence[str], weights: np.ndarray, bias: np.ndarray) -> None:
        """`weights` is (B, K) float32, `bias` (K,) float32."""
        self.categories = tuple(categories)
        self.weights, self.bias = weights, bias

    def probabilities(self, text: str) -> np.ndarray:
        """The probability of each category, (K,) float64."""
        buckets, values = words_of(text, len(self.weights))
        logits = (values @ self.weights[buckets] + self.bias).astype(np.float64)
        likely = np.exp(logits - logits.max())
        return likely / likely.sum()


def words_of(text: str, buckets: int = BUCKETS) -> tuple[np.ndarray, np.ndarray]:
    """What the linear model sees of a text: buckets (W,) int64 of its words and pairs of words, and their values, (W,)
    float32, log(1 + count) over the length of the vector."""
    words = _WORDS.findall(text[-LONGEST:].lower())
    pairs = map(" ".join, pairwise(words))
    counts: dict[int, int] = {}
    for word in (*words, *pairs):
        place = crc32(word.encode()) % buckets
        counts[place] = counts.get(place, 0) + 1
    values = np.log1p(np.array(list(counts.values()), np.float32))
    length = float(np.sqrt(values @ values)) or 1.0
    return np.array(list(counts), np.int64), values / np.float32(length)


def save_categories(path: str | PathLike[str], model: Categories) -> None:
    """Write a classifier. Raises `FileExistsError` where there is something already."""
    header = json.dumps({"format": FORMAT, "version": VERSION, "categories": model.categories})
    arrays = {"weights": np.asarray(model.weights, np.float32), "bias": np.asarray(model.bias, np.float32)}
    write_new(Path(path), lambda file: np.savez_compressed(file, allow_pickle=False, header=np.array(header), **arrays))


def load_categories(path: str | PathLike[str]) -> Categories:
    """Read a classifier. Raises `FileNotFoundError` where there is none, and `ValueError` for another file."""
    try:
        with Path(path).open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            header = json.loads(str(archive["header"]))
            weights, bias = archive["weights"], archive["bias"]
        names = tuple(map(str, header["categories"]))
        if (header["format"], header["version"]) != (FORMAT, VERSION):
            raise ValueError(f"this program reads {FORMAT} of version {VERSION}")
        fits = weights.ndim == 2 and weights.shape[1:] == bias.shape == (len(names),) and len(weights) > 0
        if not fits or not np.isfinite(weights).all() or not np.isfinite(bias).all():
            raise ValueError("its arrays do not fit its categories")
    except (ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a classifier of categories, or a damaged one: {error}") from None
    return Categories(names, weights, bias)
