"""This is `python -m train.ppo` as one process of several; it also prints a digest of the parameters it ends with."""

import hashlib
import sys

import jax

import train.run.loop
from train.ppo import main

train_as_usual = train.run.loop.train


def train_and_tell(*args):  # type: ignore[no-untyped-def]
    state = train_as_usual(*args)
    digest = hashlib.sha256(b"".join(leaf.tobytes() for leaf in jax.tree.leaves(state.network)))
    print(f"process {jax.process_index()} of {jax.process_count()}: {digest.hexdigest()}", flush=True)
    return state


if __name__ == "__main__":
    train.run.loop.train = train_and_tell
    main(sys.argv[1:])
