"""The prompts of LLMRouter-v0 one by one, under the names that they have in llm-router-env."""

from gym_compat.v0.prompts import PromptRequest, TrafficGenerator

__all__ = ["PromptRequest", "TrafficGenerator"]
