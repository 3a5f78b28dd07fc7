"""Stable-Baselines3's PPO over the NumPy environment, with the hyper-parameters of one of our runs."""

from importlib.util import find_spec

from benchmarks.measure import Run
from benchmarks.numpy_env import NumpyRouterEnv
from train.algorithm.config import Learning

MISSING = (
    "Stable-Baselines3 is not installed, so it was left out: "
    "pip install torch==2.13.0, then pip install -e '.[clients]'"
)


def is_installed() -> bool:
    """Return whether `opponent_training` can run."""
    return find_spec("stable_baselines3") is not None


def opponent_training(learning: Learning, num_updates: int) -> Run:
    """Return a run of `num_updates` updates; environments step one after the other in this process (`DummyVecEnv`).

    Everything that would make it slower is left out: a monitor, `VecNormalize`, a log, and more than one thread for
    such small networks (with two threads on two busy cores, it was ten times slower).
    """
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(1)
    hidden = list(learning.layer_sizes)
    model = PPO(
        "MlpPolicy",
        DummyVecEnv([NumpyRouterEnv] * learning.num_envs),
        n_steps=learning.num_steps,
        n_epochs=learning.num_epochs,
        batch_size=learning.batch_size // learning.num_minibatches,
        learning_rate=learning.learning_rate,
        gamma=learning.discount,
        gae_lambda=learning.gae_lambda,
        clip_range=learning.clip_range,
        ent_coef=learning.entropy_coef,
        vf_coef=learning.value_coef,
        max_grad_norm=learning.max_grad_norm,
        policy_kwargs={"net_arch": {"pi": hidden, "vf": hidden}},
        seed=0,
        device="cpu",
    )
    steps = num_updates * learning.batch_size

    def run() -> int:
        model.learn(steps, log_interval=None, reset_num_timesteps=False)
        return steps

    return run
