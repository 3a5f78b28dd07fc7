"""The project's claims, measured: the command behind `make claims`, which writes RESULTS.md."""

import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import jax
import tyro
from rich.console import Console

from jax_router import SCENARIOS, versions
from jax_router.gymnax_env import LLMRouter
from jax_router.policy import Policy
from train.agents.strategies import as_strategy
from train.algorithm.config import LONG_RUN, PRICED_RUN, SHORT_RUN, Config
from train.cli.errors import one_line_errors
from train.evaluation.baselines import TUNED_MIXTURE
from train.evaluation.comparison import Evaluation, evaluate, mixture_name
from train.evaluation.scores import Score
from train.evaluation.scores_table import markdown_table, table_rows
from train.run.trained import trained_policies
from train.studies.claim import Claim
from train.studies.priced_claims import measure_priced

MIN_SAVING = 0.15
LARGE = "ppo, 2,048 environments"
TUNED_RULE = versions.load(versions.DEFAULT).tuning.TUNED_RULE


@dataclass(frozen=True)
class Arguments:
    """Measure what README claims, over several seeds, and write it down."""

    output: Path = Path("RESULTS.md")
    """The file to write; an older one is replaced."""
    scenarios: tuple[str, ...] = SCENARIOS
    """The scenarios to measure; the claims are about the first, which is default."""
    num_seeds: int = 10
    """Agents of the short run on each scenario."""
    short_timesteps: int = SHORT_RUN.total_timesteps
    """Steps of each of them."""
    long_timesteps: int = LONG_RUN.total_timesteps
    """Steps of the agent with 2,048 environments."""
    episodes: int = 256
    """Episodes that all strategies run through."""
    tuning_episodes: int = 32
    """Other episodes, on which the tuned strategies are tuned."""
    priced_seeds: int = 5
    """Priced policies trained on each scenario that needs its own."""
    priced_timesteps: int = PRICED_RUN.total_timesteps
    """Steps of each of them."""


def main() -> None:
    """Exits with 1 where a claim does not hold."""
    arguments = tyro.cli(Arguments, prog="python -m train.claims")
    with one_line_errors():
        holds = measure(arguments, Console())
    sys.exit(0 if holds else 1)


def measure(arguments: Arguments, console: Console) -> bool:
    """Train, evaluate, write; whether every claim holds."""
    started = time.perf_counter()
    sections, claims = [], []
    evaluations = {}
    key = jax.random.key(0)
    for scenario in arguments.scenarios:
        config = replace(
            SHORT_RUN, scenario=scenario, num_seeds=arguments.num_seeds, total_timesteps=arguments.short_timesteps
        )
        agents = _trained(config)
        if scenario == "default":
            large = _trained(replace(LONG_RUN, total_timesteps=arguments.long_timesteps))
            agents |= {LARGE: next(iter(large.values()))}
        env = LLMRouter(scenario)
        evaluation = evaluations[scenario] = evaluate(
            key,
            env.default_params,
            env.model_names,
            agents,
            arguments.episodes,
            arguments.tuning_episodes,
        )
        console.print(f"{scenario}: measured after {time.perf_counter() - started:.0f} s")
        if scenario == "default":
            claims = check_claims(evaluation)
        sections.append(_section(scenario, evaluation, arguments))
    section, priced_claims = measure_priced(
        evaluations, key, arguments.priced_seeds, arguments.priced_timesteps, arguments.episodes
    )
    claims += priced_claims
    sections.insert(0, section)
    text = _page(claims, sections, time.perf_counter() - started)
    arguments.output.write_text(text)
    console.print(f"written: {arguments.output}")
    for claim in claims:
        console.print(claim.bullet, soft_wrap=True, highlight=False, markup=False)
    return all(claim.holds for claim in claims)


