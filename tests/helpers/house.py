"""The rules of the house, read off the imports and the names in the source: each returns what offends it, by line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAY_IMPORT = {
    "jax_router": set(),
    "router_serving": set(),
    "gym_compat": {"jax_router"},
    "train": {"jax_router", "router_serving"},
    "benchmarks": {"jax_router", "router_serving", "gym_compat", "train"},
}
"""Which of our packages each of them may import besides itself."""

PARTS = ("cli", "algorithm", "agents", "bounds", "evaluation", "run", "studies", "pictures")
"""The folders of `train` from the lowest up: each imports those below it, and a command is above them all."""

FACES = {
    "jax_router.fit": "fits a problem of LLMRouter-v1",
    "jax_router": "binds the default version",
    "jax_router.versions": "the list of versions",
    "jax_router.gymnax_env": "a class for each version",
    "gym_compat": "registers each version",
    "gym_compat.traffic": "LLMRouter-v0's prompts under the name of the program that it continues",
    "train.pictures.gallery": "two of the demo's pictures are of LLMRouter-v0's world",
}
"""Generic modules that may name a version, and why."""

VERSION = re.compile(r"v\d+")
ENVIRONMENT_ID = re.compile(r"LLMRouter-v\d+")
FIELDS = {
    *("queue_depths", "complexity", "congestion", "difficulty", "max_queue_depth", "arrival_mean", "drain_low"),
    *("drain_high", "slowdown", "length_weight", "load_amplitude", "steps_per_day", "gap_floor", "gap_slope"),
    *("cost_per_call", "latency_mean", "latency_std", "complexity_quantiles", "length_quantiles", "mean_length"),
}
"""Fields that some version has for itself."""


@dataclass(frozen=True)
class Module:
    """One file of our packages."""

    name: str
    tree: ast.Module
    imports: frozenset[str]
    """The modules of ours that it imports anywhere in the file, for type checkers too."""

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    @property
    def part(self) -> str | None:
        """The folder of `train` that it is in; None for a command, and outside of `train`."""
        package, *place = self.name.split(".")
        in_folder = package == "train" and (len(place) > 1 or place[:1] in [[part] for part in PARTS])
        return place[0] if in_folder else None

    @property
    def is_of_a_version(self) -> bool:
        return any(VERSION.fullmatch(place) for place in self.name.split("."))


def read_house(root: Path) -> dict[str, Module]:
    """Every module below the packages in `root`, by its name."""
    paths = {_name(path.relative_to(root)): path for name in MAY_IMPORT for path in (root / name).rglob("*.py")}
    trees = {name: ast.parse(path.read_text()) for name, path in paths.items()}
    return {name: Module(name, tree, frozenset(_imports(tree, set(paths)) - {name})) for name, tree in trees.items()}


def circles(house: dict[str, Module]) -> list[str]:
    """Modules that import themselves through others."""

    def reachable(start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            for name in house[waiting.pop()].imports - found:
                found.add(name)
                waiting.append(name)
        return found

    reach = {name: reachable(name) for name in house}
    rings = {frozenset(other for other in reach[name] if name in reach[other]) for name in house if name in reach[name]}
    return sorted(f"circle: {', '.join(sorted(ring))}" for ring in rings)


def wrong_floors(house: dict[str, Module]) -> list[str]:
    """Packages, and parts of `train`, that import what stands above or beside them."""
    homeless = [m for m in house.values() if m.part not in (None, *PARTS)]
    settled = [m for m in house.values() if m not in homeless]
    from_above = [(m, name) for m in settled for name in m.imports if not _is_below(house[name], m)]
    return sorted(
        [f"{m.name} is in a folder that is no part" for m in homeless]
        + [f"{m.name} imports {n}" for m, n in from_above]
    )


def names_of_versions(house: dict[str, Module]) -> list[str]:
    """Generic files that name a version or a field that a version has for itself."""
    worlds = ("jax_router", "gym_compat", "train")  # what serves sees no simulator; a benchmark is of one environment
    generic = [m for m in house.values() if m.package in worlds and not m.is_of_a_version and m.name not in FACES]
    return sorted(f"{module.name}, line {line}: {what}" for module in generic for line, what in _mentions(module.tree))


def _is_below(imported: Module, importer: Module) -> bool:
    if imported.package != importer.package:
        return imported.package in MAY_IMPORT[importer.package]
    if importer.part is None:
        return True
    return imported.part in PARTS[: PARTS.index(importer.part) + 1]


def _mentions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                places = [*module.split("."), *(alias.name for alias in names)]
                yield from ((node.lineno, f"imports {place}") for place in places if VERSION.fullmatch(place))
            case ast.Import(names=names):
                places = [place for alias in names for place in alias.name.split(".")]
                yield from ((node.lineno, f"imports {place}") for place in places if VERSION.fullmatch(place))
            case ast.Attribute(attr=name) if VERSION.fullmatch(name) or name in FIELDS:
                yield node.lineno, f"names {name}"
            case ast.Constant(value=str(text)) if id(node) not in prose and ENVIRONMENT_ID.search(text):
                yield node.lineno, f"names {text}"


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, known: set[str]) -> set[str]:
    """The known modules that a file imports; `from package import name` is that module where `name` is one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= submodules & known
            if submodules - known:
                found.add(str(node.module))
    return found & known
