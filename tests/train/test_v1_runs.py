"""LLMRouter-v1 from the command line: learning, at a price too, and comparing what was learned."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest

from jax_router import v1
from jax_router.rollout import run_episodes
from jax_router.versions import LEARNING, LONG_LEARNING
from router_serving.pacing import make_plan
from router_serving.policy_file import load_policy
from tests.helpers.pictures import check_not_blank
from tests.helpers.runs import SMALL
from train import budgets, demo, evaluate, frontier, ppo, specialists
from train.agents.export import rehearse
from train.agents.paced import Paced
from train.agents.strategies import plan_for
from train.algorithm.config import LONG_RUN, Problem, learning_for

pytestmark = pytest.mark.slow

V1 = ("--env", "LLMRouter-v1", "--episode-length", "20")


def test_train_and_evaluate(tmp_path, capsys):
    run = tmp_path / "run"
    ppo.main([*SMALL, *V1, "--scenario", "outages", "--run-dir", str(run)])
    policy = load_policy(run)
    assert policy.origin.environment == "LLMRouter-v1"
    assert policy.origin.scenario == "outages"
    assert len(policy.origin.observation) == 50
    output = tmp_path / "results.json"
    few = ["--episodes", "4", "--tuning-episodes", "0", "--episode-length", "20", "--bound-seconds", "1"]
    evaluate.main(["--model-path", str(run), "--output", str(output), *few])
    assert "no policy earns more than" in capsys.readouterr().out
    results = json.loads(output.read_text())
    assert {"ppo", "greedy-reward"} <= results["strategies"].keys()
    greedy = results["strategies"]["greedy-reward"]["reward"]["mean"]
    assert results["upper_bound"]["value"] == pytest.approx(greedy, rel=0.3)  # four episodes may be lucky


def test_train_at_a_price(tmp_path, capsys):
    run = tmp_path / "run"
    ppo.main([*SMALL, *V1, "--priced", "--run-dir", str(run)])
    assert load_policy(run).origin.environment == "LLMRouter-v1"
    capsys.readouterr()


def test_a_scenario_of_another_environment_is_refused(refuses):
    refuses(ppo.main, ["--env", "LLMRouter-v1", "--scenario", "rush_hour"], "the known ones are default, roomy, bursts")
    refuses(ppo.main, ["--env", "LLMRouter-v1", "--scenario", "replay"], "it needs a trace")


def test_a_pacer_learns_what_prompts_really_cost(key):
    """Answers cost what they turn out to: the account is the episode's own, whatever was expected."""
    params = v1.make_params("tight_budget", episode_length=300, budget=0.2)
    scores, costs = jax.numpy.asarray(params.fleet.quality_score), v1.budgeting.mean_costs(params)

    @jax.vmap
    def by_price(observation):
        return scores - jax.numpy.exp(observation[-1]) * costs

    measured = rehearse(by_price, params, 0.3, 10_000, jax.random.key(5))
    plan = make_plan(*measured, np.asarray(params.traffic.load), float(v1.budgeting.prompts_per_day(params)))
    policy = Paced(by_price, plan_for(plan, params), params)
    episodes = jax.jit(lambda key: run_episodes(key, policy, 16, params))(key)
    assert episodes.cost.max() < 0.2 * 1.05  # the last prompt may cost more than was thought, no other
    assert episodes.length.min() >= 285
    assert episodes.cost.mean() == pytest.approx(0.2, rel=0.1)


def test_a_frontier(tmp_path, capsys):
    toy = ["--total-timesteps", "1024", "--episode-length", "20", "--num-weights", "2", "--episodes", "4"]
    frontier.main(["--env", "LLMRouter-v1", *toy, "--output", str(tmp_path / "frontier.png")])
    check_not_blank(tmp_path / "frontier.png")
    assert "always frontier-api" in capsys.readouterr().out


def test_budgets_and_specialists_are_of_the_policy_s_own_environment(tmp_path, capsys):
    run = tmp_path / "run"
    ppo.main([*SMALL, *V1, "--priced", "--run-dir", str(run)])
    few = ["--model-path", str(run), "--episodes", "2", "--episode-length", "20"]
    budgets.main([*few, "--budgets", "0.02", "--no-trouble"])
    picture = tmp_path / "specialists.png"
    specialists.main([*few, "--num-agents", "2", "--total-timesteps", "1024", "--output", str(picture)])
    check_not_blank(picture)
    printed = capsys.readouterr().out
    assert "as planned" in printed
    assert "agent for the price" in printed


def test_the_demo_leaves_out_what_is_of_another_environment(tmp_path, capsys):
    toy = ["--total-timesteps", "2048", "--episode-length", "20", "--num-seeds", "1", "--num-weights", "2"]
    priced = ["--priced-timesteps", "16384", "--separate-timesteps", "1024"]
    few = ["--episodes", "2", "--tuning-episodes", "0", "--output-dir", str(tmp_path)]
    demo.main(["--env", "LLMRouter-v1", *toy, *priced, *few])
    drawn = {path.stem for path in tmp_path.iterdir()}
    assert drawn == {"learning", "frontier", "price", "priced_frontier"}
    assert "LLMRouter-v1 has no picture of this kind, so it is left out: choices, day" in capsys.readouterr().out


@pytest.mark.parametrize("command", [frontier, demo])
def test_an_environment_that_is_not_ours_is_refused(command, refuses):
    refuses(command.main, ["--env", "CartPole-v1"], "--env is 'CartPole-v1'; it must be LLMRouter-v0 or LLMRouter-v1")


def test_each_environment_has_ppo_settings_of_its_own():
    for priced in (False, True):
        learning = learning_for(Problem(env="LLMRouter-v1", priced=priced), LONG_RUN)
        usual = learning_for(Problem(priced=priced), LONG_RUN)
        own = LEARNING["LLMRouter-v1"] | ({} if priced else LONG_LEARNING["LLMRouter-v1"])
        assert learning == replace(usual, **own)
