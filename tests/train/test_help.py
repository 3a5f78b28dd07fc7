"""`--help` and a typo: answered at once, in whole sentences, and without anything that training needs."""

import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from tyro import cli

COMMANDS = (
    "ppo",
    "evaluate",
    "frontier",
    "specialists",
    "budgets",
    "claims",
    "demo",
    "index",
    "rivals",
    "categories",
    "predict",
    "pretrained",
)
POSITIONAL = {"--labelled": "PATH", "--log": "PATH"}
"""What the help calls arguments that are no flags."""

RUN = """
import runpy, sys
command, args = sys.argv[1], sys.argv[2:]
sys.argv[1:] = args
try:
    runpy.run_module(command, run_name="__main__", alter_sys=True)
except SystemExit as exit:
    status = exit.code
heavy = {"jax", "flax", "optax", "gymnax", "orbax", "matplotlib", "scipy", "pandas"} & set(sys.modules)
assert not heavy, f"imported {heavy}"
assert command not in sys.modules, f"{command} was imported once more than it runs"
sys.exit(status)
"""


def run(command: str, *args: str) -> subprocess.CompletedProcess[str]:
    """A command as `python -m` runs it, which fails where it imports what it need not."""
    script = [sys.executable, "-c", RUN, f"train.{command}", *args]
    return subprocess.run(script, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_that_training_needs(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"usage: python -m train.{command}" in done.stdout


def test_the_help_that_is_read_most_does_not_even_wait_for_numpy() -> None:
    code = "import sys; from train.ppo import parse; parse(['--num-envs', '2048']); assert 'numpy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_typo_loads_nothing_either(command: str) -> None:
    done = run(command, "--sede", "3")
    assert done.returncode == 2, done.stderr
    assert "AssertionError" not in done.stderr


@pytest.mark.parametrize(
    ("command", "args"),
    [("ppo", ["--num-envs", "0"]), ("frontier", ["--num-weights", "1"]), ("evaluate", ["--model-path", "nowhere"])],
)
def test_what_is_wrong_with_a_number_or_a_path_is_said_as_fast(command: str, args: list[str]) -> None:
    done = run(command, *args)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")


def test_every_command_is_known_here() -> None:
    files = {path.stem for path in (Path(__file__).parents[2] / "train").glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_explained_in_a_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = import_module(f"train.{command}").Arguments
    with pytest.raises(SystemExit):
        cli(arguments, args=["--help"])
    printed = " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    for flag in flags_of(arguments):
        explained = re.search(
            rf" {POSITIONAL.get(flag, flag)}(?:, --no-\S+)? .*?([A-Z][^│]*?)\((?:default|required)", printed
        )
        assert explained is not None, flag
        assert explained[1].strip().endswith("."), flag


def flags_of(arguments: Any) -> list[str]:
    """The flags of a dataclass and of the groups in it."""
    found = []
    hints = get_type_hints(arguments)
    for field in fields(arguments):
        group = next((part for part in (hints[field.name], *get_args(hints[field.name])) if is_dataclass(part)), None)
        found += flags_of(group) if group else ["--" + field.name.replace("_", "-")]
    return found
