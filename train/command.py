"""The command line: a config from flags, and one clear line for bad input."""

import sys
from collections.abc import Sequence

import tyro

from train.config import SHORT_RUN, Config, check_config, defaults_for


def parse(args: Sequence[str] | None = None) -> Config:
    """A config from command-line flags, its defaults those that suit the size of the run."""
    config = tyro.cli(Config, args=args, default=SHORT_RUN, prog="python -m train.ppo")
    return tyro.cli(Config, args=args, default=defaults_for(config), prog="python -m train.ppo")


def main(args: Sequence[str] | None = None) -> None:
    """`python -m train.ppo`. Exits with 2 after one line for bad input."""
    config = parse(args)
    try:
        check_config(config)
        # Late: these take seconds to import, and `--help` or a typo should not.
        from train.environments import make_environment

        env, env_params = make_environment(config)
        from train.loop import run
        from train.ppo import PPO
        from train.table import console

        run(config, PPO(config, env), env_params, console())
    except (ValueError, OSError) as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        sys.exit(2)


def _one_line(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{error.filename}: no such file"
    return " ".join(str(error).split())
