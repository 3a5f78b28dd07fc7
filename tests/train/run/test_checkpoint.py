"""Checkpoints: whole ones only, the newest first, and nothing of another program."""

from pathlib import Path

import jax
import numpy as np
import pytest

from train.run.checkpoint import Checkpoints

STATE = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": (np.array([1, 2], np.uint32), np.int32(7))}
SHAPES = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), leaf.dtype), STATE)


def scaled(factor: int):
    return jax.tree.map(lambda leaf: (leaf * factor).astype(leaf.dtype), STATE)


def assert_equal(actual, expected) -> None:
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_the_newest_comes_back_bit_for_bit_and_two_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.save(step, scaled(step))
    again = Checkpoints(tmp_path)
    assert again.latest == 3
    assert_equal(again.restore(SHAPES), scaled(3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_one_half_written_is_not_picked_up(tmp_path: Path) -> None:
    Checkpoints(tmp_path).save(1, scaled(1))
    whole = tmp_path / "1"
    # What a process killed while it saves leaves behind: orbax's temporary name, and some of the files.
    half = tmp_path / "2.orbax-checkpoint-tmp-1234"
    half.mkdir()
    (half / "default").mkdir()
    assert Checkpoints(tmp_path).latest == 1
    assert_equal(Checkpoints(tmp_path).restore(SHAPES), scaled(1))
    assert whole.exists()


def test_none_and_a_foreign_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no checkpoint to resume from"):
        Checkpoints(tmp_path / "empty").restore(SHAPES)
    Checkpoints(tmp_path / "foreign").save(1, {"a": np.zeros(4, np.float32)})
    with pytest.raises(ValueError, match="made by another version"):
        Checkpoints(tmp_path / "foreign").restore(SHAPES)
    Checkpoints(tmp_path / "other").save(1, scaled(1) | {"a": np.zeros((4, 3), np.float32)})
    with pytest.raises(ValueError, match="made by another version"):
        Checkpoints(tmp_path / "other").restore(SHAPES)


def test_a_damaged_one_is_left_out_and_the_one_before_is_taken(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, scaled(step))
    for file in (tmp_path / "2").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = Checkpoints(tmp_path)
    with pytest.warns(UserWarning, match="checkpoint 2 is damaged and is left out"):
        assert_equal(again.restore(SHAPES), scaled(1))
    assert again.latest == 1
