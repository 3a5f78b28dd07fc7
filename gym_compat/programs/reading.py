"""Reading packed reports on the host, of one step or of many at once, with as few operations as it takes."""

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
        told = list(enumerate(_told(like).items(), self._endings.stop))
        self._places = [(name, place) for place, (name, _) in told]
        self._bools = [(name, place) for place, (name, leaf) in told if leaf.dtype == np.bool_]
        self._integers = [(name, place) for place, (name, leaf) in told if leaf.dtype == np.int32]

    def observation(self, results: np.ndarray) -> np.ndarray:
        """The observation, a new array, (D,) float32."""
        return results[self._observation].copy()

    def reward_and_endings(self, results: np.ndarray) -> tuple[float, bool, bool]:
        """The reward, and whether the step terminated and truncated the episode."""
        reward, terminated, truncated = results[self._endings].tolist()
        return reward, terminated != 0.0, truncated != 0.0

    def tell(self, results: np.ndarray, info: dict[str, Any]) -> None:
        """Put the fields of the outcome, and `budget_remaining`, into a dict.

        Numbers are NumPy's scalars, float32 and int32; what is a bool is an array () bool, since Gymnasium's own
        tools take a scalar of that type for an object.
        """
        for name, place in self._places:  # in the order of the report; some are replaced
            info[name] = results[place]
        for name, place in self._bools:
            info[name] = (YES if results[place] else NO).copy()
        for name, place in self._integers:
            info[name] = results[place : place + 1].view(np.int32)[0]

    def endings_of_many(self, results: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `reward_and_endings` returns for the columns of (K, B), each an array (B,); rewards are a view."""
        reward, terminated, truncated = results[self._endings]
        return reward, terminated != 0.0, truncated != 0.0

    def told_of_many(self, results: np.ndarray) -> dict[str, np.ndarray]:
        """Return what `tell` puts into a dict, for the columns of (K, B), each an array (B,); numbers are views."""
        told = {name: results[place] for name, place in self._places}
        told |= {name: results[place] != 0.0 for name, place in self._bools}
        return told | {name: results[place].view(np.int32) for name, place in self._integers}


def _told(like: Report) -> dict[str, jax.ShapeDtypeStruct]:
    """Return what stands behind observation, reward and endings, by name, in the order of packing."""
    told: dict[str, Any] = {}
    for field in fields(like)[4:]:
        value = getattr(like, field.name)
        told |= vars(value) if field.name == "outcome" else {field.name: value}
    return told
