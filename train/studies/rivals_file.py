"""What a comparison of rivals measured, as a file: one that was interrupted goes on with the next scenario."""

from pathlib import Path

import numpy as np

from router_serving.files import written_beside
from train.bounds.bound import Bound
from train.studies.rivals import Effort, Rivals

NUMBERS = ("value", "numerical_error", "last_move", "evaluations", "seconds")
"""The fields of a bound that are numbers."""


def kept_file(folder: Path, scenario: str, effort: Effort) -> Path:
    """Return where the results of a scenario lie: another effort is another file."""
    sizes = (effort.num_episodes, effort.num_seeds, effort.priced_seeds, effort.seed, f"{effort.bound_seconds:g}")
    return folder / f"{scenario}-{'-'.join(map(str, sizes))}.npz"


def keep_rivals(path: Path, rivals: Rivals) -> None:
    """Write the results of a scenario, over an older file."""
    arrays = {f"kind {name}": rows for name, rows in rivals.kinds.items()}
    if (bound := rivals.bound) is not None:
        arrays |= {f"bound {name}": np.asarray(getattr(bound, name)) for name in NUMBERS}
        arrays |= {"bound by_start": bound.by_start, "bound standard_errors": bound.standard_errors}
    with written_beside(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def kept_rivals(path: Path) -> Rivals:
    """Read what `keep_rivals` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        kinds = {name.removeprefix("kind "): arrays[name] for name in arrays.files if name.startswith("kind ")}
        if "bound value" not in arrays.files:
            return Rivals(kinds, None)
        numbers = {name: arrays[f"bound {name}"].item() for name in NUMBERS}
        starts = {name: arrays[f"bound {name}"] for name in ("by_start", "standard_errors")}
        return Rivals(kinds, Bound(prices=None, **numbers, **starts))