def check_claims(evaluation: Evaluation) -> list[Claim]:
    """What README claims of `default`, from its evaluation."""
    scores = evaluation.scores
    seeds = [name for name in evaluation.matched if name != LARGE]
    opponents = {name: s for name, s in scores.items() if _is_untuned_opponent(name, evaluation)}
    best = max(opponents, key=lambda name: opponents[name].reward.mean)
    above = sum(scores[name].reward.mean > opponents[best].reward.mean for name in seeds)
    rule = scores[TUNED_RULE].reward.mean
    savings = [saving.mean for name in seeds if (saving := evaluation.matched[name].saving) is not None]
    saves = sum(_saves(evaluation, name) for name in seeds)
    spread = f"{min(savings):.1%} to {max(savings):.1%}" if savings else "nothing that can be compared"
    return [
        Claim(
            f"{above} of {len(seeds)} seeds earn more than every static and every untuned queue-aware strategy "
            f"(the best of them, {best}, earns {opponents[best].reward.mean:.1f}; "
            f"the seeds {min(scores[n].reward.mean for n in seeds):.1f} to "
            f"{max(scores[n].reward.mean for n in seeds):.1f}).",
            above == len(seeds),
        ),
        Claim(
            f"The agent with 2,048 environments earns {scores[LARGE].reward.mean:.1f}, "
            f"the tuned two-threshold rule {rule:.1f}.",
            scores[LARGE].reward.mean > rule,
        ),
        Claim(
            f"{saves} of {len(seeds)} seeds save at least {MIN_SAVING:.0%} against the cheapest mixture of the "
            f"models with their own quality, with fewer SLA violations (the seeds save {spread}).",
            saves >= 0.9 * len(seeds),
        ),
    ]


def _saves(evaluation: Evaluation, name: str) -> bool:
    saving = evaluation.matched[name].saving
    if saving is None or saving.mean < MIN_SAVING:
        return False
    blind = evaluation.scores[mixture_name(name)]
    return evaluation.scores[name].sla_violation_rate < blind.sla_violation_rate


def _is_untuned_opponent(name: str, evaluation: Evaluation) -> bool:
    ours = {*evaluation.matched, *map(mixture_name, evaluation.matched)}
    return name not in ours and name not in (TUNED_MIXTURE, TUNED_RULE)


def _trained(config: Config) -> dict[str, Policy]:
    """The greedy policies of every seed of a config, by name."""
    return {f"ppo, seed {seed}": as_strategy(policy) for seed, policy in trained_policies(config).items()}


def _section(scenario: str, evaluation: Evaluation, arguments: Arguments) -> str:
    text = f"## `{scenario}`\n\n{markdown_table(table_rows(_summed_up(evaluation)))}\n"
    num_prompts = max(score.length for score in evaluation.scores.values())
    if any(evaluation.scores[name].length < 0.99 * num_prompts for name in evaluation.matched):
        text += "Agents with fewer prompts ran out of budget; savings are per prompt routed.\n"
    savings = [
        f"{name} {found.saving.mean:.1%} ({found.saving.low:.1%} to {found.saving.high:.1%})"
        for name, found in evaluation.matched.items()
        if found.saving is not None
    ]
    if savings:
        text += f"Saved against the cheapest mixture of the same quality (95 % interval): {'; '.join(savings)}.\n"
    without = [name for name, found in evaluation.matched.items() if found.saving is None]
    if without:
        text += f"No mixture of the models has the quality of {', '.join(without)}.\n"
    none_within = [n for n, found in evaluation.matched.items() if found.num_tried and found.within_sla is None]
    tried = max(found.num_tried for found in evaluation.matched.values())
    if none_within:
        text += (
            f"For {len(none_within)} of {len(evaluation.matched)} agents, none of {tried:,} mixtures tried has both "
            "their quality and no more SLA violations.\n"
        )
    return text


def _summed_up(evaluation: Evaluation) -> Mapping[str, Score]:
    """All strategies but the mixtures of every single seed: one of them shows what they are."""
    first, *others = [mixture_name(name) for name in evaluation.matched]
    return {name: score for name, score in evaluation.scores.items() if name not in others or name == first}


def _page(claims: list[Claim], sections: list[str], seconds: float) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "flax", "optax", "gymnax"))
    device = jax.devices()[0].device_kind
    head = (
        "# Results\n\n"
        f"Written by `make claims` on {date.today()}, in {seconds:.0f} s, on {device} ({platform.machine()}), "
        f"Python {platform.python_version()}, {versions}. Every strategy of a table ran through the same episodes.\n\n"
        "## Claims\n\n"
    )
    return head + "\n".join(claim.bullet for claim in claims) + "\n\n" + "\n".join(sections)


if __name__ == "__main__":
    main()
