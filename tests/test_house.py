"""The house stands as CONTRIBUTING says, and each of its rules is seen to fail where it is broken."""

from pathlib import Path

import pytest

from tests.helpers.house import FACES, circles, names_of_versions, read_house, wrong_floors


@pytest.fixture(scope="module")
def house():
    return read_house(Path(__file__).parents[1])


def built(folder: Path, files: dict[str, str]):
    """A house of made-up files, by their paths."""
    for path, source in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source)
    return read_house(folder)


def test_no_import_runs_in_a_circle(house):
    assert circles(house) == []


def test_nothing_imports_what_stands_above_it(house):
    assert wrong_floors(house) == []


def test_no_generic_file_names_a_version(house):
    assert names_of_versions(house) == []


def test_every_face_is_there(house):
    assert FACES.keys() <= house.keys()


@pytest.mark.parametrize(
    "second",
    ["from train.studies import one", "import train.studies.one", "def later():\n    from train.studies.one import x"],
)
def test_a_circle_is_found(tmp_path, second):
    files = {
        "train/studies/one.py": "from train.studies.two import y",
        "train/studies/two.py": "import train.studies.three",
        "train/studies/three.py": second,
        "train/studies/outside.py": "import train.studies.one",
    }
    assert circles(built(tmp_path, files)) == ["circle: train.studies.one, train.studies.three, train.studies.two"]


def test_a_circle_through_a_face_is_found(tmp_path):
    files = {"jax_router/__init__.py": "from jax_router.a import b", "jax_router/a.py": "from jax_router import other"}
    assert circles(built(tmp_path, files)) == ["circle: jax_router, jax_router.a"]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("train/run/loop.py", "train/ppo.py"),  # a part, a command
        ("train/algorithm/ppo.py", "train/agents/export.py"),  # a part, the one above it
        ("train/cli/flags.py", "train/algorithm/config.py"),
        ("jax_router/rollout.py", "router_serving/policy.py"),
        ("jax_router/v0/env.py", "gym_compat/env.py"),
        ("router_serving/session.py", "jax_router/plan.py"),
        ("gym_compat/env.py", "train/ppo.py"),
        ("gym_compat/env.py", "router_serving/policy.py"),
        ("train/ppo.py", "gym_compat/env.py"),
        ("train/ppo.py", "benchmarks/env.py"),
    ],
)
def test_an_import_from_above_is_found(tmp_path, importer, imported):
    name = imported.removesuffix(".py").replace("/", ".")
    house = built(tmp_path, {importer: f"def late():\n    import {name}", imported: ""})
    assert wrong_floors(house) == [f"{importer.removesuffix('.py').replace('/', '.')} imports {name}"]


def test_a_folder_that_is_no_part_is_found(tmp_path):
    house = built(tmp_path, {"train/utilities/all.py": "import jax"})
    assert wrong_floors(house) == ["train.utilities.all is in a folder that is no part"]


def test_imports_from_below_are_allowed(tmp_path):
    files = {
        "train/ppo.py": "from train.run.loop import run\nimport train.evaluate",
        "train/evaluate.py": "import jax_router.rollout",
        "train/run/loop.py": "from train.algorithm import ppo\nfrom router_serving import policy",
        "train/algorithm/ppo.py": "import jax",
        "gym_compat/env.py": "from jax_router.rollout import run_steps",
        "jax_router/rollout.py": "import numpy",
        "router_serving/policy.py": "import numpy",
    }
    assert wrong_floors(built(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("from jax_router.v0.env import State", "imports v0"),
        ("from jax_router import v1", "imports v1"),
        ("import jax_router.v0.env", "imports v0"),
        ("import jax_router\nx = jax_router.v0", "names v0"),
        ('load("LLMRouter-v0")', "names LLMRouter-v0"),
        ("def late(state):\n    return state.queue_depths", "names queue_depths"),
        ("budget = params.congestion.slowdown", "names congestion"),
    ],
)
@pytest.mark.parametrize("path", ["jax_router/rollout.py", "gym_compat/env.py", "train/run/loop.py", "train/ppo.py"])
def test_a_generic_file_that_names_a_version_is_found(tmp_path, path, source, offence):
    offences = names_of_versions(built(tmp_path, {path: source}))
    line = source.count("\n") + 1
    assert f"{path.removesuffix('.py').replace('/', '.')}, line {line}: {offence}" in offences


def test_who_may_name_a_version(tmp_path):
    source = 'from jax_router.v0.env import State\n"LLMRouter-v0"\nx = state.queue_depths'
    faces = ("jax_router/__init__.py", "jax_router/versions.py", "jax_router/gymnax_env.py", "gym_compat/__init__.py")
    folders = ("jax_router/v0/env.py", "gym_compat/v0/envs.py", "train/pictures/v0/day.py")
    files = dict.fromkeys((*faces, *folders), source)
    files["train/run/loop.py"] = '"""On LLMRouter-v0, in prose."""'
    assert names_of_versions(built(tmp_path, files)) == []
