"""The picture of an agent's day, drawn from a day made up by hand."""

from pathlib import Path

import numpy as np
import pytest

from jax_router import ModelConfig
from tests.helpers.pictures import check_saved, texts
from train.pictures.v0.day import draw_day
from train.studies.v0.behaviour import Day

MODELS = [ModelConfig(f"model_{i}", 0.001 * (i + 1), 0.3, 0.1, 0.7 + 0.1 * i) for i in range(3)]


def a_day(num_prompts: int = 90) -> Day:
    """Model 0 and model 1 in turn; every ninth prompt late."""
    t = np.arange(num_prompts)
    late = t % 9 == 0
    return Day(
        hour=22.0 + t / 60,
        action=(t % 2).astype(np.int32),
        queues=np.stack([t / 9, 5 + 0 * t, 0 * t], axis=1).astype(np.float32),
        cost=np.where(t % 2, 0.002, 0.001).astype(np.float32),
        latency=np.where(late, 1.5, 0.4).astype(np.float32),
        late=late,
        quality=np.full(num_prompts, 0.8, np.float32),
        quiet_and_busy=(23.0, 35.0),
    )


def test_a_day_shows_what_happened_for_the_models_that_were_used(tmp_path: Path) -> None:
    figure = draw_day(a_day(), MODELS, sla=1.0)
    written = texts(figure)
    assert "One episode: 90 prompts, 0.14 USD, 11.1% over the SLA" in written
    assert "model_2" not in written
    assert "quietest hour" in written
    assert "busiest hour" not in written  # beyond the end of this episode
    queues, routes, spending, latency = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["requests", "prompts", "USD", "latency, s"]
    assert queues.lines[0].get_ydata()[-1] == pytest.approx(89 / 9)
    assert [line.get_ydata()[-1] for line in spending.lines[:3]] == pytest.approx([0.135, 0.09, 0.18])
    middle_of_band = routes.collections[0].get_paths()[0].vertices[:, 1].max()
    assert middle_of_band == pytest.approx(0.5, abs=0.05)
    crosses = latency.collections[-1].get_offsets()
    assert len(crosses) == 10
    check_saved(figure, tmp_path)
