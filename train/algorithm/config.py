"""Everything a training run depends on, and the checks of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from jax_router.internal.checks import check_number, check_whole_number


@dataclass(frozen=True)
class Config:
    """Everything that decides what a run learns; its defaults suit about 100,000 steps."""

    env: str = "LLMRouter-v0"
    """LLMRouter-v0, or the id of any gymnax environment with discrete actions."""
    scenario: str = "default"
    """LLMRouter-v0: default, reference, rush_hour, tight_budget or overnight_batch."""
    fleet: Path | None = None
    """LLMRouter-v0: a TOML file with one [[models]] table a model; default: the five presets."""
    trace: Path | None = None
    """LLMRouter-v0: a CSV request trace (TIMESTAMP, ContextTokens, optionally complexity) that replaces the synthetic
    traffic."""
    episode_length: int | None = None
    """LLMRouter-v0: prompts an episode; default: what the scenario says."""
    budget: float | None = None
    """LLMRouter-v0: USD an episode; default: what the scenario says."""
    priced: bool = False
    """LLMRouter-v0: train one policy for every budget, which is told the price of money and never its amount."""
    min_price: float = 0.3
    """--priced: the lowest price that it learns for, reward per USD on top of the scenario's cost_weight."""
    max_price: float = 10_000.0
    """--priced: the highest one."""

    seed: int = 0
    """Everything random follows from it; of several seeds the first."""
    num_seeds: int = 1
    """Agents trained side by side, from seed on; each equals a run with its seed alone."""
    num_devices: int | None = None
    """Devices that share the environments; they divide num_envs. Default: all there are."""
    total_timesteps: int = 100_000
    """Environment steps to train for; rounded down to whole batches of num_envs * num_steps."""
    num_envs: int = 64
    """Environments side by side."""
    num_steps: int = 16
    """Steps of each environment between two updates."""
    num_epochs: int = 8
    """Passes over a batch in an update."""
    num_minibatches: int = 4
    """Gradient steps a pass; they divide num_envs * num_steps."""
    learning_rate: float = 2e-3
    """Adam's step size at the start."""
    anneal_learning_rate: bool = True
    """Lower the learning rate to 0 over the run."""
    discount: float = 0.95
    """Weight of the next step's reward (gamma)."""
    gae_lambda: float = 0.95
    """Bias against variance of the advantages, 0 to 1."""
    clip_range: float = 0.2
    """How far an update may move an action's probability ratio from 1."""
    clip_value_loss: bool = False
    """Hold the value within clip_range of its old one, too."""
    entropy_coef: float = 0.005
    """Reward for an undecided policy."""
    anneal_entropy: bool = False
    """Lower the entropy bonus to 0 over the run."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    target_kl: float | None = None
    """Leave out the rest of an update once the policy has moved further than this, nats."""
    max_grad_norm: float = 0.5
    """Gradients are scaled down to this global norm."""
    normalize_advantages: bool = True
    """Scale the advantages of a minibatch to mean 0 and variance 1."""
    normalize_observations: bool = True
    """Scale observations by their running mean and variance."""
    normalize_rewards: bool = True
    """Divide rewards by the running standard deviation of the discounted return."""
    layer_sizes: tuple[int, ...] = (64, 64)
    """Hidden units of each layer, in the actor and in the critic."""
    activation: Literal["tanh", "relu"] = "tanh"
    """Activation of the hidden layers."""

    eval_episodes: int = 256
    """Episodes of the comparison at the end."""

    @property
    def batch_size(self) -> int:
        """Steps an update learns from."""
        return self.num_envs * self.num_steps

    @property
    def num_updates(self) -> int:
        """Updates in the whole run."""
        return self.total_timesteps // self.batch_size

    @property
    def num_gradient_steps(self) -> int:
        """Gradient steps in the whole run."""
        return self.num_updates * self.num_epochs * self.num_minibatches

    @property
    def seeds(self) -> range:
        """The seed of every agent."""
        return range(self.seed, self.seed + self.num_seeds)


SHORT_RUN = Config()
"""Defaults of a run of about 100,000 steps."""

LONG_RUN = Config(
    total_timesteps=10_000_000,
    num_envs=2048,
    num_epochs=4,
    learning_rate=1e-3,
)
"""Defaults of a run of about 10,000,000 steps."""

PRICED_RUN = replace(
    LONG_RUN, priced=True, total_timesteps=4_000_000, num_envs=1024, num_minibatches=8, learning_rate=2e-3
)
"""Defaults of a run that learns to route at any price."""

GYMNAX_RUN = Config(
    total_timesteps=1_000_000,
    num_steps=32,
    num_epochs=4,
    learning_rate=1e-3,
    discount=0.99,
)
"""Defaults of a run on one of gymnax's own environments."""


