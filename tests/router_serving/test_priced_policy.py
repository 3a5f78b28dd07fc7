"""Priced policies: from a run to a file to serving, the same in NumPy as in JAX, and what they refuse."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import make_params
from jax_router.rollout import run_steps
from router_serving.policy_file import load_policy, save_policy
from router_serving.priced_policy import PricedPolicy
from tests.helpers.made_up import PARAMS, by_complexity_and_price
from tests.helpers.runs import Run
from train.agents.strategies import as_strategy, paced
from train.algorithm.config import PRICED_RUN
from train.budgets import main as sweep_main
from train.evaluate import main as evaluate_main
from train.ppo import main, parse


@pytest.fixture(scope="module")
def made_up() -> PricedPolicy:
    return by_complexity_and_price()


@pytest.fixture
def policy(made_up: PricedPolicy) -> PricedPolicy:
    """One that has not served yet."""
    return replace(made_up)


def test_a_file_comes_back_as_it_was(policy, tmp_path) -> None:
    save_policy(tmp_path / "policy.npz", policy)
    loaded = load_policy(tmp_path / "policy.npz")
    assert isinstance(loaded, PricedPolicy)
    assert (loaded.min_price, loaded.max_price) == (0.3, 3000)
    assert loaded.observation_size == 9
    np.testing.assert_array_equal(loaded.cost_per_call, policy.cost_per_call)
    np.testing.assert_equal(vars(loaded.plan), vars(policy.plan))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan_prices": np.arange(33, 0, -1, np.float32)}, "plan_prices is not a rising series"),
        ({"plan_cost": np.ones((3, 24), np.float32)}, "plan_cost does not fall with plan_prices"),
        ({"prompts_per_day": np.float32(0)}, "prompts_per_day is 0"),
        ({"cost_per_call": np.ones(3, np.float32)}, "cost_per_call does not fit"),
        ({"load": np.full(96, np.nan, np.float32)}, "load is not finite"),
        ({"load": None}, "it holds"),
    ],
)
def test_a_damaged_file_is_refused(policy, tmp_path, change, message: str) -> None:
    path = tmp_path / "policy.npz"
    save_policy(path, policy)
    with np.load(path) as archive:
        arrays = dict(archive) | change
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(ValueError, match=message):
        load_policy(path)


def test_numpy_and_jax_act_alike_at_any_price(policy) -> None:
    generator = np.random.default_rng(0)
    observations = generator.random((2000, 9)).astype(np.float32)
    for price in (0.3, 3.0, 30.0, 3000.0):
        in_jax = as_strategy(policy, price)(jax.random.key(0), observations, None)  # type: ignore[arg-type]
        np.testing.assert_array_equal(policy.act(observations, price), in_jax)
    prices = np.exp(generator.uniform(np.log(0.3), np.log(3000), 2000))
    actions = policy.act(observations, prices)
    assert set(np.unique(actions)) == {1, 3, 4}
    np.testing.assert_array_equal(policy.act(observations[7], prices[7]), actions[7])


def test_the_amount_of_the_budget_is_not_looked_at(policy) -> None:
    rich, poor = (np.full((1, 9), 0.5, np.float32) for _ in range(2))
    poor[0, -1] = 0.01
    np.testing.assert_array_equal(policy.logits(rich, 3.0), policy.logits(poor, 3.0))


def test_serving_routes_a_day_as_the_simulator_does(policy) -> None:
    """The observations of a paced episode, one by one: the same models, prompt by prompt, and the same money left."""
    params = make_params(episode_length=300, budget=0.4)
    strategy = paced(policy, params)
    _, seen = jax.device_get(run_steps(jax.random.key(1), strategy, 1, 300, params))
    policy.start(0.4, 300)
    actions = []
    for observation in seen.observation[:, 0]:
        actions.append(int(policy.act(observation)))
        policy.charge(float(policy.cost_per_call[actions[-1]]))
    # Prices agree to float32: where two models are as good as equal, the choice may differ.
    assert np.mean(np.array(actions) == seen.action[:, 0]) > 0.99
    assert 0 <= policy.budget_left < 0.002
    assert len(set(actions)) > 2


def test_without_a_number_of_prompts_it_paces_by_the_load(policy) -> None:
    """Prompts that come where the load is, some 2,000 of them in a day: nothing is left, and nothing was missing."""
    generator = np.random.default_rng(0)
    times = np.arange(0, 1, 1e-5)
    rate = 2000 * 1e-5 * PARAMS.traffic.load[(times * 96).astype(int)]
    times = times[generator.random(len(times)) < rate]
    times = times[np.argsort((times - 0.3) % 1)]  # the day begins at 07:12
    policy.start(3.0, days=1.0)
    left_at_noon = None
    for time in times:
        observation = generator.random(9).astype(np.float32)
        observation[-2] = time
        cost = float(policy.cost_per_call[policy.act(observation)])
        policy.charge(cost)
        if left_at_noon is None and time > 0.5:
            left_at_noon = policy.budget_left
    assert 0 <= policy.budget_left < 0.15
    # The fifth of the day before noon is busy: 1 + sin(2 pi (t - 0.125)) / 2 integrates to 0.292 there.
    assert left_at_noon == pytest.approx(3 * (1 - 0.292), abs=0.15)


def test_a_price_out_of_range_is_clamped_and_said_once(policy) -> None:
    observation = np.full(9, 0.5, np.float32)
    with pytest.warns(UserWarning, match=r"price 10000\.0 is outside the range .*, 0\.3 to 3000"):
        action = policy.act(observation, 1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert action == policy.act(observation, 3000.0) == policy.act(observation, 1e5)


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda p, o: p.act(o), "call act.observation, price., or start"),
        (lambda p, o: p.price, "call act.observation, price., or start"),
        (lambda p, o: p.start(0.4, 1000), "1000 prompts cost 0.5 USD at the cheapest model"),
        (lambda p, o: p.start(np.nan, 1000), "budget is nan"),
        (lambda p, o: p.start(1.0), "either the number of prompts or the days"),
        (lambda p, o: p.start(1.0, 10, days=1), "either the number of prompts or the days"),
        (lambda p, o: p.start(1.0, 0), "prompts is 0; it must be a number above 0"),
        (lambda p, o: p.charge(0.1), "there is no prompt to charge"),
        (lambda p, o: (p.start(1.0, 10), p.act(o), p.act(o)), "the last prompt was not charged"),
        (lambda p, o: (p.start(1.0, 10), p.act(o), p.charge(-1)), "cost is -1; it must be a finite number at least 0"),
        (lambda p, o: (p.start(1.0, 10), p.act(o[None])), "one at a time"),
        (lambda p, o: (p.start(1.0, 10), p.act(o), p.charge(1.0), p.act(o)), "the budget is spent"),
        (lambda p, o: p.act(o[:5], 1.0), r"takes \(n, 9\)"),
    ],
)
def test_misuse_says_what_to_do(policy, misuse, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        misuse(policy, np.full(9, 0.5, np.float32))


def test_as_strategy_wants_a_price_for_a_priced_policy_only(policy) -> None:
    with pytest.raises(ValueError, match="a priced policy acts at a price"):
        as_strategy(policy)


def test_the_flags_have_defaults_of_their_own() -> None:
    assert parse(["--priced"]).config == PRICED_RUN
    assert PRICED_RUN.total_timesteps == 4_000_000


def test_a_run_ends_with_a_priced_policy(priced_run: Run, tmp_path: Path, capsys) -> None:
    run = Path(copytree(priced_run.folder, tmp_path / "run"))
    policy = load_policy(run)
    assert isinstance(policy, PricedPolicy)
    assert policy.act(np.zeros((3, 9), np.float32), 10.0).shape == (3,)
    assert json.loads((run / "config.json").read_text())["priced"]
    main(["--resume", str(run)])  # it is done: the report again
    printed = capsys.readouterr().out
    assert printed.count("always tier2_small") == priced_run.printed.count("always tier2_small")
    for strategy in ("PPO, paced", "PPO, price 0.3", "PPO, price 10,000", "always tier2_small"):
        assert strategy in printed


def test_evaluate_shows_it_with_and_without_the_pacer(priced_run: Run, tmp_path: Path, capsys) -> None:
    output = tmp_path / "results.json"
    args = ["--episodes", "4", "--tuning-episodes", "0", "--episode-length", "30"]
    evaluate_main(["--model-path", str(priced_run.folder), *args, "--output", str(output)])
    strategies = json.loads(output.read_text())["strategies"]
    assert {"ppo, paced", "ppo, price 0.3", "mixture like ppo, paced"} <= set(strategies)
    assert strategies["ppo, paced"]["difference"]["reward"]["mean"] == 0


def test_budgets_beside_hindsight(tmp_path: Path, policy, capsys) -> None:
    save_policy(tmp_path / "policy.npz", policy)
    picture = tmp_path / "day.png"
    args = ["--budgets", "1.2", "--episodes", "2", "--picture", str(picture)]
    sweep_main(["--model-path", str(tmp_path / "policy.npz"), *args])
    printed = capsys.readouterr().out
    for wrong in ("as planned", "first price x 0.1", "first price x 10", "budget halved", "load doubled"):
        assert printed.count(wrong) == 1
    assert picture.exists()
    assert picture.with_suffix(".svg").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--min-price", "1", "--max-price", "0.5", "--priced"],
            "--max-price is 0.5; it must be a finite number above 1",
        ),
        (["--min-price", "0", "--priced"], "--min-price is 0"),
        (["--max-price", "7"], "--max-price is 7; it is for runs with --priced"),
        (["--priced", "--env", "CartPole-v1"], "--priced is for LLMRouter-v0"),
        (["--priced", "--budget", "0.4"], "1000 prompts cost 0.5 USD at the cheapest model: it must be at least that"),
        (["--resume", "RUN", "--no-priced"], "that run is priced: it is told the price of money"),
    ],
)
def test_bad_input_is_one_line_and_status_2(priced_run: Run, args: list[str], message: str, refuses) -> None:
    refuses(main, [arg.replace("RUN", str(priced_run.folder)) for arg in args], message)


def test_an_unpriced_run_does_not_become_priced(trained_run: Run, refuses) -> None:
    message = "that run is not priced: it is never told the price of money"
    refuses(main, ["--resume", str(trained_run.folder), "--priced"], message)


def test_the_observation_of_the_network_ends_with_1_and_the_log_of_the_price(policy) -> None:
    seen = policy._with_price(np.arange(9, dtype=np.float32), np.log(np.float32(30)))
    np.testing.assert_allclose(seen, [*range(8), 1, np.log(30)], rtol=1e-6)
    assert jnp.asarray(seen).dtype == jnp.float32
