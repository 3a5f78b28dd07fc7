"""Everything a training run depends on, in three parts, and the checks of it. Nothing here imports JAX."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from jax_router import versions
from jax_router.internal.checks import check_number, check_whole_number
from train.cli.flags import ProblemFlags, SeedFlags, SeedsFlags, TimestepsFlags


@dataclass(frozen=True)
class Problem(ProblemFlags):
    """What is learned. All flags but --env are for LLMRouter-v0 and -v1; None leaves the scenario's own."""

    env: str = versions.DEFAULT
    """Train on LLMRouter-v0, LLMRouter-v1, or any gymnax environment with discrete actions, by its id."""
    priced: bool = False
    """Train one policy for every budget, which is told the price of money and never the budget."""
    random_fleets: int = 0
    """Train one policy for any fleet, on this many fleets drawn from wide ranges; 0 trains for one fleet."""
    min_price: float = 0.3
    """With --priced, learn for prices from this one on, reward per USD on top of the scenario's cost_weight."""
    max_price: float = 10_000.0
    """With --priced, learn for prices up to this one, reward per USD on top of the scenario's cost_weight."""

    @property
    def is_router(self) -> bool:
        """Whether the environment is one of `jax_router.versions`."""
        return self.env in versions.ENVIRONMENTS

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        check_number("--min-price", self.min_price, above=0)
        check_number("--max-price", self.max_price, above=self.min_price)
        for name in ("min_price", "max_price"):
            if not self.priced and getattr(self, name) != getattr(Problem, name):
                raise ValueError(f"{_flag(name)} is {getattr(self, name):g}; it is for runs with --priced")
        check_whole_number("--random-fleets", self.random_fleets, at_least=0)
        for name in ("problem", "fleet", "trace", "budget", "priced", "episode_length") if self.random_fleets else ():
            if getattr(self, name) not in (None, False):
                raise ValueError(f"{_flag(name)} is for one fleet; --random-fleets is {self.random_fleets}")
        only_ours = ("problem", "fleet", "trace", "episode_length", "budget", "priced", "random_fleets")
        for name in () if self.is_router else only_ours:
            if getattr(self, name) not in (None, False, 0):
                raise ValueError(f"{_flag(name)} is for {', '.join(versions.ENVIRONMENTS)}; --env is {self.env}")


FILES = ("problem", "fleet", "trace")
"""The fields of a problem that name files, or a folder of them."""

MOST_GRADIENT_STEPS = 2**31 - 1
"""The most gradient steps of a run, because Adam and the schedule of its step size count in int32."""


