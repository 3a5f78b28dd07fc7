"""What a run writes down: every block once, also where it was cut off."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from train.run.logs import JsonLines, TensorBoard, WandB, make_record

METRICS = {"episodes": np.array([0.5, 0.0]), "returns": np.array([100.0, 0.0]), "entropy": np.array([1.0, np.nan])}


def test_a_record_has_one_number_a_seed_and_none_for_what_is_not() -> None:
    record = make_record(METRICS, {"steps": 64, "seconds": 1.5})
    assert record == {"steps": 64, "seconds": 1.5, "return": [200.0, None], "entropy": [1.0, None]}
    single = make_record({name: value[:1] for name, value in METRICS.items()}, {"steps": 64})
    assert single == {"steps": 64, "return": 200.0, "entropy": 1.0}


def test_lines_beyond_the_checkpoint_and_half_a_line_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"steps": 10, "seconds": 1}\n{"steps": 20, "seconds": 2}\n{"steps": 30, "seconds": 3}\n{"st')
    log = JsonLines(path, steps_done=20)
    assert log.last["seconds"] == 2
    log.write({"steps": 30, "seconds": 2.5})
    log.close()
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"steps": 10, "seconds": 1},
        {"steps": 20, "seconds": 2},
        {"steps": 30, "seconds": 2.5},
    ]


def test_tensorboard_gets_the_same_numbers(tmp_path: Path) -> None:
    from tensorboardX.proto.event_pb2 import Event

    board = TensorBoard(tmp_path)
    board.write(make_record(METRICS, {"steps": 64}))
    board.close()
    (file,) = tmp_path.iterdir()
    data, found = file.read_bytes(), {}
    while data:  # a record: its length (8 bytes), a checksum (4), the event, a checksum (4)
        length = int.from_bytes(data[:8], "little")
        event = Event.FromString(data[12 : 12 + length])
        found |= {value.tag: (event.step, value.simple_value) for value in event.summary.value}
        data = data[16 + length :]
    assert found == {"steps": (64, 64.0), "return/seed_0": (64, 200.0), "entropy/seed_0": (64, 1.0)}


def test_wandb_gets_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple] = []
    run = SimpleNamespace(
        log=lambda scalars, step: calls.append((scalars, step)), finish=lambda: calls.append(("finish",))
    )
    monkeypatch.setitem(
        sys.modules, "wandb", SimpleNamespace(init=lambda **given: calls.append(("init", given)) or run)
    )
    board = WandB(tmp_path, {"seed": 3})
    board.write(make_record(METRICS, {"steps": 64}))
    board.close()
    assert calls == [
        ("init", {"project": "jax-router", "dir": str(tmp_path), "config": {"seed": 3}}),
        ({"steps": 64, "return/seed_0": 200.0, "entropy/seed_0": 1.0}, 64),
        ("finish",),
    ]


@pytest.mark.parametrize(("module", "extra"), [("tensorboardX", "tensorboard"), ("wandb", "wandb")])
def test_a_missing_extra_says_what_to_install(
    module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=rf'--{extra} needs {module}: pip install "jax-router\[{extra}\]"'):
        TensorBoard(tmp_path) if extra == "tensorboard" else WandB(tmp_path, {})
