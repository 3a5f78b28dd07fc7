"""The bound and the index policy of LLMRouter-v0."""

from train.bounds.v0.index_policy import index_tables
from train.bounds.v0.quality import QualityBound, quality_bound
from train.bounds.v0.upper_bound import upper_bound

__all__ = ["QualityBound", "index_tables", "quality_bound", "upper_bound"]
