"""What pages say of the code is so: defaults, presets, scenarios, figures and files. Links lead somewhere."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from jax_router import DEFAULT_MODELS, SCENARIOS, RewardConfig
from jax_router.v0.scenarios import _SCENARIOS
from jax_router.v0.settings import Settings
from tests.jax_router.v0.test_figures import FIGURES
from train.agents.export import NUM_PARTS, NUM_PRICES
from train.algorithm import config

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PRESETS = {
    "short run": config.SHORT_RUN,
    "long run": config.LONG_RUN,
    "`--priced`": config.PRICED_RUN,
    "another `--env`": config.GYMNAX_RUN,
}


def rows_of(page: str, section: str) -> list[list[str]]:
    """The cells of all tables in a section, without their headers."""
    text = (DOCS / page).read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"-?[\d.,]*\d(?:e-?\d+)?", text)]


def names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def test_settings_and_their_defaults() -> None:
    told: dict[str, float] = {}
    for setting, default, _ in rows_of("dynamics.md", "Settings"):
        told |= dict(zip(names(setting), numbers(default), strict=True))
    assert told == vars(Settings()) | vars(RewardConfig())


@pytest.mark.parametrize("page", ["dynamics.md", "simulator.md"])
def test_every_scenario_is_told(page: str) -> None:
    assert [names(row[0])[0] for row in rows_of(page, "Scenarios")] == list(SCENARIOS)


def test_how_scenarios_differ() -> None:
    for scenario, difference in rows_of("dynamics.md", "Scenarios"):
        settings, reward = _SCENARIOS[names(scenario)[0]]
        default = vars(Settings()) | vars(RewardConfig())
        now = vars(settings) | vars(reward)
        told = dict(zip(names(difference), numbers(re.sub(r"`\w+`", "", difference)), strict=True))
        assert told == {name: value for name, value in now.items() if value != default[name]}


def test_the_models_of_the_simulator() -> None:
    told = [(names(name)[0], *numbers(" ".join(rest))) for name, *rest in rows_of("simulator.md", "Models")]
    assert told == [tuple(getattr(model, field.name) for field in fields(model)) for model in DEFAULT_MODELS]


def test_figures_are_those_that_are_measured_again() -> None:
    told: dict[str, dict[str, tuple[float, ...]]] = {}
    for scenario, strategy, *cells in rows_of("dynamics.md", "Figures to check an implementation against"):
        name = re.sub(r" \(.*\)", "", strategy).replace("`", "")
        told.setdefault(names(scenario)[0], {})[name] = tuple(numbers(" ".join(cells)))
    assert told == FIGURES


def test_presets_of_training() -> None:
    rows = rows_of("training.md", "The algorithm")
    assert [name for name, *_ in rows] == list(PRESETS)
    for name, *cells in rows:
        preset = PRESETS[name]
        sizes = [preset.total_timesteps, preset.num_envs, preset.num_epochs, preset.num_minibatches]
        assert numbers(" ".join(cells)) == [*sizes, preset.learning_rate, preset.discount]


def test_the_size_of_a_plan() -> None:
    """Both pages that tell it say how many prices it has, and that it has a row for each hour."""
    assert NUM_PARTS == 24
    for page in ("glossary.md", "budgets.md"):
        assert re.findall(r"(\d+) prices,? (?:and )?in each\s+hour", (DOCS / page).read_text()) == [str(NUM_PRICES)], (
            page
        )


def test_what_the_changelog_says_has_moved_is_there() -> None:
    """Every whole path in the right column is a module or a package; those in the left one are gone, or mean more."""
    table = (ROOT / "CHANGELOG.md").read_text().split("### What moved")[1].split("\n## ")[0]
    paths = [path for line in table.splitlines()[3:] for path in re.findall(r"`(\w+\.[\w.]+)`", line.split("|")[-2])]
    assert len(paths) > 15
    for path in paths:
        place = ROOT / path.strip(".").replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").exists(), path


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "CHANGELOG.md", "RESULTS.md", "benchmarks/RESULTS.md", "benchmarks/NOTES.md"]
)
def test_links_outside_the_site_lead_somewhere(page: str) -> None:
    """`make docs` looks after those of the site."""
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), target


def test_files_that_pages_name_are_there() -> None:
    """A file in backquotes with its folder exists, unless a recipe is about to write it."""
    to_be_written = {"train/shares.py", "tests/train/test_shares.py", "train/NAME.py"}
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for path in set(re.findall(r"`((?:\w+/)+\w+\.\w+)`", page.read_text())) - to_be_written:
            if path.split("/")[0] in {
                "jax_router",
                "router_serving",
                "gym_compat",
                "train",
                "tests",
                "docs",
                "benchmarks",
            }:
                assert (ROOT / path).exists(), f"{page.name}: {path}"
