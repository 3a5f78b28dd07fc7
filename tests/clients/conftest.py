"""Tests against real clients; `make test-clients` installs them and runs this, plain `pytest` does not come here."""

import os
from importlib import metadata
from importlib.util import find_spec

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # of PyTorch; networks this small are fastest on one, on a busy machine by far

NEEDED = {"test_*.py": "stable_baselines3", "test_torchrl.py": "torchrl", "test_ppo_torch.py": "torch"}
collect_ignore_glob = [files for files, module in NEEDED.items() if find_spec(module) is None]
PACKAGES = (
    *("jax", "gymnax", "gymnasium", "numpy", "torch", "stable-baselines3", "sb3-contrib", "sbx-rl", "torchrl"),
    *("tianshou", "skrl", "ray", "rejax", "brax"),
)


def pytest_report_header() -> str:
    """Say which versions are tried, for the table of `docs/clients.md`."""
    installed = {one.name.lower(): one.version for one in metadata.distributions()}
    return "tried: " + ", ".join(f"{name} {installed[name]}" for name in PACKAGES if name in installed)
