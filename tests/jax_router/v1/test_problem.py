"""A problem as people write it: fleets, settings, traffic from traces, tables of lengths and of quality."""

import jax
import numpy as np
import pytest

from jax_router.rollout import run_episodes, run_steps
from jax_router.strategies import constant, random
from jax_router.v1 import (
    DEFAULT_MODELS,
    ModelConfig,
    QualityTable,
    RewardConfig,
    Traffic,
    load_models,
    lognormal,
    make_params,
    tables_from,
)
from jax_router.v1.arrivals import fitted
from jax_router.v1.settings import Settings
from tests.helpers.regimes import cox, on_off

BASE = {"price_in": 1.0, "price_out": 2.0, "quality_score": 0.8, "step_time": 0.01, "prefill_rate": 1e4}


def model(**changes):
    return ModelConfig(**({"name": "a", **BASE} | changes))


@pytest.fixture
def trace(tmp_path):
    """A file of 3,000 requests over ten minutes, with lengths that depend on each other."""
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.uniform(0, 600, 3000))
    inputs = rng.integers(10, 3000, 3000)
    outputs = np.maximum(1, inputs // 10 + rng.integers(0, 5, 3000))
    path = tmp_path / "trace.csv"
    rows = [f"{s:.6f},{i},{o}" for s, i, o in zip(1.7e9 + seconds, inputs, outputs, strict=True)]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]))
    return path, seconds, inputs, outputs


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("name", " ", "a non-empty string"),
        ("price_in", -1, "at least 0"),
        ("quality_score", 1.1, "at least 0 and at most 1"),
        ("step_time", 0, "above 0"),
        ("prefill_rate", float("nan"), "above 0"),
        ("slots", 0.5, "at least 1"),
        ("chunk", 0, "at least 1"),
        ("jitter", 4, "at least 0 and at most 3"),
        ("rpm", 0, "at least 1"),
        ("tpm", 1e10, "at most 1000000000"),
        ("mtbf", 0, "above 0"),
        ("cached_price", 2, "at most 1"),
        ("fallback", 3, "the name of a model"),
    ],
)
def test_a_model_says_what_is_wrong(field, value, allowed):
    with pytest.raises(ValueError, match=rf"{field}.* is .*; it must be .*{allowed}"):
        model(**{field: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scenario": "rush_hour"}, "the known ones are default, roomy"),
        ({"scenario": "replay"}, "it needs a trace"),
        ({"rate": 0}, "rate is 0"),
        ({"episode_length": 1.5}, "episode_length is 1.5; it must be a whole number"),
        ({"budget": -1}, "budget is -1"),
        ({"rho": 1.1}, "rho is 1.1"),
        ({"kappa": 1}, "kappa is 1; it must be a finite number at least 0 and at most 0.99"),
        ({"pause_prob": 2}, "pause_prob is 2"),
        ({"sessions": 0}, "sessions is 0"),
        ({"lengths": "chat"}, "lengths is 'chat'; it must be 'conv' or 'code'"),
        ({"models": []}, "models is empty"),
        ({"models": [model(), model()]}, "names must be unique"),
        ({"models": [model(fallback="b")]}, "fallback of 'a' is 'b'; the models are a"),
        ({"reward": 3}, "it must be a RewardConfig"),
        ({"traffic": 3}, "it must be a Traffic"),
        ({"traffic": Traffic.synthetic(), "load_amplitude": 0.1}, "load_amplitude shapes the synthetic traffic"),
        ({"quality": QualityTable([[0.5, 0.6]], [1])}, "quality has 2 models; this fleet has 5"),
    ],
)
def test_a_problem_says_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        make_params(**settings)


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'queue'"):
        make_params(queue=1)
    assert {"rate", "beta"} <= Settings.__annotations__.keys()


def test_a_reward_says_what_is_wrong():
    with pytest.raises(ValueError, match="ttft_sla is 0; it must be a finite number above 0"):
        RewardConfig(ttft_sla=0)
    with pytest.raises(ValueError, match="cost_weight is -1"):
        RewardConfig(cost_weight=-1)


def test_a_fleet_from_toml(tmp_path):
    path = tmp_path / "fleet.toml"
    numbers = "price_in = 1\nprice_out = 2\nquality_score = 0.8\nstep_time = 0.01\nprefill_rate = 10000\n"
    path.write_text(f'[[models]]\nname = "a"\n{numbers}tpm = 500\nfallback = "b"\n[[models]]\nname = "b"\n{numbers}')
    models = load_models(path)
    assert models == (model(tpm=500, fallback="b"), model(name="b"))
    params = make_params(models=models)
    np.testing.assert_array_equal(params.fleet.fallback, [1, 0])  # equally cheap: the first
    path.write_text(f'[[models]]\nname = "a"\n{numbers}speed = 3\n')
    with pytest.raises(ValueError, match=r"number 1 has the unknown key 'speed'; allowed are name, price_in"):
        load_models(path)
    path.write_text(f'[[models]]\nname = "a"\n{numbers}fallback = "c"\n')
    with pytest.raises(ValueError, match=r"fleet\.toml: fallback of 'a' is 'c'"):
        load_models(path)


def test_the_default_fleet():
    params = make_params()
    np.testing.assert_array_equal(params.fleet.fallback, 4)  # llama-8b is the cheapest
    assert [m.name for m in DEFAULT_MODELS][-1] == "llama-8b"
    np.testing.assert_array_equal(make_params("roomy").fleet.token_limit[:3], 20 * params.fleet.token_limit[:3])


