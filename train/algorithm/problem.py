"""A routing problem as commands name it: a scenario, and what replaces parts of it."""

from dataclasses import dataclass
from pathlib import Path

from jax_router import DEFAULT_MODELS, SCENARIOS, ModelConfig, Params, Traffic, load_models, make_params


@dataclass(frozen=True)
class Problem:
    """What `make_params` and `LLMRouter` need, read from files where files are named."""

    scenario: str
    models: tuple[ModelConfig, ...]
    traffic: Traffic | None
    episode_length: int | None
    budget: float | None

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models, in the order of the actions."""
        return tuple(model.name for model in self.models)

    @property
    def params(self) -> Params:
        """Raises what `make_params` raises."""
        return make_params(**vars(self))


def load_problem(
    scenario: str,
    fleet: Path | None = None,
    trace: Path | None = None,
    episode_length: int | None = None,
    budget: float | None = None,
) -> Problem:
    """Read the files, if any. Raises what `make_params`, `load_models` and `Traffic.from_trace` raise."""
    if scenario not in SCENARIOS:
        raise ValueError(f"--scenario is {scenario!r}; the known ones are {', '.join(SCENARIOS)}")
    return Problem(
        scenario=scenario,
        models=DEFAULT_MODELS if fleet is None else load_models(fleet),
        traffic=None if trace is None else Traffic.from_trace(trace),
        episode_length=episode_length,
        budget=budget,
    )
