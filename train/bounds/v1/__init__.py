"""The bound of LLMRouter-v1. It has no index policy, and no bound on quality at a cost."""

from train.bounds.v1.upper_bound import upper_bound

index_tables = None
quality_bound = None

__all__ = ["index_tables", "quality_bound", "upper_bound"]
