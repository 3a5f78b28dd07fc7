"""Clients that take minutes to install or to compile: `make test-more-clients`; what is not installed is left out."""

from importlib.util import find_spec

import pytest

MODULES = ("brax", "ray", "rejax", "sb3_contrib", "sbx", "skrl", "tianshou")
collect_ignore = [f"test_{name}.py" for name in MODULES if find_spec(name) is None]


def pytest_configure(config: pytest.Config) -> None:
    """Let warnings be warnings: those that other packages give while they are imported are not ours."""
    config.addinivalue_line("filterwarnings", "default")
