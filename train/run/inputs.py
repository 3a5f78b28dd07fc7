"""The inputs of a run: copies of the files that it read, and the versions of the libraries that it began with."""

import json
import platform
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

from router_serving.files import write_text, written_beside
from train.algorithm.config import FILES, Config

LIBRARIES = ("jax", "jaxlib", "flax", "optax", "gymnax", "numpy")


def keep_inputs(run: Path, config: Config) -> None:
    """Copy the files that a new run reads into its folder, and write down the versions of the libraries.

    Raises what reading the files raises.
    """
    for field, original in _files(config):
        copy = _copy_of(run, field, original)
        copy.parent.mkdir(exist_ok=True)
        with written_beside(copy) as beside:
            (copytree if original.is_dir() else copyfile)(original, beside)
    write_text(run / "versions.json", json.dumps(_versions(), indent=2) + "\n")


def with_kept_inputs(run: Path, config: Config) -> Config:
    """Return the config with the run's own copies in place of the files that it names, as far as there are copies."""
    copies = {field: _copy_of(run, field, original) for field, original in _files(config)}
    kept: dict[str, Any] = {field: copy for field, copy in copies.items() if copy.exists()}
    return replace(config, problem=replace(config.problem, **kept))


def what_changed(run: Path, config: Config) -> Iterator[str]:
    """Yield one sentence for each file or library that has changed since the run began."""
    for field, original in _files(config):
        copy = _copy_of(run, field, original)
        if not copy.exists():
            continue
        if not original.exists():
            yield f"{original} is gone; this run goes on with its own copy, {copy}"
        elif _digest(original) != _digest(copy):
            yield f"{original} has changed since this run began; it goes on with its own copy, {copy}"
    began, now = _versions_of(run), _versions()
    differences = [f"{name} {began[name]}, now {now[name]}" for name in now if began.get(name, now[name]) != now[name]]
    if differences:
        yield f"this run began with {'; '.join(differences)}: its numbers may differ from those of an unbroken run"


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    for field in FILES:
        path = getattr(config.problem, field)
        if path is not None:
            yield field, path


def _copy_of(run: Path, field: str, original: Path) -> Path:
    if original.is_dir():
        return run / "inputs" / field
    # The suffixes are kept, because they say how a trace is compressed.
    return run / "inputs" / f"{field}{''.join(original.suffixes)}"


def _digest(path: Path) -> str:
    digest = sha256()
    for one in sorted(path.iterdir()) if path.is_dir() else [path]:
        with one.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "unknown"
    return versions


def _versions_of(run: Path) -> dict[str, str]:
    """Return the versions that the run wrote down; none where an older program began it, or the file is damaged."""
    try:
        noted = json.loads((run / "versions.json").read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
