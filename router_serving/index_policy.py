"""The index policy: the reward of an answer now, less what the prompt costs those who come later, with NumPy alone.

It learns nothing. What a prompt costs the later ones is read from a table: the reward that a queue loses by a prompt of
a size, at a time of day and a depth. Written once for NumPy and for JAX, whose namespace is `xp`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from router_serving.priced_policy import PricedPolicy

Array = Any
"""An array of the namespace `xp`."""


class IndexTables(NamedTuple):
    """What the policy knows, all float32.

    Letters: N models, C complexities and D depths, both even over 0 .. 1, Q depths of the table, H parts of a day,
    whose values hold in their middles, S sizes.
    """

    answer: Array  # (N, C) mean reward of an answer in time; straight lines between complexities
    wait: Array  # (N, D) what the depth of the queue adds, over the deepest
    costs: Array  # (N,) USD a prompt
    load: Array  # (H,) mean 1
    size: Array  # (2,) requests that join at mean load: of a prompt of length 0, and what length 1 adds
    sizes: Array  # (S,) rising, requests
    queue_price: Array  # (H, N, S, Q) reward that later prompts lose


def checked_tables(tables: IndexTables) -> IndexTables:
    """Return the tables; raise a `ValueError` that names the one which does not fit the others."""
    num_models, num_parts, num_sizes = (array.size for array in (tables.costs, tables.load, tables.sizes))
    for name, shape, good in (
        ("costs", (num_models,), num_models > 0),
        ("answer", (num_models, *tables.answer.shape[1:]), tables.answer.ndim == 2 and tables.answer.shape[-1] > 1),
        ("wait", (num_models, *tables.wait.shape[1:]), tables.wait.ndim == 2 and tables.wait.shape[-1] > 1),
        ("load", (num_parts,), num_parts > 0),
        ("size", (2,), True),
        ("sizes", (num_sizes,), num_sizes > 1 and bool((np.diff(tables.sizes) > 0).all())),
        (
            "queue_price",
            (num_parts, num_models, num_sizes, *tables.queue_price.shape[3:]),
            tables.queue_price.ndim == 4,
        ),
    ):
        if getattr(tables, name).shape != shape or not good:
            raise ValueError(f"its table {name} does not fit the others")
    return tables


@dataclass(frozen=True)
class IndexPolicy(PricedPolicy):
    """The index policy of a fleet. It never changes.

    Without a price it acts at its own; to spend a budget, `start` returns a session as for any priced policy.
    """

    tables: IndexTables
    price: float
    """Reward per USD that money is worth where no other price is given; 0 where no budget binds."""

    @property
    def observation_size(self) -> int:
        """D, the numbers in an observation: length, complexity, N queues, time of day, budget."""
        return len(self.tables.costs) + 4

    def logits(self, observation: ArrayLike, price: ArrayLike | None = None) -> np.ndarray:
        """What each model is worth at a price, (n, N) float32, reward; without a price, at its own.

        Raises as `PricedPolicy.act` does.
        """
        if price is not None:
            return super().logits(observation, price)
        return np.asarray(worth(self.tables, self.checked(observation), np.float32(self.price), np))

    def preferences(self, x: np.ndarray, log_price: ArrayLike) -> np.ndarray:
        """What each model is worth, (n, N), for `checked` observations and the natural logarithm of a price."""
        return np.asarray(worth(self.tables, x, np.exp(np.asarray(log_price, np.float32)), np))


def worth(tables: IndexTables, observation: Array, price: Array, xp: Any) -> Array:
    """What sending the prompt to each model is worth, (..., N) float32, reward.

    Args:
        tables: of the policy.
        observation: (..., N + 4) float32: length, complexity, N queues over the deepest, time of day, budget.
        price: (...) float32, reward per USD on top of what the rewards say already.
        xp: the array namespace.
    """
    num_models = len(tables.costs)
    models = xp.arange(num_models)
    complexity, depth = observation[..., 1:2], observation[..., 2 : 2 + num_models]
    here, there, hour_share = _part_of_day(observation[..., 2 + num_models], len(tables.load), xp)
    load = (1 - hour_share) * tables.load[here] + hour_share * tables.load[there]
    size = load * (tables.size[0] + tables.size[1] * observation[..., 0])

    def queue_price(hour: Array) -> Array:
        left, share = _place(size, tables.sizes, xp)
        below, within = _even_place(depth, tables.queue_price.shape[-1], xp)

        def at(row: Array) -> Array:
            index = hour[..., None], models, row[..., None]
            return (1 - within) * tables.queue_price[(*index, below)] + within * tables.queue_price[(*index, below + 1)]

        return (1 - share)[..., None] * at(left) + share[..., None] * at(left + 1)

    later = (1 - hour_share)[..., None] * queue_price(here) + hour_share[..., None] * queue_price(there)
    now = _even_line(tables.answer, models, complexity, xp) + _even_line(tables.wait, models, depth, xp)
    return now - later - price[..., None] * tables.costs


def _even_line(table: Array, models: Array, at: Array, xp: Any) -> Array:
    """Each model's row of a table (N, K) over 0 .. 1, read at (..., N) or (..., 1)."""
    left, share = _even_place(at, table.shape[-1], xp)
    return (1 - share) * table[models, left] + share * table[models, left + 1]


def _even_place(at: Array, num_nodes: int, xp: Any) -> tuple[Array, Array]:
    """The node at or before a number in 0 .. 1, and how far it is from there to the next."""
    position = xp.clip(at, 0.0, 1.0) * xp.float32(num_nodes - 1)
    left = xp.minimum(xp.floor(position), xp.float32(num_nodes - 2))
    return xp.int32(left), position - left


def _place(at: Array, nodes: Array, xp: Any) -> tuple[Array, Array]:
    """The same for nodes that are not even."""
    left = xp.int32((at[..., None] >= nodes[1:-1]).sum(-1))
    share = (at - nodes[left]) / (nodes[left + 1] - nodes[left])
    return left, xp.clip(share, 0.0, 1.0)


def _part_of_day(time_of_day: Array, num_parts: int, xp: Any) -> tuple[Array, Array, Array]:
    """The parts whose middles lie before and after a time of day, around midnight too, and how far it is between."""
    position = time_of_day * xp.float32(num_parts) - xp.float32(0.5)
    before = xp.floor(position)
    here = xp.int32(before) % np.int32(num_parts)
    return here, (here + np.int32(1)) % np.int32(num_parts), position - before
