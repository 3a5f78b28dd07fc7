"""gymnax's names for what our states and parameters call otherwise, as its trainers write them."""

from typing import TypeVar

import jax
import numpy as np

Struct = TypeVar("Struct", bound=type)


def with_time_limit_of_gymnax(params_class: Struct) -> Struct:
    """Let `params.replace(max_steps_in_episode=...)`, a whole number of prompts, set `episode_length`; a decorator."""
    replace = params_class.replace  # type: ignore[attr-defined]  # flax adds it

    def replace_by_either_name(self: object, **updates: object) -> object:
        """Return a copy with other values; `max_steps_in_episode` is another name of `episode_length`."""
        if "max_steps_in_episode" in updates:
            limit = updates.pop("max_steps_in_episode")
            updates["episode_length"] = (
                limit if isinstance(limit, jax.Array | np.ndarray) else np.asarray(limit, np.int32)
            )
        return replace(self, **updates)

    params_class.replace = replace_by_either_name  # type: ignore[attr-defined]
    return params_class
