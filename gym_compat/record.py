"""The command `python -m gym_compat.record episode.gif`: a short recording of a simple router at work."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import gymnasium
import jax
import numpy as np
import tyro
from PIL import Image

from gym_compat.env import RouterEnv
from jax_router import versions
from jax_router.internal.checks import check_number, check_whole_number
from jax_router.internal.help import head_of_help


@dataclass(frozen=True)
class Recording:
    """Record a simple rule at work on the preset models, as an animated GIF."""

    path: Annotated[Path, tyro.conf.Positional] = Path("episode.gif")
    """The animated GIF to write."""
    env: str = versions.DEFAULT
    """The environment to record."""
    scenario: str = "default"
    """One of the environment's scenarios."""
    steps: int = 100
    """Prompts to route, one frame each."""
    seed: int = 0
    """The seed of the episode."""
    frames_per_second: float = 5.0
    """The speed of the recording."""


def record(recording: Recording) -> int:
    """Play an episode, write its animation to a file, and return the number of frames.

    Raises:
        ValueError: an unknown environment or scenario, no steps, a speed that is not above 0, or a name that does not
            end in .gif.
        OSError: a place that cannot be written to.
    """
    check_whole_number("steps", recording.steps, at_least=1)
    check_whole_number("seed", recording.seed, at_least=0)
    check_number("frames-per-second", recording.frames_per_second, above=0)
    if recording.path.suffix != ".gif":
        raise ValueError(f"path is {str(recording.path)!r}; it must end in .gif")
    version = versions.load(recording.env)
    made = gymnasium.make(recording.env, render_mode="rgb_array", scenario=recording.scenario)
    env = cast(RouterEnv, made.unwrapped)
    rule = version.strategies.rule_of_thumb(env.problem.params, env.problem.model_names)
    observation, _ = env.reset(seed=recording.seed)
    frames = [Image.fromarray(np.asarray(env.render()))]
    for _ in range(recording.steps):
        state = jax.tree.map(lambda leaf: leaf[None], env.state)
        action = rule(jax.random.key(recording.seed), jax.numpy.asarray(observation[None]), state)
        observation, _, terminated, truncated, _ = env.step(int(action[0]))
        frames.append(Image.fromarray(np.asarray(env.render())))
        if terminated or truncated:
            break
    recording.path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = _with_one_palette(frames)
    beside = recording.path.with_name(f".{recording.path.name}.part.gif")
    try:
        duration = 1000 / recording.frames_per_second
        first.save(beside, save_all=True, append_images=others, duration=duration, loop=0)
        beside.replace(recording.path)
    finally:
        beside.unlink(missing_ok=True)
    return len(frames)


def _with_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Reduce all frames to the same few colours: neighbours then differ in few pixels, and the file stays small."""
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * 4))
    for row in range(4):
        sheet.paste(frames[row * (len(frames) - 1) // 3], (0, row * frames[0].height))
    palette = sheet.quantize(48, Image.Quantize.MAXCOVERAGE)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def main() -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    try:
        recording = tyro.cli(Recording, prog="python -m gym_compat.record", description=head_of_help(Recording))
        num_frames = record(recording)
        print(f"written: {recording.path} ({num_frames} frames of {recording.env}, {recording.scenario})")
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
