"""Reading the packed report of a step on the host, with as few operations as it takes."""

from dataclasses import fields
from typing import Any

import jax
import numpy as np

from gym_compat.programs.report import Report

NO, YES = np.array(False), np.array(True)


class ReportReader:
    """Where the numbers of a `Report` lie in the packed results of a step."""

    def __init__(self, like: Report, start: int) -> None:
        """Take the report's shapes and dtypes, and the place in the results where it begins."""
        self._observation = slice(start, start + like.observation.size)
        self._endings = slice(self._observation.stop, self._observation.stop + 3)
        places: dict[np.dtype, list[tuple[str, int]]] = {np.dtype(t): [] for t in (np.float32, np.bool_, np.int32)}
        for place, (name, leaf) in enumerate(_told(like).items(), self._endings.stop):
            places[leaf.dtype].append((name, place))
        self._numbers, self._bools, self._integers = places.values()

    def observation(self, results: np.ndarray) -> np.ndarray:
        """The observation, a new array, (D,) float32."""
        return results[self._observation].copy()

    def reward_and_endings(self, results: np.ndarray) -> tuple[float, bool, bool]:
        """The reward, and whether the step terminated and truncated the episode."""
        reward, terminated, truncated = results[self._endings].tolist()
        return reward, terminated != 0.0, truncated != 0.0

    def told(self, results: np.ndarray) -> dict[str, Any]:
        """The fields of the outcome, and `budget_remaining`.

        Numbers are NumPy's scalars, float32 and int32; what is a bool is an array () bool, since Gymnasium's own
        tools take a scalar of that type for an object.
        """
        told: dict[str, Any] = {name: results[place] for name, place in self._numbers}
        for name, place in self._bools:
            told[name] = (YES if results[place] else NO).copy()
        for name, place in self._integers:
            told[name] = results[place : place + 1].view(np.int32)[0]
        return told


def _told(like: Report) -> dict[str, jax.ShapeDtypeStruct]:
    """Return what stands behind observation, reward and endings, by name, in the order of packing."""
    told: dict[str, Any] = {}
    for field in fields(like)[4:]:
        value = getattr(like, field.name)
        told |= vars(value) if field.name == "outcome" else {field.name: value}
    return told
