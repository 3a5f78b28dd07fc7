"""The command `python -m gym_compat.record episode.gif`: a short recording of a simple router at work."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image

from gym_compat.env import LLMRouterEnv

COMPLEX = 0.3
"""Prompts of more complexity than this deserve `tier1_small`."""
SHORT_QUEUE = 18.0
"""Requests: with more than these waiting, `tier1_small` is too slow."""


@dataclass(frozen=True)
class Recording:
    """Record the two-threshold rule of DYNAMICS.md: complex prompts to tier1_small while its queue is short."""

    path: Annotated[Path, tyro.conf.Positional] = Path("episode.gif")
    """The animated GIF to write."""
    scenario: str = "default"
    """One of jax_router.SCENARIOS."""
    steps: int = 100
    """Prompts to route, one frame each."""
    seed: int = 0
    """Of the episode."""
    frames_per_second: float = 5.0
    """Speed of the recording."""


def record(recording: Recording) -> None:
    """Play an episode and write it down.

    Raises:
        ValueError: an unknown scenario, no steps, a speed that is not above 0, or a name that does not end in .gif.
        OSError: a place that cannot be written to.
    """
    if recording.steps < 1 or recording.frames_per_second <= 0:
        raise ValueError("steps and frames-per-second must be above 0")
    if recording.path.suffix != ".gif":
        raise ValueError(f"path is {str(recording.path)!r}; it must end in .gif")
    env = LLMRouterEnv(render_mode="rgb_array", scenario=recording.scenario)
    observation, _ = env.reset(seed=recording.seed)
    frames = [Image.fromarray(np.asarray(env.render()))]
    for _ in range(recording.steps):
        observation, _, terminated, truncated, _ = env.step(_two_thresholds(env, observation))
        frames.append(Image.fromarray(np.asarray(env.render())))
        if terminated or truncated:
            break
    recording.path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = _with_one_palette(frames)
    first.save(recording.path, save_all=True, append_images=others, duration=1000 / recording.frames_per_second, loop=0)


def _two_thresholds(env: LLMRouterEnv, observation: np.ndarray) -> int:
    names = [model.name for model in env.models]
    better, cheaper = names.index("tier1_small"), names.index("tier2_small")
    queue = observation[2 + better] * env.max_queue_depth
    return better if observation[1] > COMPLEX and queue < SHORT_QUEUE else cheaper


def _with_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Frames in the same few colours: they then differ in little, and the file stays small."""
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * 4))
    for row in range(4):
        sheet.paste(frames[row * (len(frames) - 1) // 3], (0, row * frames[0].height))
    palette = sheet.quantize(48, Image.Quantize.MAXCOVERAGE)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def main() -> None:
    """Exits with 2 after one line for bad input."""
    try:
        record(tyro.cli(Recording, prog="python -m gym_compat.record"))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
