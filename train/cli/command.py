"""What every command does: parse its flags, check them, work; bad input ends it with one line and exit status 2."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import tyro

from train.cli.compilation import start_jax
from train.cli.errors import one_line_errors, stopped_in_one_line


class Checked(Protocol):
    """The flags of a command."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""


Flags = TypeVar("Flags", bound=Checked)


def run_command(
    program: str, flags_type: type[Flags], work: Callable[[Flags], None], args: Sequence[str] | None
) -> None:
    """Run `python -m program` with `args`, or with the arguments of the process if `args` is None.

    Args:
        program: the module's name.
        flags_type: a dataclass with one field for each flag; its docstrings are the help.
        work: what the command does with its flags once they are checked. It imports JAX itself, so that neither
            `--help` nor a typo waits for that.
        args: the arguments that follow the name of the program.
    """
    flags = tyro.cli(flags_type, args=args, prog=f"python -m {program}")
    with one_line_errors(), stopped_in_one_line():
        flags.check()
        start_jax()
        work(flags)
