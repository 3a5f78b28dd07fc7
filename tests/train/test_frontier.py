"""`python -m train.frontier` at toy size, and what it refuses."""

import json
import re
from pathlib import Path

<<<<<<< HEAD
import jax
import jax.numpy as jnp
=======
>>>>>>> part-c
import numpy as np
import pytest

from tests.helpers.pictures import check_not_blank
from train.frontier import main
from train.studies.hull import average_improvement_in_quality, non_decreasing_hull

TOY = ["--total-timesteps", "1024", "--episode-length", "20", "--num-weights", "3", "--episodes", "4"]


def test_the_command_prints_draws_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, numbers = tmp_path / "new" / "frontier.png", tmp_path / "frontier.json"
    main([*TOY, "--output", str(picture), "--json", str(numbers)])
    check_not_blank(picture)
    written = json.loads(numbers.read_text())
    assert [agent["cost_weight"] for agent in written["agents"]] == pytest.approx([1, 1000**0.5, 1000])
    costs = {name: model["cost_per_1k"] for name, model in written["models"].items()}
    expected = {"tier1_large": 30, "tier1_small": 3, "tier2_large": 15, "tier2_small": 1, "open_source": 0.5}
    assert costs == pytest.approx(expected, rel=1e-5)
    assert written["models"]["tier1_small"]["model_share"]["tier1_small"] == 1

    aiq, hulls = written["aiq"], {}
    for name, scores in (("agents", written["agents"]), ("models", written["models"].values())):
        points = np.array([(score["cost_per_1k"], score["quality"]) for score in scores])
        hulls[name] = non_decreasing_hull(*points.T)
    low, high = written["cost_range"]
    assert (low, high) == (hulls["agents"].costs[0], hulls["agents"].costs[-1])
    for name, hull in hulls.items():
        assert aiq[name] == pytest.approx(average_improvement_in_quality(hull, low, high))

    printed = capsys.readouterr().out
    assert re.search(rf"agents {aiq['agents']:.4f}, mixtures .* {aiq['models']:.4f}\.", printed)
    for name in ("agent, cost weight 31.6", "always open_source", f"written: {picture}", f"written: {numbers}"):
        assert name in printed


<<<<<<< HEAD
class Payments(NamedTuple):
    """What looks like a train state: its seed's first random number, and the weight summed up over the updates."""

    seed: jax.Array
    total: jax.Array


class PaysItsWeight:
    """What looks like PPO, and notes what it is trained with."""

    learning = SimpleNamespace(num_updates=45)

    def init(self, key: jax.Array, params: Params) -> Payments:
        """Before the first update."""
        return Payments(jax.random.uniform(key), 0.5 * params.reward.cost_weight)

    def update_block(self, agent: Payments, params: Params, num_updates: jax.Array) -> tuple[Payments, None]:
        """After some more."""
        return agent._replace(total=agent.total + jnp.float32(num_updates) * params.reward.cost_weight), None


def test_each_agent_starts_from_the_same_seed_and_is_trained_for_its_own_weight() -> None:
    ppo: Any = PaysItsWeight()
    agents: Any = train_for_weights(ppo, make_params(), cost_weights(0.5, 200, 3), 7, Console(quiet=True))
    assert agents.total == pytest.approx([45.5 * 0.5, 45.5 * 10, 45.5 * 200])
    assert agents.seed.tolist() == [float(jax.random.uniform(jax.random.key(7)))] * 3


def test_aiq_by_hand() -> None:
    frontier = Frontier({1.0: a_score(2, 0.8), 10.0: a_score(1, 0.7)}, MODELS)
    assert frontier.cost_range == (1, 2)
    assert frontier.aiq == pytest.approx((0.75, 0.725))
    assert "from 1.000 to 2.000 USD per 1,000 prompts" in aiq_in_words(frontier)


def written_in(frontier: Frontier) -> str:
    return "\n".join(text.get_text() for text in draw_frontier(frontier, "default").findobj(Text))


def test_the_title_claims_what_the_numbers_say() -> None:
    written = written_in(Frontier({1.0: a_score(2, 0.8), 10.0: a_score(1, 0.7)}, MODELS))
    assert "For the same money, agents answer better than mixtures of models" in written
    assert "their hull, AIQ 0.750" in written
    assert "mixtures of them, AIQ 0.725" in written
    worse = Frontier({1.0: a_score(2, 0.71), 10.0: a_score(1, 0.7)}, MODELS)
    assert "Cost and quality of trained agents and of single models" in written_in(worse)


def test_agents_that_all_cost_the_same_and_a_free_model(tmp_path: Path) -> None:
    free = MODELS | {"free": a_score(0, 0.5)}
    frontier = Frontier({1.0: a_score(1, 0.7), 10.0: a_score(1, 0.7)}, free)
    assert frontier.aiq is None
    assert aiq_in_words(frontier) == "AIQ is not defined: the agents all cost the same."
    assert "AIQ" not in written_in(frontier)
    files = picture_files("--output", tmp_path / "picture")
    save(draw_frontier(frontier, "default"), files)
    check_not_blank(files[0])


=======
>>>>>>> part-c
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num-weights", "1"], "--num-weights is 1; it must be a whole number at least 2"),
        (["--min-cost-weight", "0"], "--min-cost-weight is 0; it must be a finite number above 0"),
        (["--max-cost-weight", "1"], "--max-cost-weight is 1; it must be a finite number above 1"),
        (["--episodes", "1"], "--episodes is 1; it must be a whole number at least 2"),
        (["--total-timesteps", "9"], "--total-timesteps is 9; it must be at least one batch"),
        (["--scenario", "calm"], "the known ones are default, reference, rush_hour, tight_budget, overnight_batch"),
        (["--fleet", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--output", "picture.pdf"], "--output is picture.pdf; it must end in .png or .svg"),
        (["--json", "nowhere/numbers.json"], "--json is nowhere/numbers.json; there is no such folder"),
        (["--json", "."], "--json is .; that file exists, choose another"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    args: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refuses,
) -> None:
    monkeypatch.chdir(tmp_path)
    refuses(main, args, message)
    assert list(tmp_path.iterdir()) == []
