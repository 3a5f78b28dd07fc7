"""Settings are read as written, and a mistake is one line that names the key and what is allowed."""

import re
from pathlib import Path

import pytest

from router_serving.gateway.group import Group
from router_serving.gateway.settings import VARIABLE, load_settings, settings_from_environment
from tests.helpers.gateway import prefers, priced, settings_of, write_settings

WHOLE = """
mode = "route"
decisions = "out/decisions.jsonl"
timezone = "Europe/Berlin"
[groups.smart]
policy = "policy.npz"
deployments = {large-a = "large"}
mode = "shadow"
budget = 10
period = "12h"
slots = {large = 4}
"""


def test_it_is_read_as_written(tmp_path):
    (tmp_path / "gateway.toml").write_text(WHOLE)
    settings = load_settings(tmp_path / "gateway.toml")
    group = settings.groups["smart"]
    assert settings.decisions == tmp_path / "out" / "decisions.jsonl"
    assert (group.mode, group.budget, group.period, group.how) == ("shadow", 10.0, 43_200.0, "auto")
    assert (group.policy, dict(group.slots)) == (tmp_path / "policy.npz", {"large": 4.0})


def test_off_for_all_is_one_line(tmp_path):
    (tmp_path / "gateway.toml").write_text(WHOLE.replace('"route"', '"off"', 1))
    assert load_settings(tmp_path / "gateway.toml").groups["smart"].mode == "off"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mode = "route"', 'mode = "on"', "mode is 'on'; it must be one of 'off', 'shadow', 'route'"),
        ('mode = "shadow"', 'moed = "shadow"', "groups.smart.moed is not known; the keys here are policy, "),
        ("budget = 10", "budget = 0", "groups.smart.budget is 0; it must be a finite number above 0"),
        ('"12h"', '"12m"', "groups.smart.period is '12m'; it must be hours or days, such as '6h' or '1d'"),
        ("{large = 4}", "{large = 0}", "groups.smart.slots.large is 0; it must be a finite number, at least 1"),
        ('policy = "policy.npz"', "", "groups.smart.policy is missing"),
        ('{large-a = "large"}', "{}", "groups.smart.deployments is empty; it must say which deployment is which"),
        ("Europe/Berlin", "Berlin", "timezone is 'Berlin'; it must be a time zone, such as 'Europe/Berlin'"),
        ("[groups.smart]", "[group.smart]", "groups is missing; it must hold a table for each model group"),
        ("budget = 10", "budget = ", "not TOML: "),
    ],
)
def test_a_mistake_is_one_line(tmp_path, old, new, message):
    path = tmp_path / "gateway.toml"
    path.write_text(WHOLE.replace(old, new, 1))
    with pytest.raises(ValueError) as error:  # noqa: PT011, the whole line is looked at below
        load_settings(path)
    assert str(error.value).startswith(f"{path}: {message}"), error.value
    assert "\n" not in str(error.value)


def test_the_variable_names_the_file(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match="ROUTER_SERVING_CONFIG is not set; it must be the path of the gateway's"):
        settings_from_environment()
    monkeypatch.setenv(VARIABLE, str(write_settings(tmp_path, prefers())))
    assert set(settings_from_environment().groups) == {"smart"}


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("slots = {huge = 2}", "groups.smart.slots names the model 'huge'; the policy knows large, medium, small"),
        ('quality = "quality.csv"', "quality.csv"),
    ],
)
def test_what_does_not_fit_the_policy_is_refused(tmp_path, group, message):
    settings = settings_of(tmp_path, prefers(), group)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        Group(settings.groups["smart"], settings)


def test_a_priced_policy_needs_a_budget(tmp_path):
    settings = settings_of(tmp_path, priced())
    with pytest.raises(ValueError, match=r"groups\.smart\.budget is missing; the policy was trained with --priced"):
        Group(settings.groups["smart"], settings)


def test_the_page_shows_settings_that_are_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "litellm.md").read_text()
    (text,) = re.findall(r'```toml title="gateway.toml"\n(.*?)```', page, flags=re.DOTALL)
    (tmp_path / "gateway.toml").write_text(text)
    group = load_settings(tmp_path / "gateway.toml").groups["smart"]
    assert dict(group.deployments) == {"gpt-a": "frontier-api", "mini-a": "mini-api", "llama-a": "llama-8b"}
    (more,) = re.findall(r'```toml title="in the group"\n(.*?)```', page, flags=re.DOTALL)
    (tmp_path / "gateway.toml").write_text(text + more)
    assert load_settings(tmp_path / "gateway.toml").groups["smart"].budget == 10.0
