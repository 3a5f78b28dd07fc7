"""Tests against real clients; `make test-clients` installs them and runs this, plain `pytest` does not come here."""

from importlib.util import find_spec

NEEDED = {"test_*.py": "stable_baselines3", "test_torchrl.py": "torchrl", "test_ppo_torch.py": "torch"}
collect_ignore_glob = [files for files, module in NEEDED.items() if find_spec(module) is None]
