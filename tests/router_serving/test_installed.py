"""What an operator does: `pip install --no-deps jax-router` and NumPy beside a gateway, and routes. No JAX is there."""

import subprocess
import sys
import venv
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from router_serving import save_policy
from tests.helpers.made_up import by_complexity, by_complexity_and_price

ROOT = Path(__file__).parents[2]

ROUTE = """
import importlib.util, sys
import numpy as np
from router_serving import load_policy
from router_serving.saved_session import from_json, to_json

assert importlib.util.find_spec("jax") is None
plain, priced = load_policy("plain.npz"), load_policy("priced.npz")
complex_prompt = np.array([0.5, 0.9, 0, 0, 0, 0, 0, 0.5, 1])
print(plain.model_names[plain.act(complex_prompt)])
session = priced.start(budget=1.0, prompts=500)
tickets = [session.route(complex_prompt) for _ in range(3)]
session = from_json(priced, to_json(session))
for ticket in tickets:
    session.charge(ticket, 0.002)
print(f"{session.budget_left:.3f} {session.prompts_left:.0f}")
print(sorted({"jax", "flax", "jax_router", "train"} & set(sys.modules)))
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of a fresh environment with NumPy and the built wheel."""
    pip = (sys.executable, "-m", "pip")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps")
    # From a copy, so that nothing an earlier build left behind gets in.
    source = copytree(ROOT, tmp_path / "source", ignore=ignore_patterns(".*", "build", "docs", "runs", "tests"))
    run(*pip, "wheel", *quiet, "--wheel-dir", tmp_path, source, cwd=tmp_path)
    (wheel,) = tmp_path.glob("jax_router-*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    run(*pip, "--python", python, "install", *quiet, "numpy", wheel, cwd=tmp_path)
    return python


def test_a_policy_routes_where_only_numpy_is(python: Path, tmp_path: Path) -> None:
    save_policy(tmp_path / "plain.npz", by_complexity())
    save_policy(tmp_path / "priced.npz", by_complexity_and_price())
    printed = run(python, "-I", "-c", ROUTE, cwd=tmp_path).splitlines()
    assert printed == ["tier1_small", "0.994 497", "[]"]
