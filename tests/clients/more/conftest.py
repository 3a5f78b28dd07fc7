"""Clients that take minutes to install or to compile: `make test-more-clients`; what is not installed is left out."""

from importlib.util import find_spec

MODULES = ("brax", "ray", "rejax", "sb3_contrib", "sbx", "skrl", "tianshou")
collect_ignore = [f"test_{name}.py" for name in MODULES if find_spec(name) is None]
