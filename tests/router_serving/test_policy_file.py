"""A trained policy as a file: the same actions without JAX, and no file that is not one gets in."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from router_serving.policy import Origin, Policy, policy_from_arrays
from router_serving.policy_file import load_policy, save_policy
from train.algorithm.networks import ActorCritic
from train.algorithm.normalize import RunningStats, normalize

NAMES = ("small", "large", "other")
MODELS = tuple({"name": name, "cost_per_call": 0.1} for name in NAMES)
ORIGIN = Origin("LLMRouter-v0", "default", MODELS, tuple("abcdefg"), (1.0,) * 7, time_of_day=5, budget=6)


def make_policy(activation: str = "tanh", seed: int = 0) -> tuple[Policy, ActorCritic, dict, RunningStats]:
    network = ActorCritic(3, (16, 8), activation)
    params = network.init(jax.random.key(seed), jnp.zeros(7))
    # The last layer starts near zero; scaled up, the argmax is of numbers that differ.
    params = jax.tree.map(lambda leaf: leaf * 3 + 0.1, params)
    stats = RunningStats(jnp.float32(10), jnp.linspace(0.1, 0.7, 7), jnp.linspace(0.01, 0.5, 7))
    actor = params["params"]["actor"]
    layers = [(actor[f"Dense_{i}"]["kernel"], actor[f"Dense_{i}"]["bias"]) for i in range(3)]
    return policy_from_arrays(ORIGIN, layers, stats.mean, stats.variance, activation), network, params, stats


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "policy.npz"
    save_policy(path, make_policy()[0])
    return path


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_numpy_agrees_with_jax_on_every_observation(tmp_path, activation: str) -> None:
    policy, network, params, stats = make_policy(activation)
    save_policy(tmp_path / "policy.npz", policy)
    loaded = load_policy(tmp_path / "policy.npz")
    observations = np.random.default_rng(0).random((10_000, 7)).astype(np.float32)
    logits, _ = network.apply(params, normalize(jnp.asarray(observations), stats))
    np.testing.assert_allclose(loaded.logits(observations), logits, rtol=1e-4, atol=1e-4)
    actions = loaded.act(observations)
    assert actions.shape == (10_000,)
    assert set(np.unique(actions)) == {0, 1, 2}
    two_best = np.sort(logits, axis=-1)[:, -2:]
    clear = two_best[:, 1] - two_best[:, 0] > 1e-3
    np.testing.assert_array_equal(actions[clear], np.argmax(logits, -1)[clear])
    assert loaded.act(observations[0]) == actions[0]


def test_what_was_saved_comes_back(saved) -> None:
    policy = load_policy(saved)
    assert policy.model_names == NAMES
    assert policy.scenario == "default"
    assert policy.origin == ORIGIN
    assert load_policy(saved.parent).model_names == NAMES  # a run directory will do


def test_serving_needs_no_jax(saved) -> None:
    code = (
        "import sys, numpy as np; from router_serving.policy_file import load_policy; "
        f"print(load_policy({str(saved)!r}).act(np.zeros((2, 7), np.float32)).shape, 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "(2,) False"


@pytest.mark.parametrize("shape", [(2, 9), (6,), ()])
def test_observations_of_another_width_are_refused(saved, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"takes \(n, 7\), for the models small, large, other"):
        load_policy(saved).act(np.zeros(shape, np.float32))


def test_nothing_is_overwritten(saved) -> None:
    before = saved.read_bytes()
    with pytest.raises(FileExistsError):
        save_policy(saved, make_policy(seed=1)[0])
    assert saved.read_bytes() == before


def rewritten(path, **changes):
    """The file again with some arrays replaced, or dropped where None."""
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays |= changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


def with_header(path, **changes):
    with np.load(path) as archive:
        header = json.loads(str(archive["header"])) | changes
    rewritten(path, header=np.array(json.dumps(header)))


def with_origin(path, **changes):
    with np.load(path) as archive:
        origin = json.loads(str(archive["header"]))["origin"] | changes
    with_header(path, origin=origin)


def save_one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: p.write_bytes(p.read_bytes()[:-200]), "damaged"),
        (lambda p: p.write_bytes(b""), "not a policy file"),
        (lambda p: p.write_text("hello"), "not a policy file"),
        (save_one_array, "not an archive"),
        (lambda p: np.savez(p, x=np.zeros(3)), "no header"),
        (lambda p: np.savez(p, header=np.array({"a": 1}, dtype=object)), "not a policy file"),
        (lambda p: with_header(p, version=6), "reads versions 1, 3, 4 and 5: update jax-router to read it"),
        (lambda p: with_header(p, version=2), "make it anew with python -m train.ppo --priced"),
        (lambda p: with_header(p, version=3), "lacks model_names"),
        (lambda p: with_header(p, kind="priced"), "it holds"),
        (lambda p: with_header(p, kind="odd"), "lacks a kind"),
        (lambda p: with_origin(p, budget=7), "what it was trained on"),
        (lambda p: with_origin(p, scales=[1.0, 2.0]), "what it was trained on"),
        (lambda p: with_origin(p, models=[{"price": 1}] * 3), "what it was trained on"),
        (lambda p: with_header(p, format="something"), "'something'"),
        (lambda p: with_header(p, activation="gelu"), "activation"),
        (lambda p: with_origin(p, models=[{"name": "a"}]), "does not fit its 1 models"),
        (lambda p: rewritten(p, kernel_1=None), "it holds"),
        (lambda p: rewritten(p, bias_1=np.zeros(3, np.float32)), "do not fit together"),
        (lambda p: rewritten(p, bias_1=np.full(8, np.nan, np.float32)), "bias_1 is not finite"),
        (lambda p: rewritten(p, observation_scale=np.zeros(7, np.float32)), "normaliser"),
    ],
)
def test_damaged_foreign_and_newer_files_are_refused(saved, damage, message: str) -> None:
    damage(saved)
    with pytest.raises(ValueError, match=message) as error:
        load_policy(saved)
    assert str(saved) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"policy\.npz"):
        load_policy(tmp_path)


def test_a_file_of_the_first_version_is_still_read(saved) -> None:
    """It said the names of its models and its scenario, and nothing of its observation."""
    header = {"format": "jax-router-policy", "version": 1, "activation": "tanh", "model_names": NAMES}
    rewritten(saved, header=np.array(json.dumps(header | {"scenario": "rush_hour"})))
    policy = load_policy(saved)
    assert policy.origin.environment == "LLMRouter-v0"
    assert (policy.origin.time_of_day, policy.origin.budget) == (5, 6)
    np.testing.assert_array_equal(policy.act(np.eye(7)), make_policy()[0].act(np.eye(7)))


@pytest.mark.parametrize(
    "observation", [[np.nan] * 7, [np.inf] * 7, None, "seven", [True] * 7, [[1.0], [1.0, 2.0]], [None] * 7]
)
def test_what_are_no_numbers_are_refused(saved, observation) -> None:
    with pytest.raises(ValueError, match=r"^observation (is|holds) .*(an array of numbers|must be finite)"):
        load_policy(saved).act(observation)


def test_a_file_is_whole_or_absent(tmp_path, monkeypatch) -> None:
    def full_disk(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_policy(tmp_path / "policy.npz", make_policy()[0])
    assert list(tmp_path.iterdir()) == []
