"""The policy inside LiteLLM's SDK: its Router asks, and whatever becomes of a call, the account is right afterwards."""

import asyncio

import litellm
import pytest
from litellm import Router

from tests.helpers.gateway import prefers
from tests.in_litellm.conftest import PRICES, at_rest, knows_attempts, lets_go, lines_of, takes_weights

PING = [{"role": "user", "content": "ping [[answer 5]]"}]


def content(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def cost(model: str, prompt_tokens: int, answer_tokens: int) -> float:
    return PRICES[model][0] * prompt_tokens + PRICES[model][1] * answer_tokens


def router_of(fleet, models=None, **settings) -> Router:
    return Router(model_list=models or fleet.model_list(), num_retries=settings.pop("num_retries", 0), **settings)


def served(response) -> str:
    return response._hidden_params["model_id"]


@pytest.mark.parametrize("how", ["prefer", "filter"])
async def test_the_policys_model_answers(fleet, gateway, how):
    one = gateway(prefers(["medium", "small", "large"]), f'how = "{how}"')
    router = router_of(fleet)
    for _ in range(10):
        assert served(await router.acompletion(model="smart", messages=PING)) == "medium-a"
    await at_rest(one)
    lines = lines_of(one)
    assert len(lines) == 10
    assert {line["model"] for line in lines} == {"medium"}
    assert lines[0]["status"] == "success"
    assert lines[0]["prompt_tokens"] == 4
    assert lines[0]["completion_tokens"] == 5
    assert one.groups["smart"].ledger.spent == pytest.approx(10 * cost("medium", 4, 5))
    assert "ping" not in (one.settings.decisions or "").read_text()


async def test_shadow_decides_and_changes_nothing(fleet, gateway):
    one = gateway(prefers(["medium", "small", "large"]), whole='mode = "shadow"\nslowest = 5.0')
    router = router_of(fleet)
    answers = [served(await router.acompletion(model="smart", messages=PING)) for _ in range(30)]
    assert set(answers) == {"large-a", "medium-a", "small-a"}  # simple-shuffle's own choice
    await at_rest(one)
    lines = lines_of(one)
    assert [line["chosen"] for line in lines] == ["medium"] * 30
    assert sorted(f"{line['model']}-a" for line in lines) == sorted(answers)


async def test_off_is_not_there(fleet, gateway):
    one = gateway(prefers(), whole='mode = "off"')
    await router_of(fleet).acompletion(model="smart", messages=PING)
    await asyncio.sleep(0.2)
    assert lines_of(one) == []


async def test_another_group_is_left_alone(fleet, gateway):
    one = gateway(prefers())
    models = fleet.model_list("other")
    for entry in models:
        entry["model_info"] = {"id": f"other {entry['model_info']['id']}"}
    router = router_of(fleet, models)
    await router.acompletion(model="other", messages=PING)
    await at_rest(one)
    assert lines_of(one) == []


@knows_attempts
@pytest.mark.parametrize("how", ["prefer", "filter"])
async def test_a_retry_takes_another_model(fleet, gateway, how):
    models = fleet.model_list(medium={"api_base": fleet.base("nobody")})  # answers 404
    models[1]["litellm_params"]["api_base"] = "http://127.0.0.1:9/v1"  # nobody listens there
    one = gateway(prefers(["medium", "small", "large"]), f'how = "{how}"')
    router = router_of(fleet, models, num_retries=2, retry_after=0, allowed_fails=100, disable_cooldowns=True)
    assert served(await router.acompletion(model="smart", messages=PING)) == "small-a"
    await at_rest(one)
    assert [(line["model"], line["status"]) for line in lines_of(one)] == [("medium", "failure"), ("small", "success")]
    assert one.groups["smart"].ledger.spent == pytest.approx(cost("small", 4, 5))


async def test_a_fallback_is_asked_for_its_own_group(fleet, gateway):
    one = gateway(prefers())
    models = [*fleet.model_list(), *fleet.model_list("spare")]
    for entry in models[3:]:
        entry["model_info"] = {"id": entry["model_info"]["id"].replace("-a", "-spare")}
    router = router_of(fleet, models, fallbacks=[{"smart": ["spare"]}], disable_cooldowns=True)
    answer = await router.acompletion(model="smart", messages=PING, mock_testing_fallbacks=True)
    assert served(answer).endswith("-spare")
    await at_rest(one)


@pytest.mark.parametrize("status", [429, 500])
async def test_what_cools_down_is_not_chosen(fleet, gateway, status):
    one = gateway(prefers(["medium", "small", "large"]))
    router = router_of(fleet, allowed_fails=0, cooldown_time=60, num_retries=1, retry_after=0)
    with pytest.raises(litellm.InternalServerError if status == 500 else litellm.RateLimitError):
        await router.acompletion(model="smart", messages=content(f"[[status {status}]]"))
    await at_rest(one)
    failed = {line["model"] for line in lines_of(one)}
    assert failed == {"medium", "small"}
    assert served(await router.acompletion(model="smart", messages=PING)) == "large-a"
    await at_rest(one)


async def test_a_timeout_ends_the_lease(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet, timeout=0.3)
    with pytest.raises(litellm.Timeout):
        await router.acompletion(model="smart", messages=content("[[hang]]"))
    await at_rest(one)
    assert [line["status"] for line in lines_of(one)] == ["failure"]


async def test_a_stream_is_billed_at_its_end(fleet, gateway):
    one = gateway(prefers())
    stream = await router_of(fleet).acompletion(
        model="smart", messages=content("[[answer 40]]"), stream=True, stream_options={"include_usage": True}
    )
    assert one.groups["smart"].ledger.requests.tolist() == [1, 0, 0]
    async for _ in stream:
        pass
    await at_rest(one)
    (line,) = lines_of(one)
    assert line["status"] == "success"
    assert line["completion_tokens"] == 40
    assert 0 < line["ttft_s"] <= line["latency_s"]
    assert one.groups["smart"].ledger.spent == pytest.approx(cost("large", 3, 40))


@lets_go
async def test_a_stream_that_is_thrown_away_is_let_go(fleet, gateway):
    one = gateway(prefers())
    for _ in range(5):
        stream = await router_of(fleet).acompletion(model="smart", messages=content("[[answer 400]]"), stream=True)
        async for _ in stream:
            break
        del stream
    await at_rest(one)
    assert [line["status"] for line in lines_of(one)] == ["cancelled"] * 5


@lets_go
async def test_a_cancelled_call_is_let_go(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet)
    for _ in range(5):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(router.acompletion(model="smart", messages=content("[[hang]]")), 0.3)
    await at_rest(one)
    assert [line["status"] for line in lines_of(one)] == ["cancelled"] * 5
    assert one.groups["smart"].ledger.spent == 0.0


async def test_a_cached_answer_costs_nothing(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet, cache_responses=True)
    for _ in range(2):
        await router.acompletion(model="smart", messages=content("again [[answer 5]]"), caching=True)
        await at_rest(one)
    litellm.cache = None
    assert [line["status"] for line in lines_of(one)] == ["success", "cached"]
    assert one.groups["smart"].ledger.spent == pytest.approx(cost("large", 4, 5))


async def test_when_all_cool_down_the_list_is_handed_back(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet, allowed_fails=0, cooldown_time=60)
    for _ in range(3):
        with pytest.raises(litellm.InternalServerError):
            await router.acompletion(model="smart", messages=content("[[status 500]]"))
    with pytest.raises(Exception, match="No deployments available"):
        await router.acompletion(model="smart", messages=PING)
    await at_rest(one)


async def test_a_call_by_the_deployments_id_is_counted(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet)
    await router.acompletion(model="small-a", messages=PING)
    await at_rest(one)
    (line,) = lines_of(one)
    assert (line["model"], line["abstained"]) == ("small", "not asked")
    assert one.groups["smart"].ledger.spent == pytest.approx(cost("small", 4, 5))


async def test_a_synchronous_call_is_counted(fleet, gateway):
    one = gateway(prefers())
    router = router_of(fleet)
    answer = await asyncio.to_thread(router.completion, model="smart", messages=PING)
    await at_rest(one, seconds=20.0)
    for _ in range(100):  # the line is written by another thread
        if lines_of(one):
            break
        await asyncio.sleep(0.05)
    (line,) = lines_of(one)
    assert f"{line['model']}-a" == served(answer)
    assert line["abstained"] == "not asked"
    assert one.groups["smart"].ledger.spent == pytest.approx(cost(line["model"], 4, 5))


@pytest.mark.parametrize("how", ["prefer", "filter"])
async def test_many_at_once_see_each_other(fleet, gateway, how):
    one = gateway(prefers(queue_aversion=20.0), f'how = "{how}"\nslots = {{large = 10, medium = 10, small = 10}}')
    router = router_of(fleet)
    calls = (router.acompletion(model="smart", messages=content(f"{i} [[answer 9]]")) for i in range(60))
    answers = [served(answer) for answer in await asyncio.gather(*calls)]
    assert min(answers.count(f"{name}-a") for name in ("large", "medium", "small")) > 10  # they see each other
    await at_rest(one)
    lines = lines_of(one)
    assert {line["status"] for line in lines} == {"success"}
    assert sorted(f"{line['model']}-a" for line in lines) == sorted(answers)
    billed = sum(cost(line["model"], line["prompt_tokens"], line["completion_tokens"]) for line in lines)
    assert one.groups["smart"].ledger.spent == pytest.approx(billed)


async def test_calls_that_share_their_metadata_are_told_apart(fleet, gateway):
    """LiteLLM writes each call's deployment into the one dict."""
    one = gateway(prefers(queue_aversion=20.0), "slots = {large = 10, medium = 10, small = 10}")
    router, shared = router_of(fleet), {"category": "chat"}
    calls = (router.acompletion(model="smart", messages=PING, metadata=shared) for _ in range(40))
    answers = [served(answer) for answer in await asyncio.gather(*calls)]
    await at_rest(one)
    lines = lines_of(one)
    assert {line["status"] for line in lines} == {"success"}
    assert sorted(f"{line['model']}-a" for line in lines) == sorted(answers)


@takes_weights
async def test_prefer_leaves_later_filters_in_force(fleet, gateway):
    one = gateway(prefers(["large", "medium", "small"]), 'how = "prefer"')
    models = fleet.model_list()
    models[0]["model_info"]["max_input_tokens"] = 5
    router = router_of(fleet, models, enable_pre_call_checks=True)
    assert served(await router.acompletion(model="smart", messages=content("long " * 50))) == "medium-a"
    models = fleet.model_list(large={"tags": ["paid"]}, medium={"tags": ["free"]}, small={"tags": ["free"]})
    router = router_of(fleet, models, enable_tag_filtering=True)
    answer = await router.acompletion(model="smart", messages=PING, metadata={"tags": ["free"]})
    assert served(answer) == "medium-a"
    models = fleet.model_list(large={"order": 2}, medium={"order": 1}, small={"order": 1})
    assert served(await router_of(fleet, models).acompletion(model="smart", messages=PING)) == "medium-a"
    await at_rest(one)


@pytest.mark.parametrize("strategy", ["least-busy", "latency-based-routing", "cost-based-routing"])
async def test_filter_holds_with_any_strategy(fleet, gateway, strategy):
    one = gateway(prefers(["medium", "small", "large"]))
    router = router_of(fleet, routing_strategy=strategy)
    for _ in range(5):
        assert served(await router.acompletion(model="smart", messages=PING)) == "medium-a"
    await at_rest(one)


async def test_text_completions_and_embeddings(fleet, gateway):
    one = gateway(prefers(["medium", "small", "large"]))
    router = router_of(fleet)
    await router.aembedding(model="smart", input=["ping", "pong"])
    models = fleet.model_list()
    for entry in models:
        entry["litellm_params"]["model"] = entry["litellm_params"]["model"].replace(
            "openai/", "text-completion-openai/"
        )
    await router_of(fleet, models).atext_completion(model="smart", prompt="ping [[answer 3]]")
    await at_rest(one)
    assert [line["model"] for line in lines_of(one)] == ["medium", "medium"]


async def test_fifty_in_flight_never_overspend(fleet, gateway):
    one = gateway(prefers(["large", "medium", "small"]), "budget = 0.002")
    router = router_of(fleet)
    calls = (router.acompletion(model="smart", messages=PING, max_tokens=20) for _ in range(50))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(error) for error in refused} == {litellm.BudgetExceededError}
    assert 0 < len(refused) < 50
    await at_rest(one)
    lines = lines_of(one)
    billed = sum(cost(line["model"], line["prompt_tokens"], line["completion_tokens"]) for line in lines)
    assert one.groups["smart"].ledger.spent == pytest.approx(billed)
    assert billed <= 0.002
    assert len(lines) == 50 - len(refused)


