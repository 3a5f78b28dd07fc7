"""How an observation is a table with one row for each model, for networks that score all models alike."""

from collections.abc import Mapping
from typing import NamedTuple


class ObservationTable(NamedTuple):
    """How an observation is a table with one row for each model, and what gives its features a value."""

    features: tuple[str, ...]
    """The features in each row, in their order."""
    common: tuple[str, ...]
    """The numbers that follow the rows, in their order."""
    terms: Mapping[str, float]
    """The fields of `router_serving.shared_network.RewardTerms` for one problem."""
