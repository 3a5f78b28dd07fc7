"""The command `python -m benchmarks.serving`: routing one prompt with NumPy, against the same network under `jax.jit`.

Without `router_serving`, one would serve a policy under `jax.jit`. A session does more than run the network: it sets
the price of money, keeps the account and holds back what is owed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.flags import Flags, run_command
from benchmarks.measure import Rate, Run, in_turns, size_for
from benchmarks.report import Report, Table, Target, machine
from jax_router import make_params
from router_serving import PricedNetwork, PricedPolicy, floats
from router_serving.pacing import begin, make_plan, set_price
from router_serving.policy import policy_from_arrays
from train.agents.export import origin_of
from train.agents.strategies import preferences

NETWORK_NUMPY, NETWORK_JAX = "policy.act at a price, NumPy", "the same network, jax.jit"
SESSION, SET_PRICE = "session.route and charge", "pacing.set_price alone"
LAYER_SIZES = (64, 64)


@dataclass(frozen=True)
class Arguments(Flags):
    """Measure how long one prompt takes to route, with and without a budget."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    run_command("benchmarks.serving", Arguments, measure, args)


def measure(arguments: Arguments) -> Report:
    """Return one table, and how many times faster than `jax.jit` the two ways to route are."""
    policy, generator = made_up_policy(), np.random.default_rng(0)
    observations = generator.random((256, policy.observation_size)).astype(np.float32)
    runs = {name: _repeated(arguments, work) for name, work in _work(policy, observations).items()}
    rates = {rate.name: rate for rate in in_turns(runs, arguments.repeats)}
    header = ["one prompt", "microseconds", "prompts/s", "slowest .. fastest turn"]
    rows = [[name, f"{1e6 / rate.median:.1f}", f"{rate.median:,.0f}", rate.spread] for name, rate in rates.items()]
    table = Table("serving, one prompt at a time", [header, *rows])
    return Report("python -m benchmarks.serving", [table], _targets(rates), machine())


def made_up_policy() -> PricedPolicy:
    """Make a priced policy for the preset fleet with networks as large as a training run's, and random weights."""
    params, generator = make_params(), np.random.default_rng(0)
    names = [f"model {i}" for i in range(params.num_models)]
    origin = origin_of(params, "default", names)
    sizes = (len(origin.observation) + 1, *LAYER_SIZES, params.num_models)
    layers = [(generator.normal(size=pair) / np.sqrt(pair[0]), np.zeros(pair[1])) for pair in pairwise(sizes)]
    policy = policy_from_arrays(origin, layers, np.full(sizes[0], 0.5), np.ones(sizes[0]), "tanh")
    prices, falling = np.geomspace(0.3, 1e4, 33), np.linspace(0.01, 0.001, 33)
    plan = make_plan(prices.astype(np.float32), np.repeat(falling[:, None], 24, 1), np.ones(96), 1440.0)
    return PricedNetwork(**vars(policy), plan=plan, mean_costs=np.linspace(0.001, 0.01, params.num_models))


def _work(policy: PricedPolicy, observations: np.ndarray) -> dict[str, Callable[[int], object]]:
    """Return the functions to time, by name; each is called with the index of a prompt."""
    preferred = preferences(policy)
    jitted = jax.jit(lambda priced: jnp.argmax(preferred(priced[None]), axis=-1)[0])
    priced = np.concatenate([observations, np.ones((len(observations), 1), np.float32)], axis=-1)
    session = policy.start(budget=1e9, prompts=2**31)
    pace = begin(policy.plan, 1.5, 1000.0, 1.0, True, 0.5, 1.0, floats)

    def route(i: int) -> None:
        ticket = session.route(observations[i])
        session.charge(ticket, ticket.expected_cost)

    return {
        NETWORK_NUMPY: lambda i: int(policy.act(observations[i], 30.0)),
        NETWORK_JAX: lambda i: int(jitted(priced[i])),
        SESSION: route,
        SET_PRICE: lambda i: set_price(pace, policy.plan, i / 256, 0.5, 0.0, floats),
    }


def _repeated(arguments: Arguments, work: Callable[[int], object]) -> Run:
    def run(size: int) -> int:
        for i in range(size):
            work(i % 256)
        return size

    size = size_for(arguments.seconds, run)
    return lambda: run(size)


def _targets(rates: dict[str, Rate]) -> list[Target]:
    opponent = rates[NETWORK_JAX]
    return [
        Target(NETWORK_NUMPY, NETWORK_JAX, rates[NETWORK_NUMPY].over(opponent), wanted=1.0, aim=2.0),
        Target(SESSION, NETWORK_JAX, rates[SESSION].over(opponent), wanted=0.5, aim=1.0),
    ]


if __name__ == "__main__":
    main()
