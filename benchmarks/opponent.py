"""Stable-Baselines3's PPO over the NumPy environment, with the hyper-parameters of one of our configs."""

from importlib.util import find_spec

from benchmarks.measure import Run
from benchmarks.numpy_env import NumpyRouterEnv
from train.algorithm.config import Config

MISSING = (
    "Stable-Baselines3 is not installed, so it was left out: "
    "pip install torch==2.13.0, then pip install -e '.[clients]'"
)


def is_installed() -> bool:
    """Whether `opponent_training` can run."""
    return find_spec("stable_baselines3") is not None


def opponent_training(config: Config, num_updates: int) -> Run:
    """A run makes `num_updates` updates. Environments run one after the other in this process (`DummyVecEnv`).

    It is spared what makes it slower: a monitor, `VecNormalize`, a log, and more than one thread for such small
    networks (with two threads on two busy cores, it was ten times slower).
    """
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(1)
    hidden = list(config.layer_sizes)
    model = PPO(
        "MlpPolicy",
        DummyVecEnv([NumpyRouterEnv] * config.num_envs),
        n_steps=config.num_steps,
        n_epochs=config.num_epochs,
        batch_size=config.batch_size // config.num_minibatches,
        learning_rate=config.learning_rate,
        gamma=config.discount,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip_range,
        ent_coef=config.entropy_coef,
        vf_coef=config.value_coef,
        max_grad_norm=config.max_grad_norm,
        policy_kwargs={"net_arch": {"pi": hidden, "vf": hidden}},
        seed=config.seed,
        device="cpu",
    )
    steps = num_updates * config.batch_size

    def run() -> int:
        model.learn(steps, log_interval=None, reset_num_timesteps=False)
        return steps

    return run