@dataclass(frozen=True)
class Learning(TimestepsFlags):
    """How PPO learns; the defaults are those of a run of the size and kind that the other flags ask for."""

    num_envs: int = 64
    """Run this many environments side by side."""
    num_steps: int = 16
    """Take this many steps in each environment between two updates."""
    num_epochs: int = 8
    """Pass over each batch of num_envs * num_steps steps this many times."""
    num_minibatches: int = 4
    """Make this many gradient steps in a pass; the number must divide num_envs * num_steps."""
    learning_rate: float = 2e-3
    """Start with this step size of Adam."""
    anneal_learning_rate: bool = True
    """Lower the learning rate to 0 over the run."""
    discount: float = 0.95
    """Weigh the next step's reward by this (gamma)."""
    gae_lambda: float = 0.9
    """Trade bias (0) against variance (1) of the advantages (lambda)."""
    clip_range: float = 0.2
    """Stop the gradient where the probability ratio of an action is further from 1 than this."""
    clip_value_loss: bool = False
    """Clip the change of the value to clip_range, too."""
    entropy_coef: float = 0.02
    """Reward an undecided policy by this, per nat of its entropy."""
    anneal_entropy: bool = True
    """Lower the entropy bonus to 0 over the run."""
    value_coef: float = 0.5
    """Weigh the value loss by this."""
    target_kl: float | None = None
    """Leave out the rest of an update once the policy has moved further than this, nats; None never does."""
    max_grad_norm: float = 0.5
    """Scale gradients down to this global norm where they exceed it."""
    normalize_advantages: bool = True
    """Scale the advantages of a minibatch to mean 0 and variance 1."""
    normalize_observations: bool = True
    """Scale observations by their running mean and variance."""
    normalize_rewards: bool = True
    """Divide rewards by the running standard deviation of the discounted return."""
    network: Literal["plain", "shared"] = "plain"
    """Score the models by a network with an output for each (plain), or by the same network for all (shared)."""
    layer_sizes: tuple[int, ...] = (64, 64)
    """Give the hidden layers of the actor, and those of the critic, this many units each."""
    activation: Literal["tanh", "relu"] = "relu"
    """Use this activation in the hidden layers."""

    @property
    def batch_size(self) -> int:
        """The number of steps that an update learns from."""
        return self.num_envs * self.num_steps

    @property
    def num_updates(self) -> int:
        """The number of updates in the whole run."""
        return self.total_timesteps // self.batch_size

    @property
    def num_gradient_steps(self) -> int:
        """The number of gradient steps in the whole run."""
        return self.num_updates * self.num_epochs * self.num_minibatches

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        for name in ("num_envs", "num_steps", "num_epochs", "num_minibatches"):
            check_whole_number(_flag(name), getattr(self, name), at_least=1)
        for name in ("learning_rate", "clip_range", "max_grad_norm"):
            check_number(_flag(name), getattr(self, name), above=0)
        for name in ("discount", "gae_lambda"):
            check_number(_flag(name), getattr(self, name), at_least=0, at_most=1)
        for name in ("entropy_coef", "value_coef"):
            check_number(_flag(name), getattr(self, name), at_least=0)
        if self.target_kl is not None:
            check_number("--target-kl", self.target_kl, above=0)
        if self.network == "shared" and self.normalize_observations:
            raise ValueError("--network is shared; it scales observations by itself: add --no-normalize-observations")
        if self.network == "shared" and not self.layer_sizes:
            raise ValueError("--layer-sizes is empty; with --network shared, it must name at least one layer")
        for size in self.layer_sizes:
            check_whole_number("--layer-sizes", size, at_least=1)
        if self.total_timesteps < self.batch_size:
            raise ValueError(f"--total-timesteps is {self.total_timesteps}; it must be at least {self._one_batch}")
        if self.num_gradient_steps > MOST_GRADIENT_STEPS:
            most = MOST_GRADIENT_STEPS // (self.num_epochs * self.num_minibatches) * self.batch_size
            raise ValueError(
                f"--total-timesteps is {self.total_timesteps}; that is {self.num_gradient_steps:,} gradient steps, "
                f"which are counted in 32 bits: it must be at most {most}"
            )
        self.check_minibatches(num_devices=1)

    def check_minibatches(self, num_devices: int) -> None:
        """Raise a `ValueError` where a batch that is shared by devices cannot be cut into the minibatches."""
        if self.num_envs % num_devices:
            raise ValueError(f"--num-devices is {num_devices}; it must divide --num-envs {self.num_envs}")
        if self.batch_size // num_devices % self.num_minibatches:
            share = "" if num_devices == 1 else f"a device's share (1 / {num_devices}) of "
            raise ValueError(f"--num-minibatches is {self.num_minibatches}; it must divide {share}{self._one_batch}")

    @property
    def _one_batch(self) -> str:
        return f"one batch, --num-envs {self.num_envs} x --num-steps {self.num_steps} = {self.batch_size}"


SHORT_RUN = Learning()
"""How a run of about 100,000 steps learns."""

LONG_RUN = Learning(total_timesteps=10_000_000, num_envs=2048, num_epochs=4, learning_rate=1e-3)
"""How a run of about 10,000,000 steps learns."""

PRICED_RUN = replace(LONG_RUN, total_timesteps=4_000_000, num_envs=1024, num_minibatches=8, learning_rate=2e-3)
"""How a run learns to route at any price."""

GYMNAX_RUN = Learning(
    total_timesteps=1_000_000,
    num_steps=32,
    num_epochs=4,
    learning_rate=1e-3,
    discount=0.99,
    gae_lambda=0.95,
    entropy_coef=0.005,
    anneal_entropy=False,
    activation="tanh",
)
"""How a run learns on one of gymnax's own environments."""


