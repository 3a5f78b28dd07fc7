"""What every test runs under: two CPU devices, and a simulator that may not promote types or ranks by accident."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

# Before JAX starts its backend. Two devices, so that code which assumes one is found out.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
os.environ["JAX_PLATFORMS"] = "cpu"
# Programs that one test compiles are there for the others, for the commands that they start and for the next session
# (`--cache-clear` removes them). With a size JAX also locks the folder: two workers use it at the same time.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache/d/compiled"))
os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(500 * 2**20))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import jax
import optax
import pytest

from tests.helpers.fitted import fitted_once
from tests.helpers.promotion import lenient
from tests.helpers.runs import SMALL, Run, made_once
from train.cli.compilation import collect_less_often

collect_less_often()  # as commands do, which saves a fifteenth of the tests' time
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# Adam raises its decay, a float, to the number of its steps, an integer.
optax.tree.bias_correction = lenient(optax.tree.bias_correction)


@pytest.fixture
def lenient_promotion() -> Iterator[None]:
    """For tests that run another library's environment: gymnax's own add what is bool, int and float."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this session share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def trained_run(session_folder: Path) -> Run:
    """A run of LLMRouter-v0 with episodes of 20 prompts; only to be read."""
    return made_once(session_folder / "trained", [*SMALL, "--episode-length", "20"])


@pytest.fixture(scope="session")
def priced_run(session_folder: Path) -> Run:
    """The same with `--priced`; only to be read."""
    return made_once(session_folder / "priced", [*SMALL, "--episode-length", "20", "--priced"])


@pytest.fixture
def key() -> jax.Array:
    return jax.random.key(0)


@pytest.fixture
def refuses(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[list[str]], None], list[str], str], None]:
    """A command ends for bad input as all of ours do: status 2, and one line on standard error that says why."""

    def check(main: Callable[[list[str]], None], args: list[str], message: str) -> None:
        with pytest.raises(SystemExit) as exit_info:
            main(args)
        assert exit_info.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert message in printed.err
        assert printed.err.count("\n") == 1

    return check


@pytest.fixture(scope="session")
def fitted_problem(session_folder: Path) -> tuple[Path, str]:
    """The problem of the site's own log, and what the fit printed; only to be read."""
    return fitted_once(session_folder / "my-gateway")
