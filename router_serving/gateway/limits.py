"""Rate limits: a bucket of requests and one of tokens for each model, as far as a gateway can know them.

Each holds one minute's worth and refills evenly. Its level is counted by ourselves, and corrected wherever a provider
says what is left of it.
"""

import threading
from collections.abc import Sequence

NAMES = ("requests", "tokens")
"""What a model's two buckets hold."""


class Bucket:
    """One bucket of one model."""

    __slots__ = ("each", "level", "since", "size")

    def __init__(self, each: float, now: float) -> None:
        """`each` is what one deployment's bucket holds, and refills in a minute; `now` is a monotonic clock, s."""
        self.each, self.size, self.level, self.since = each, each, each, now

    def refill(self, now: float) -> float:
        """Bring the level to this moment, and return it."""
        passed, self.since = now - self.since, now
        if passed > 0.0:
            self.level += self.size * passed / 60.0
        if self.level > self.size:
            self.level = self.size
        return self.level


class Limits:
    """The buckets of N models. Many threads may use it."""

    def __init__(self, request_limit: Sequence[float], token_limit: Sequence[float], now: float) -> None:
        """Limits, N each, are requests and tokens a minute of one deployment; `now` is a monotonic clock, s."""
        limits = zip(request_limit, token_limit, strict=True)
        self._buckets = [(Bucket(requests, now), Bucket(tokens, now)) for requests, tokens in limits]
        self._deployments: Sequence[int] = [1] * len(self._buckets)
        self._lock = threading.Lock()

    def levels(self, deployments: Sequence[int], now: float) -> tuple[list[float], list[float], list[float]]:
        """Requests and tokens that are left, and the smaller share of a bucket, of each of N models, of which so many
        deployments are up."""
        requests_left, tokens_left, share = [], [], []
        with self._lock:
            if deployments != self._deployments:
                self._resize(deployments)
            for requests, tokens in self._buckets:
                few, some = requests.refill(now), tokens.refill(now)
                few, some = few if few > 0.0 else 0.0, some if some > 0.0 else 0.0
                of_requests, of_tokens = few / requests.size, some / tokens.size
                requests_left.append(few)
                tokens_left.append(some)
                share.append(of_requests if of_requests < of_tokens else of_tokens)
        return requests_left, tokens_left, share

    def _resize(self, deployments: Sequence[int]) -> None:
        self._deployments = deployments
        for pair, count in zip(self._buckets, deployments, strict=True):
            for bucket in pair:
                bucket.size = bucket.each * (count or 1)

    def take(self, model: int, requests: float, tokens: float, now: float) -> None:
        """Take from a model's buckets; negative numbers give back."""
        with self._lock:
            for_requests, for_tokens = self._buckets[model]
            for_requests.level = for_requests.refill(now) - requests
            for_tokens.level = for_tokens.refill(now) - tokens

    def told(self, model: int, name: str, left: float, now: float) -> None:
        """A provider says how many "requests" or "tokens" one deployment of a model has left."""
        with self._lock:
            bucket = self._buckets[model][NAMES.index(name)]
            bucket.refill(now)
            bucket.level = min(left + bucket.size - bucket.each, bucket.size)
