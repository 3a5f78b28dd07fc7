"""Flags that commands share: which routing problem, and how to learn it."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from train.algorithm.config import SHORT_RUN, Config, defaults_for


@dataclass(frozen=True)
class TrainingFlags:
    """A routing problem and a training run; all else about the run follows from its size."""

    scenario: str = "default"
    """default, reference, rush_hour, tight_budget or overnight_batch."""
    fleet: Path | None = None
    """A TOML file with one [[models]] table a model; default: the five presets."""
    trace: Path | None = None
    """A CSV request trace (TIMESTAMP, ContextTokens, optionally complexity) that replaces the synthetic traffic."""
    episode_length: int | None = None
    """Prompts an episode; default: what the scenario says."""
    budget: float | None = None
    """USD an episode; default: what the scenario says."""
    total_timesteps: int = SHORT_RUN.total_timesteps
    """Environment steps that each agent learns from."""
    seed: int = 0
    """Everything random follows from it."""

    @property
    def config(self) -> Config:
        """The config of the run, on one device."""
        return self.config_like(defaults_for(replace(SHORT_RUN, total_timesteps=self.total_timesteps)))

    def config_like(self, size: Config) -> Config:
        """The config of a run of this problem and length on one device, all else as in `size`."""
        given = {field.name: getattr(self, field.name) for field in fields(TrainingFlags)}
        return replace(size, **given, num_devices=1)
