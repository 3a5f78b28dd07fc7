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


LAZY = """
import sys
import jax_router, jax_router.versions, jax_router.internal.checks

assert not {"jax", "flax"} & set(sys.modules)
assert "step" not in vars(jax_router)
assert jax_router.step is vars(jax_router)["step"], "the second time it is found at once"
assert "jax" in sys.modules
for name in jax_router.__all__:
    assert getattr(jax_router, name) is not None
assert set(jax_router.__all__) <= set(dir(jax_router))
try:
    jax_router.stpe
except AttributeError as error:
    assert str(error) == "module 'jax_router' has no attribute 'stpe'"
else:
    raise AssertionError("a name that is none was found")
"""


def test_a_name_is_imported_when_it_is_first_used():
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


WITHOUT_GYMNAX = """
import sys
import jax
from train.algorithm.config import Problem
from train.algorithm.environments import make_environment
import train.algorithm.ppo, train.run.finish

for problem in (Problem(), Problem(priced=True)):
    env, params = make_environment(problem)
    env.reset(jax.random.key(0), params)
heavy = {"gymnax", "matplotlib", "seaborn", "pandas", "scipy.stats"} & set(sys.modules)
assert not heavy, f"imported {heavy}"
assert env.action_space(params).n == 5
assert "gymnax" in sys.modules
"""


def test_training_on_our_environments_imports_no_gymnax():
    done = subprocess.run([sys.executable, "-c", WITHOUT_GYMNAX], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
