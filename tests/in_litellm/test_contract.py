"""The installed LiteLLM has the hooks that we rely on, with the parameters that we take by name."""

import inspect
from importlib.metadata import version

import pytest
from litellm.integrations.custom_logger import CustomLogger

from router_serving.litellm import HONOURS_WEIGHTS, Gateway

COMPROMISED = {"1.82.7", "1.82.8", "1.107.0"}
HOOKS = (
    "async_filter_deployments",
    "async_pre_call_deployment_hook",
    "async_post_call_success_deployment_hook",
    "async_post_call_failure_deployment_hook",
    "log_pre_api_call",
    "async_log_success_event",
    "async_log_failure_event",
    "log_success_event",
    "log_failure_event",
)


def test_this_is_no_compromised_version():
    assert version("litellm") not in COMPROMISED


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_takes_what_litellm_gives(hook):
    if not hasattr(CustomLogger, hook):
        assert tuple(map(int, version("litellm").split(".")[:2])) < (1, 102)
        return
    theirs = inspect.signature(getattr(CustomLogger, hook)).parameters
    ours = inspect.signature(getattr(Gateway, hook)).parameters
    assert list(ours) == list(theirs)
    assert inspect.iscoroutinefunction(getattr(Gateway, hook)) == inspect.iscoroutinefunction(
        getattr(CustomLogger, hook)
    )


def test_weights_are_honoured_from_1_105_on():
    assert (tuple(map(int, version("litellm").split(".")[:2])) >= (1, 105)) == HONOURS_WEIGHTS
