"""What every command does: parse its flags, check them, work; bad input ends it with one line and exit status 2."""

import sys
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import tyro

from jax_router.internal.help import head_of_help
from train.cli.compilation import start_jax
from train.cli.errors import one_line_errors, stopped_in_one_line

HELP = ("-h", "--help")


class Checked(Protocol):
    """The flags of a command."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""


Flags = TypeVar("Flags", bound=Checked)
Parsed = TypeVar("Parsed")


def parse_flags(
    program: str, flags_type: type[Parsed], args: Sequence[str] | None, default: Parsed | None = None
) -> Parsed:
    """Return the flags of `python -m program`; a typo, or `--help`, ends the command.

    Args:
        program: the module's name.
        flags_type: a dataclass; its docstring is the head of the help.
        args: the arguments that follow the name of the program; None takes those of the process.
        default: the flags where none are given; None takes the defaults of `flags_type`.
    """
    head = head_of_help(flags_type)
    prog = f"python -m {program}"
    return tyro.cli(flags_type, args=args, default=default, prog=prog, description=head)  # type: ignore[return-value]  # None is no default


def without_help(args: Sequence[str] | None) -> list[str]:
    """Return the arguments, those of the process if `args` is None, without a call for help.

    A command whose defaults depend on its flags reads them first with these, so that its help shows the right ones.
    """
    return [arg for arg in (sys.argv[1:] if args is None else args) if arg not in HELP]


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
    flags = parse_flags(program, flags_type, args)
    with one_line_errors(), stopped_in_one_line():
        flags.check()
        start_jax()
        work(flags)
