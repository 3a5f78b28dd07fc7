"""The shipped policy for one fleet as a file: it serves in a gateway, as it does in the simulator."""

from pathlib import Path

import numpy as np
import pytest

import router_serving
from router_serving import load_policy, pretrained
from router_serving.gateway.decision import Deployment
from router_serving.gateway.group import Group
from router_serving.gateway.request import Request
from router_serving.gateway.settings import load_settings
from train.pretrained import main

FLEET = Path(router_serving.__file__).parent / "demo" / "fleet.toml"
NAMES = ("frontier-api", "mid-api", "mini-api", "llama-70b", "llama-8b")


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fleet") / "policy.npz"
    main(["--fleet", str(FLEET), "--output", str(path)])
    return path


def test_it_prefers_what_the_shipped_policy_prefers(policy_file):
    policy, shipped = load_policy(policy_file), pretrained(FLEET)
    assert policy.model_names == NAMES
    assert policy.origin.observation == shipped.origin.observation
    assert policy.origin.numbers["slots"][-1] == 2.0
    seen = np.random.default_rng(0).uniform(0.02, 0.98, (200, policy.observation_size)).astype(np.float32)
    # It was trained with the traffic of the default scenario, which is that of a fleet without a trace.
    np.testing.assert_allclose(policy.logits(seen), shipped.logits(seen), rtol=1e-4, atol=1e-3)


def test_it_decides_in_a_gateway(policy_file, tmp_path):
    deployments = ", ".join(f'{name}-a = "{name}"' for name in NAMES)
    path = tmp_path / "gateway.toml"
    path.write_text(
        f'mode = "route"\nslowest = 60\n[groups.smart]\npolicy = "{policy_file}"\ndeployments = {{{deployments}}}\n'
    )
    group = Group(load_settings(path).groups["smart"], load_settings(path))
    fleet = tuple(Deployment(f"{name}-a", i) for i, name in enumerate(NAMES))
    decisions = []
    for i in range(80):
        decision = group.decide(Request(200.0, 800.0), fleet)
        assert decision.abstained is None, decision.abstained
        decisions.append(decision.model)
        group.start(i, decision.model, decision)
    assert len(set(decisions)) > 1, "eighty at once are too many for one model"


def test_a_fleet_must_be_named(capsys):
    with pytest.raises(SystemExit) as exit:
        main([])
    assert exit.value.code == 2
    assert "--fleet is missing" in capsys.readouterr().err
