"""What every test runs under: two CPU devices, and a simulator that may not promote types or ranks by accident."""

import os

# Before JAX starts its backend. Two devices, so that code which assumes one is found out.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def key() -> jax.Array:
    return jax.random.key(0)
