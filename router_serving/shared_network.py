"""A network that scores every model with the same weights, so that one policy routes for fleets of any size.

An observation that is a table, a row of features a model, says what each model would do with the prompt. The network
begins with what follows of that by arithmetic, and learns what is missing:

    preference_m = scale * (expected_reward_m - scarcity_m - price_m * tokens) + correction_m

`expected_reward` is that of the prompt alone. `scarcity` is what the prompt takes from later ones by a rule: the price
of tokens of a rate limit, which rises as its bucket empties, and the price of tokens in a slot, which rises as slots
fill. What the rule misses, a price of tokens and a correction, are the two outputs of one small network for all
models. It reads the row of a model, the numbers that all models share, and the mean over the models of an embedding of
their rows (Zaheer et al., 2017, Deep Sets). Written once for NumPy and for JAX, whose namespace is `xp`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from router_serving.network import Array, Layers, affine, layered

LARGEST_SHARE = 0.9999
"""The largest share x = t / (t + sla) that is turned back into a time t."""
FULLEST = 0.95
"""The largest load n / (n + slots) that is turned back into prompts a slot."""
PER_TOKENS = 1000.0
"""The tokens that a price is for."""
ANSWERS = (0.3, 1.0, 1.7)
"""The lengths of answers, as shares of the expected one, over which the penalty for a late end is taken."""
ABSENT = -1e9
"""The preference for a row whose model is absent."""
TOKENS = ("input tokens", "expected tokens")
"""The names of the token counts among the numbers that follow the rows."""
LOG_TOKENS = 10.0
"""The logarithm of a token count that a network reads as 1."""
LOG_PRICE_SCALE = 0.2
"""The factor on the logarithm of the price of money before a network reads it."""


class RewardTerms(NamedTuple):
    """What an expected reward is made of beside the observation; each number is a float."""

    quality_weight: float  # reward for quality 1
    cost_weight: float  # reward per USD
    ttft_penalty: float  # reward per s
    ttft_sla: float  # s
    latency_penalty: float  # reward per s
    latency_sla: float  # s
    loss_penalty: float  # reward
    patience: float  # s that a user waits for a first token
    log_longest: float  # log(1 + tokens) of the longest prompt, which token counts in an observation are shares of


class Table(NamedTuple):
    """How an observation is a table: the features in each model's row, and the numbers that follow the rows."""

    features: tuple[str, ...]
    common: tuple[str, ...]
    priced: bool = False
    """Whether the natural logarithm of the price of money, reward per USD, is the last number."""

    def num_inputs(self, num_models: int) -> int:
        """Return D, the numbers in an observation of N models, with the price."""
        return len(self.features) * num_models + len(self.common) + self.priced

    def rows(self, x: Array) -> Array:
        """Return the rows, (..., N, F), of observations (..., D)."""
        width, size = len(self.features), x.shape[-1] - len(self.common) - self.priced
        return x[..., :size].reshape(*x.shape[:-1], size // width, width)

    def shared(self, x: Array) -> Array:
        """Return what follows the rows, (..., G), or (..., G + 1) with a price, of observations (..., D)."""
        return x[..., x.shape[-1] - len(self.common) - self.priced :]

    def feature(self, x: Array, name: str) -> Array:
        """Return one feature of every model, (..., N), of observations (..., D)."""
        return self.rows(x)[..., self.features.index(name)]

    def tokens(self, x: Array, name: str, terms: RewardTerms, xp: Any) -> Array:
        """Return one of the token counts that follow the rows, (..., 1), tokens, of observations (..., D)."""
        index = self.common.index(name)
        return xp.expm1(self.shared(x)[..., index : index + 1] * terms.log_longest)


@dataclass(frozen=True)
class SharedNetwork:
    """The network of this module's formula."""

    table: Table
    terms: RewardTerms
    scarcity_prices: Array
    """(3,) float32, see `scarcity`."""
    embedding: tuple[Array, Array]
    """The kernel, (K, E), and bias, (E,), of the embedding of a model."""
    layers: Layers
    """The layers of the network for all models, from K + E inputs to price and correction."""
    scale: Array
    """() float32."""

    def num_inputs(self, num_models: int) -> int:
        """Return D, the numbers in an observation of N models, with the price."""
        return self.table.num_inputs(num_models)

    def preferences(self, x: Array, xp: Any) -> Array:
        """Return the preference for each model, (..., N) float32, for observations (..., D) float32."""
        worth = expected_reward(x, self.table, self.terms, xp)
        worth = worth - scarcity(x, self.scarcity_prices, self.table, self.terms, xp)
        inputs, present = network_inputs(x, worth, self.table, self.terms, xp), is_present(x, self.table)
        embedded = xp.tanh(affine(inputs, self.embedding))
        around = xp.broadcast_to(mean_over_models(embedded, present, xp)[..., None, :], embedded.shape)
        learned = layered(xp.concatenate([inputs, around], axis=-1), self.layers, "tanh", xp)
        tokens = self.table.tokens(x, "input tokens", self.terms, xp)
        tokens = (tokens + self.table.tokens(x, "expected tokens", self.terms, xp)) / PER_TOKENS
        return xp.where(present, self.scale * (worth - learned[..., 0] * tokens) + learned[..., 1], ABSENT)


def expected_reward(x: Array, table: Table, terms: RewardTerms, xp: Any) -> Array:
    """Return the reward that each model is expected to earn with the prompt, (..., N) float32, by what is observed.

    A model that would refuse the prompt, or keep it waiting for longer than users do, loses it. A price of money adds
    to the weight of the cost. Observations `x` are (..., D) float32.
    """
    ttft = _time(table.feature(x, "ttft"), terms.ttft_sla, xp)
    latency = _time(table.feature(x, "latency"), terms.latency_sla, xp)
    cost = 10.0 ** (5.0 * table.feature(x, "cost") - 6.0)  # USD
    price = terms.cost_weight + xp.exp(x[..., -1:]) if table.priced else terms.cost_weight
    earned = terms.quality_weight * table.feature(x, "quality") - price * cost
    earned = earned - terms.ttft_penalty * xp.maximum(0.0, ttft - terms.ttft_sla)
    decoding = xp.maximum(0.0, latency - ttft)
    for share in ANSWERS:
        late = xp.maximum(0.0, ttft + share * decoding - terms.latency_sla)
        earned = earned - (terms.latency_penalty / len(ANSWERS)) * late
    lost = (table.feature(x, "accepts") < 0.5) | (ttft > terms.patience)
    return xp.where(lost, -terms.loss_penalty, earned)


def scarcity(x: Array, prices: Array, table: Table, terms: RewardTerms, xp: Any) -> Array:
    """Return the reward that later prompts lose by this one at each model, (..., N) float32, for (..., D) float32.

    `prices` are (3,) float32: what 1,000 tokens of an empty bucket are worth, how fast that falls as the bucket fills,
    and what 1,000 tokens in a slot are worth where every slot is taken. A full bucket is worth nothing.
    """
    answer = table.tokens(x, "expected tokens", terms, xp)
    tokens = table.tokens(x, "input tokens", terms, xp) + answer
    load = xp.minimum(table.feature(x, "load"), FULLEST)
    bucket = xp.exp(-prices[1] * table.feature(x, "bucket")) - xp.exp(-prices[1])
    return (prices[0] * bucket * tokens + prices[2] * (load / (1.0 - load)) * answer) / PER_TOKENS


def network_inputs(x: Array, worth: Array, table: Table, terms: RewardTerms, xp: Any) -> Array:
    """Return what the networks read of each model, (..., N, K): its features, its worth (..., N), what all share."""
    rows, shared = table.rows(x), table.shared(x)
    parts = [3.0 * (rows - 0.5), 3.0 * (xp.maximum(worth, -1.0)[..., None] - 0.5)]
    # Token counts are measured alike whatever the longest prompt is.
    measure = [terms.log_longest / LOG_TOKENS if name in TOKENS else 1.0 for name in table.common]
    common = shared[..., : len(table.common)]
    around = [3.0 * (common * np.array(measure, np.float32).reshape((1,) * (common.ndim - 1) + (-1,)) - 0.5)]
    if table.priced:
        around.append(LOG_PRICE_SCALE * shared[..., -1:])
    everywhere = xp.concatenate(around, axis=-1)[..., None, :]
    parts.append(xp.broadcast_to(everywhere, (*rows.shape[:-1], everywhere.shape[-1])))
    return xp.concatenate(parts, axis=-1)


def num_network_inputs(table: Table) -> int:
    """Return K, the numbers that the networks read of each model."""
    return len(table.features) + 1 + len(table.common) + table.priced


def is_present(x: Array, table: Table) -> Array:
    """Return whether each row is a model's, (..., N) bool: every model takes time, and an absent one's row is 0."""
    return table.feature(x, "ttft") > 0.0


def mean_over_models(values: Array, present: Array, xp: Any) -> Array:
    """Return the mean of (..., N, E) over the models that are present, (..., E) float32."""
    weights = present[..., None].astype(values.dtype)
    return (values * weights).sum(-2) / xp.maximum(1.0, weights.sum(-2))


def _time(share: Array, sla: float, xp: Any) -> Array:
    """Return the time t, s, of a share t / (t + sla)."""
    share = xp.minimum(share, LARGEST_SHARE)
    return sla * share / (1.0 - share)
