"""The host side of training: compile, run blocks of updates, show progress, save the policy, compare."""

import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from jax_router import Params, State
from jax_router.policies import static_policies
from jax_router.rollout import compare
from train.config import Config
from train.environments import ROUTER
from train.policy import Policy, policy_from_arrays, save_policy
from train.ppo import PPO, TrainState
from train.table import strategy_table

NUM_BLOCKS = 50
"""Progress is shown about this many times a run."""


@dataclass(frozen=True)
class Run:
    """A training run that has ended."""

    state: TrainState
    metrics: dict[str, float]
    """Of the last block of updates."""
    steps_per_second: float
    """Environment steps, compiling left out."""


def claim_run_dir(config: Config) -> Path:
    """Make the directory of a new run. Raises `ValueError` where it holds anything: nothing is overwritten."""
    if config.run_dir is None:
        path = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{config.env}-{config.scenario}-seed{config.seed}"
    else:
        path = config.run_dir
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"--run-dir is {path}; there is something in it already, choose another")
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(asdict(config), indent=2, default=str) + "\n")
    return path


def train(ppo: PPO, env_params: Any, console: Console) -> Run:
    """Run all updates of the config with a progress bar."""
    config = ppo.config
    block_size = max(1, config.num_updates // NUM_BLOCKS)
    started = time.perf_counter()
    state = jax.jit(ppo.init)(jax.random.key(config.seed), env_params)
    update_block = jax.jit(ppo.update_block).lower(state, env_params, jnp.int32(1)).compile()
    console.print(f"compiled in {time.perf_counter() - started:.1f} s on {jax.devices()[0].device_kind}")

    metrics: dict[str, Any] = {}
    started = time.perf_counter()
    with _progress(console) as progress:
        task = progress.add_task("training", total=config.num_updates, status="")
        done = 0
        while done < config.num_updates:
            updates = min(block_size, config.num_updates - done)
            state, metrics = update_block(state, env_params, jnp.int32(updates))
            metrics = {name: float(value) for name, value in metrics.items()}
            done += updates
            rate = done * config.batch_size / (time.perf_counter() - started)
            status = f"{rate:,.0f} steps/s  reward a step {metrics['reward']:.3f}"
            progress.update(task, completed=done, status=status)
    return Run(state, metrics, rate)


def to_policy(ppo: PPO, state: TrainState) -> Policy:
    """What serving needs of a train state."""
    actor = state.network["params"]["actor"]
    layers = [actor[f"Dense_{i}"] for i in range(len(actor))]
    model_names = getattr(ppo.env, "model_names", [str(i) for i in range(ppo.env.num_actions)])
    return policy_from_arrays(
        layers=[(layer["kernel"], layer["bias"]) for layer in layers],
        observation_mean=state.observation_stats.mean,
        observation_variance=state.observation_stats.variance,
        activation=ppo.config.activation,
        model_names=model_names,
        scenario=ppo.config.scenario if ppo.config.env == ROUTER else ppo.config.env,
    )


def print_comparison(ppo: PPO, state: TrainState, env_params: Params, console: Console) -> None:
    """The policy beside every static strategy, on the same episodes."""

    def policy(key: jax.Array, observation: jax.Array, _: State) -> jax.Array:
        return ppo.greedy_action(state.network, state.observation_stats, observation)

    model_names = ppo.env.model_names
    policies = {"PPO": policy} | static_policies(env_params, model_names)
    # The episodes are not those of training: another key, whatever the seed.
    key = jax.random.fold_in(jax.random.key(ppo.config.seed), 2**31)
    results = compare(key, policies, ppo.config.eval_episodes, env_params)
    title = f"{ppo.config.scenario}: {ppo.config.eval_episodes} episodes, the same for each strategy"
    console.print(strategy_table(title, results, model_names))


def run(config: Config, ppo: PPO, env_params: Any, console: Console) -> None:
    """Train, save and compare: all that the command does once its input is checked."""
    run_dir = claim_run_dir(config)
    finished = train(ppo, env_params, console)
    steps = config.num_updates * config.batch_size
    console.print(f"{steps:,} steps at {finished.steps_per_second:,.0f} steps/s")
    save_policy(run_dir / "policy.npz", to_policy(ppo, finished.state))
    if config.env == ROUTER:
        print_comparison(ppo, finished.state, env_params, console)
    else:
        episodes = finished.metrics["episodes"]
        mean_return = finished.metrics["returns"] / episodes if episodes else float("nan")
        console.print(f"mean return of the episodes that ended in the last block: {mean_return:.1f}")
    console.print(f"policy saved: {run_dir / 'policy.npz'}", soft_wrap=True)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed}/{task.total} updates"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[status]}"),
        console=console,
    )
