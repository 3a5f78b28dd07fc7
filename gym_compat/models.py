"""The preset fleet, under the name that it has in llm-router-env."""

from jax_router import DEFAULT_MODELS, ModelConfig

__all__ = ["DEFAULT_MODELS", "ModelConfig"]