def learning_for(problem: Problem, learning: Learning, plain: bool = False) -> Learning:
    """Return the one of the four settings above that suits a problem and the size of the run in `learning`.

    An environment of ours has its own values of some of them, `jax_router.versions.LEARNING` and `LONG_LEARNING`. Where
    its own network is another one and the `plain` one is asked for, that keeps its usual sizes and inputs.
    """
    if not problem.is_router:
        return GYMNAX_RUN
    is_long = learning.num_envs >= 512 or learning.total_timesteps >= 2_000_000 or problem.random_fleets > 0
    suited = PRICED_RUN if problem.priced else LONG_RUN if is_long else SHORT_RUN
    own = {
        **versions.LEARNING[problem.env],
        **(versions.LONG_LEARNING[problem.env] if is_long and not problem.priced else {}),
    }
    if plain:
        of_shared = ("network", "layer_sizes", "normalize_observations")
        own = {name: value for name, value in own.items() if name not in of_shared}
    return replace(suited, **own)


@dataclass(frozen=True)
class Run(SeedsFlags):
    """Which agents learn, on which devices, and how they are judged."""

    num_devices: int | None = None
    """Share the seeds among this many devices, or, where it does not divide them, the environments, which it must
    then divide; None takes all accelerators, and as many cores of a CPU as can share the seeds."""
    eval_episodes: int = 256
    """Compare the trained agents on this many episodes at the end."""

    @property
    def seeds(self) -> range:
        """The seed of every agent."""
        return range(self.seed, self.seed + self.num_seeds)

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        super().check()
        check_whole_number("--eval-episodes", self.eval_episodes, at_least=1)
        if self.num_devices is not None:
            check_whole_number("--num-devices", self.num_devices, at_least=1)


@dataclass(frozen=True)
class Config:
    """Everything that decides what a run learns. No two fields of its parts have the same name."""

    problem: Problem = Problem()
    learning: Learning = SHORT_RUN
    run: Run = Run()

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        self.problem.check()
        self.run.check()
        self.learning.check()
        self.learning.check_minibatches(self.run.num_devices or 1)


def router_config(problem: ProblemFlags, length: TimestepsFlags, seeds: SeedFlags) -> Config:
    """Return the config of a run on a routing problem; how it learns follows from its length."""
    routing = Problem(**vars(problem))
    learning = learning_for(routing, replace(SHORT_RUN, total_timesteps=length.total_timesteps))
    learning = replace(learning, total_timesteps=length.total_timesteps)
    return Config(routing, learning, Run(**vars(seeds)))


def with_absolute_paths(config: Config) -> Config:
    """Return the config with absolute paths, so that it means the same in any working directory."""
    paths = {name: getattr(config.problem, name) for name in FILES}
    absolute = {name: path.absolute() for name, path in paths.items() if path is not None}
    return replace(config, problem=replace(config.problem, **absolute))


def config_to_dict(config: Config) -> dict[str, Any]:
    """Return the fields of all parts in one flat dict of JSON values."""
    values = vars(config.problem) | vars(config.learning) | vars(config.run)
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def config_from_dict(values: Mapping[str, Any]) -> Config:
    """Read a config that this version's `config_to_dict` or an older one wrote; missing fields get their defaults.

    Raises `ValueError` for a field that this version does not know.
    """
    unknown = sorted(set(values) - set(config_to_dict(Config())))
    if unknown:
        raise ValueError(
            f"the config holds {unknown[0]!r}, which this version does not know: "
            "go on with the version that began the run, or train a new one"
        )
    given = dict(values)
    given |= {name: Path(given[name]) for name in FILES if given.get(name) is not None}
    given |= {name: tuple(given[name]) for name in ("layer_sizes",) if name in given}

    def of_part(part: type) -> dict[str, Any]:
        return {one.name: given[one.name] for one in fields(part) if one.name in given}

    return Config(Problem(**of_part(Problem)), Learning(**of_part(Learning)), Run(**of_part(Run)))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