def defaults_for(config: Config) -> Config:
    """The defaults that suit a run of this size and environment."""
    if config.env != SHORT_RUN.env:
        return replace(GYMNAX_RUN, env=config.env)
    if config.priced:
        return PRICED_RUN
    return LONG_RUN if config.num_envs >= 512 or config.total_timesteps >= 2_000_000 else SHORT_RUN


def check_config(config: Config) -> None:
    """Raise a `ValueError` that names the first field that makes no sense, its value and what is allowed."""
    for name in ("num_seeds", "num_envs", "num_steps", "num_epochs", "num_minibatches", "eval_episodes"):
        check_whole_number(_flag(name), getattr(config, name), at_least=1)
    check_whole_number("--seed", config.seed, at_least=0)
    check_number("--min-price", config.min_price, above=0)
    check_number("--max-price", config.max_price, above=config.min_price)
    for name in ("min_price", "max_price"):
        if not config.priced and getattr(config, name) != getattr(SHORT_RUN, name):
            raise ValueError(f"{_flag(name)} is {getattr(config, name):g}; it is for runs with --priced")
    for name in ("learning_rate", "clip_range", "max_grad_norm"):
        check_number(_flag(name), getattr(config, name), above=0)
    for name in ("discount", "gae_lambda"):
        check_number(_flag(name), getattr(config, name), at_least=0, at_most=1)
    for name in ("entropy_coef", "value_coef"):
        check_number(_flag(name), getattr(config, name), at_least=0)
    if config.target_kl is not None:
        check_number("--target-kl", config.target_kl, above=0)
    for size in config.layer_sizes:
        check_whole_number("--layer-sizes", size, at_least=1)
    if config.total_timesteps < config.batch_size:
        raise ValueError(
            f"--total-timesteps is {config.total_timesteps}; it must be at least one batch, "
            f"--num-envs {config.num_envs} x --num-steps {config.num_steps} = {config.batch_size}"
        )
    num_devices = 1 if config.num_devices is None else config.num_devices
    check_whole_number("--num-devices", num_devices, at_least=1)
    if config.num_envs % num_devices:
        raise ValueError(f"--num-devices is {num_devices}; it must divide --num-envs {config.num_envs}")
    if config.batch_size // num_devices % config.num_minibatches:
        share = "" if num_devices == 1 else f"a device's share (1 / {num_devices}) of "
        raise ValueError(
            f"--num-minibatches is {config.num_minibatches}; it must divide {share}one batch, "
            f"--num-envs {config.num_envs} x --num-steps {config.num_steps} = {config.batch_size}"
        )


def with_absolute_paths(config: Config) -> Config:
    """The same config wherever it is read from later."""
    paths = {name: getattr(config, name) for name in ("fleet", "trace")}
    return replace(config, **{name: path.absolute() for name, path in paths.items() if path is not None})


def config_to_dict(config: Config) -> dict[str, object]:
    """The config as JSON holds it."""
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def config_from_dict(values: Mapping[str, Any]) -> Config:
    """The config that `config_to_dict` wrote. Raises `ValueError` for a field that this version does not know."""
    known = {field.name for field in fields(Config)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"the config holds {unknown[0]!r}, which this version does not know")
    paths = {name: Path(values[name]) for name in ("fleet", "trace") if values.get(name) is not None}
    return Config(**{**values, **paths, "layer_sizes": tuple(values["layer_sizes"])})


def _flag(field: str) -> str:
    return "--" + field.replace("_", "-")