def test_a_replayed_trace_is_the_trace(trace, key):
    path, seconds, inputs, outputs = trace
    params = make_params("replay", traffic=Traffic.from_trace(path), episode_length=10_000)
    assert float(params.arrivals.mean_rate) == pytest.approx(1.1 * 2999 / np.ptp(seconds), rel=1e-3)
    last, _ = run_steps(key, random(params), 5, 4000, params)
    row = np.asarray(last.position)
    np.testing.assert_array_equal(np.asarray(last.prompt.input_tokens), inputs[row])
    np.testing.assert_array_equal(np.asarray(last.prompt.output_tokens), outputs[row])
    assert len(set(row.tolist())) == 5
    assert float(make_params(traffic=Traffic.from_trace(path)).arrivals.rate) == 1.0
    assert float(make_params(traffic=Traffic.from_trace(path), rate=3.0).arrivals.rate) == 3.0


def test_a_process_fitted_to_a_trace(trace):
    path, seconds, inputs, _ = trace
    traffic = Traffic.from_trace(path, arrivals="poisson")
    params = make_params(traffic=traffic)
    assert float(params.arrivals.rate) == pytest.approx(3000 / np.ptp(seconds), rel=1e-3)
    assert float(params.arrivals.burst_std) == 0
    assert traffic.rows is None
    np.testing.assert_allclose(traffic.lengths.mean_input, inputs.mean(), rtol=0.01)
    with pytest.raises(ValueError, match="arrivals is 'gamma'; it must be one of replay, poisson, cox, on_off"):
        Traffic.from_trace(path, arrivals="gamma")


def test_fits_find_what_made_the_arrivals():
    rng = np.random.default_rng(3)
    wandering = fitted(cox(0.5, memory=20.0)(rng, 60_000, 5.0), "cox")
    assert wandering["burst_std"] == pytest.approx(0.5, abs=0.1)
    assert 8 < wandering["burst_time"] < 40
    starts = rng.exponential(8, 800), rng.exponential(39, 800)
    begin = np.cumsum(starts[0] + starts[1]) - starts[0] - starts[1]
    times = [b + np.cumsum(rng.exponential(1 / 15, 5000)) for b in begin]
    seconds = np.concatenate([t[t < b + on] for t, b, on in zip(times, begin, starts[0], strict=True)])
    switched = fitted(seconds, "on_off")
    assert switched["rate"] == pytest.approx(15, rel=0.25)
    assert switched["pause_mean"] == pytest.approx(39, rel=0.3)
    assert 1 / (switched["pause_prob"] * switched["rate"]) == pytest.approx(8, rel=0.4)
    assert fitted(on_off(rng, 3000, 2.0), "poisson")["pause_prob"] == 0


def test_a_trace_without_answers_is_refused(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens\n1700000000,5\n1700000001,6\n")
    with pytest.raises(ValueError, match="GeneratedTokens"):
        Traffic.from_trace(path)


@pytest.mark.parametrize("size", [1, 2, 11, 500])
def test_tables_of_few_requests(size):
    rng = np.random.default_rng(size)
    inputs, outputs = rng.integers(1, 100, size), rng.integers(0, 100, size)
    tables = tables_from(inputs, outputs)
    for table in (tables.input_quantiles, tables.output_quantiles):
        assert np.isfinite(table).all()
        assert (np.diff(table, axis=-1) >= 0).all()
    assert tables.input_quantiles[-1] == inputs.max()
    assert tables.output_quantiles.min() >= 1


def test_tables_say_what_is_wrong():
    with pytest.raises(ValueError, match=r"both must be \(R,\)"):
        tables_from([1, 2], [1])
    with pytest.raises(ValueError, match="input_tokens holds"):
        tables_from([1, -2], [1, 1])
    with pytest.raises(ValueError, match="correlation is 2"):
        lognormal(100, 100, correlation=2)


def test_lognormal_pairs_hang_together():
    tables = lognormal(1000, 200, 1.0, 1.0, 0.8)
    assert tables.mean_input == pytest.approx(1000, rel=0.02)
    assert tables.mean_output == pytest.approx(200, rel=0.05)
    assert (np.diff(tables.expected_output) > 0).all()
    assert (np.diff(lognormal(1000, 200, 1.0, 1.0, -0.8).expected_output) < 0).all()


def test_a_table_of_quality(tmp_path):
    path = tmp_path / "quality.csv"
    path.write_text("category,model,prompts,share_good\nx,a,80,1\nx,b,20,0.5\ny,a,20,0\ny,b,80,0.5\n")
    table = QualityTable.from_csv(path, ["a", "b"])
    np.testing.assert_allclose(table.shares, [[(80 + 20 * 0.8) / 100, 0.5], [20 * 0.8 / 40, 0.5]])
    np.testing.assert_allclose(table.weights, [50, 50])
    with pytest.raises(ValueError, match="holds no prompts of the model 'c'"):
        QualityTable.from_csv(path, ["a", "c"])
    path.write_text("category,model,prompts,share_good\nx,a,many,1\n")
    with pytest.raises(ValueError, match=r"line 2: prompts is 'many'; it must be a number"):
        QualityTable.from_csv(path, ["a"])
    with pytest.raises(ValueError, match=r"each must be 0 \.\. 1"):
        QualityTable([[1.5]], [1])


def test_sessions_are_cached_where_they_were_served(key):
    """Sent to one model for a while, follow-ups have their home there."""
    params = make_params("sessions", sessions=5, episode_length=10_000)
    state, _ = run_steps(key, constant(3), 64, 100, params)
    home = np.asarray(state.prompt.home)
    assert ((home == 3) | (home == 5)).mean() > 0.9
    assert (home == 3).mean() == pytest.approx(0.6, abs=0.2)


def test_tight_budgets_end(key):
    params = make_params("tight_budget")
    episodes = jax.jit(lambda key: run_episodes(key, random(params), 8, params))(key)
    assert (episodes.length < 1000).all()
    assert (episodes.cost >= 0.8 * (1 - 1e-4)).all()