async def test_when_the_budget_is_spent_the_fallback_goes_on(fleet, gateway):
    one = gateway(prefers(), "budget = 1e-6")
    spare = fleet.model_list("cheap")[2:]
    spare[0]["model_info"] = {"id": "small-cheap"}
    router = router_of(fleet, [*fleet.model_list(), *spare], fallbacks=[{"smart": ["cheap"]}])
    assert served(await router.acompletion(model="smart", messages=PING)) == "small-cheap"
    await at_rest(one)


async def test_what_a_provider_says_of_its_limits_is_heard(fleet, gateway):
    one = gateway(prefers())
    group = one.groups["smart"]
    requests, _ = group._limits._buckets[0]
    assert requests.level > 6e4  # the policy knows of no limit
    await router_of(fleet).acompletion(model="smart", messages=PING)
    await at_rest(one)
    assert requests.level <= 6e4


async def test_a_missing_price_with_a_budget_abstains(fleet, gateway):
    one = gateway(prefers(), "budget = 1.0")
    models = fleet.model_list()
    for entry in models:
        for key in ("input_cost_per_token", "output_cost_per_token"):
            del entry["litellm_params"][key]
    await router_of(fleet, models).acompletion(model="smart", messages=PING)
    await at_rest(one)
    (line,) = lines_of(one)
    assert line["abstained"] == "no price of large-a"
