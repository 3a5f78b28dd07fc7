"""What `import jax_router` must not do, seen from a fresh interpreter."""

import subprocess
import sys

CHECK = """
import sys
import jax_router
from jax._src import xla_bridge

jax_router.make_params("rush_hour", budget=3)
heavy = {"gymnax", "gymnasium", "matplotlib", "seaborn", "pandas", "scipy.stats"} & set(sys.modules)
assert not heavy, f"imported {heavy}"
assert not xla_bridge.backends_are_initialized(), "a JAX backend was started"
# So that the line above would have noticed one.
jax_router.reset(__import__("jax").random.key(0))
assert xla_bridge.backends_are_initialized()
"""


def test_import_is_light_and_starts_no_backend():
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
