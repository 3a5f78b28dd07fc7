"""What a gateway makes of a situation is what the simulator's `observe` makes of the same state."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router import v0, v1
from jax_router.v0.congestion import latency_factor
from jax_router.v0.noise import draw_noise as draw_noise_v0
from jax_router.v0.quality import mean_quality
from jax_router.v1 import expectation
from jax_router.v1.noise import draw_noise as draw_noise_v1
from router_serving.gateway.observe import model_table, observer_for
from router_serving.gateway.observe_v0 import ObserverV0
from router_serving.gateway.observe_v1 import ObserverV1
from router_serving.gateway.situation import Situation
from train.agents.export import origin_of


def situation_of(count: int, **given) -> Situation:
    """An idle fleet of so many models, but for what is given."""
    each, one = np.ones(count), dict.fromkeys(("input_tokens", "expected_tokens"), 100.0)
    arrays = {name: each for name in ("quality", "cost", "mean_prefill", "mean_answer", "slots", "bucket_share")}
    arrays |= {name: 0 * each for name in ("requests", "tokens", "prefill")}
    arrays |= {name: 1e9 * each for name in ("request_bucket", "token_bucket")}
    rest = {"complexity": None, "mean_gap": 1.0, "time_of_day": 0.0, "budget_left": 1.0}
    return Situation(**(one | arrays | {"down": each < 0} | rest | given))


def routed_v1(seed: int, steps: int, models: int = 5):
    """A state of LLMRouter-v1 after some prompts, and its params: bursts, outages, scarce limits."""
    params = v1.make_params("outages", rate=20.0, patience=60.0)
    key = jax.random.key(seed)
    state = v1.SIMULATOR.initial_state(draw_noise_v1(key, models), params)
    step = jax.jit(lambda state, action, noise: v1.SIMULATOR.transition(state, action, noise, params)[0])
    for i in range(steps):
        noise = draw_noise_v1(jax.random.fold_in(key, i), models)
        state = step(state, jnp.int32(4 if i % 4 else i % models), noise)
    return state, params


def seen_by_a_gateway(state, params) -> Situation:
    hope = expectation.expected(state, params)
    return Situation(
        input_tokens=float(state.prompt.input_tokens),
        expected_tokens=float(state.prompt.expected_tokens),
        quality=np.asarray(hope.quality, np.float64),
        complexity=None,
        cost=np.asarray(hope.cost, np.float64),
        requests=np.asarray(state.work.requests, np.float64),
        tokens=np.asarray(state.work.tokens, np.float64),
        prefill=np.asarray(state.work.prefill, np.float64),
        mean_prefill=np.asarray(state.work.mean_prefill, np.float64),
        mean_answer=np.asarray(state.work.mean_answer, np.float64),
        slots=np.asarray(params.engines.slots, np.float64),
        request_bucket=np.asarray(state.request_bucket, np.float64),
        token_bucket=np.asarray(state.token_bucket, np.float64),
        bucket_share=np.asarray(expectation.bucket_share(state, params), np.float64),
        down=np.asarray(state.down) > 0,
        mean_gap=float(state.mean_gap),
        time_of_day=float(state.time_of_day),
        budget_left=float(state.budget_remaining) / float(np.asarray(params.budget)),
    )


@pytest.mark.parametrize("steps", [0, 40, 400])
def test_v1_is_what_the_simulator_shows(steps):
    state, params = routed_v1(seed=steps, steps=steps)
    state = replace(state, prompt=replace(state.prompt, home=jnp.int32(5), cached=jnp.float32(0.0)))
    origin = origin_of(params, "outages", [model.name for model in v1.DEFAULT_MODELS])
    made = observer_for(origin, longest_prompt=1.0)(seen_by_a_gateway(state, params))
    expected = np.asarray(v1.SIMULATOR.observe(state, params))
    np.testing.assert_allclose(made, expected, atol=3e-5)
    if steps == 400:
        assert (np.asarray(state.work.requests) > 63).any()  # the next prompt has to queue
        assert expected[v1.observation.feature(4, "ttft")] > 0.1


def test_v1_knows_what_answer_to_expect():
    params = v1.make_params()
    table = model_table(origin_of(params, "default", [m.name for m in v1.DEFAULT_MODELS]), {})
    key, models = jax.random.key(1), params.num_models
    prompts = jax.vmap(lambda k: v1.SIMULATOR.initial_state(draw_noise_v1(k, models), params).prompt)(
        jax.random.split(key, 200)
    )
    told = np.array([table.expected_answer(float(tokens)) for tokens in prompts.input_tokens])
    np.testing.assert_allclose(told, np.asarray(prompts.expected_tokens), rtol=1e-4)


@pytest.mark.parametrize("depth", [0.0, 7.0, 33.0, 50.0])
def test_v0_is_what_the_simulator_shows(depth):
    params = v0.make_params()
    state = v0.SIMULATOR.initial_state(draw_noise_v0(jax.random.key(3), 5), params)
    queues = jnp.array([0.0, depth, 0.0, depth / 2, 0.0], jnp.float32)
    state = replace(state, queue_depths=queues)
    # So many requests in so many slots that a prompt takes as many times as long as the simulator says.
    slower = np.asarray(latency_factor(queues, params.congestion), np.float64)
    slots = np.array([4.0, 4.0, 1.0, 8.0, 2.0])
    seen = situation_of(
        5,
        input_tokens=float(state.prompt.length) * 8000.0,
        complexity=float(state.prompt.complexity),
        requests=slower * slots - 1.0,
        slots=slots,
        time_of_day=float(state.time_of_day),
        budget_left=float(state.budget_remaining) / float(np.asarray(params.budget)),
    )
    origin = origin_of(params, "default", [model.name for model in v0.DEFAULT_MODELS])
    made = observer_for(origin, longest_prompt=8000.0)(seen)
    np.testing.assert_allclose(made, np.asarray(v0.SIMULATOR.observe(state, params)), atol=1e-6)


@pytest.mark.parametrize("complexity", [0.2, 0.4, 0.9])
def test_v0_reads_the_complexity_off_the_forecasts(complexity):
    params = v0.make_params()
    observer = observer_for(origin_of(params, "default", [m.name for m in v0.DEFAULT_MODELS]), 8000.0)
    assert isinstance(observer, ObserverV0)
    quality = mean_quality(jnp.asarray(params.fleet.quality_score), jnp.float32(complexity), params.difficulty)
    assert observer.complexity(np.asarray(quality, np.float64)) == pytest.approx(complexity, abs=1e-5)


def test_more_in_flight_looks_slower_and_never_faster():
    params = v1.make_params()
    observer = observer_for(origin_of(params, "default", [m.name for m in v1.DEFAULT_MODELS]), 1.0)
    assert isinstance(observer, ObserverV1)
    answer, slots = np.full(5, 200.0), np.full(5, 4.0)
    situations = [
        situation_of(5, requests=np.full(5, n), tokens=np.full(5, 200.0 * n), mean_answer=answer, slots=slots)
        for n in range(12)
    ]
    latencies = np.array([observer.forecasts(seen).latency for seen in situations])
    assert (np.diff(latencies, axis=0) >= 0).all()
    assert (latencies[11] > 2 * latencies[0]).all()


def test_a_policy_that_says_too_little_is_refused():
    origin = origin_of(v1.make_params(), "default", [model.name for model in v1.DEFAULT_MODELS])
    with pytest.raises(ValueError, match="the policy does not say the ttft_sla that its observations were made with"):
        observer_for(replace(origin, numbers={}), 1.0)
    with pytest.raises(ValueError, match="the policy is of CartPole-v1; a gateway can observe for LLMRouter-v0, "):
        observer_for(replace(origin, environment="CartPole-v1"), 1.0)
