"""Everything needed to go on as if nothing had happened, on disk.

Orbax writes a checkpoint beside the others and renames it when it is whole, so one half written is never picked up.
"""

import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

KEPT = 2
"""How many checkpoints are kept: the last one, and the one before."""


class _Foreign(Exception):
    """A checkpoint is whole, and not of this run's kind."""


class Checkpoints:
    """The checkpoints of one run, numbered by updates done."""

    def __init__(self, directory: Path) -> None:
        """Look into `directory`; it is made with the first checkpoint."""
        options = ocp.CheckpointManagerOptions(
            max_to_keep=KEPT,
            enable_async_checkpointing=False,
            # One process writes, whatever it is part of; the others never come here.
            multiprocessing_options=ocp.options.MultiprocessingOptions(
                primary_host=jax.process_index(),
                active_processes={jax.process_index()},
                barrier_sync_key_prefix=f"process{jax.process_index()}",
            ),
            create=False,
        )
        directory.mkdir(parents=True, exist_ok=True)
        self._manager = ocp.CheckpointManager(
            directory.absolute(), item_handlers=ocp.StandardCheckpointHandler(), options=options
        )

    @property
    def latest(self) -> int | None:
        """Updates done at the last whole checkpoint; None where there is none."""
        return self._manager.latest_step()

    def save(self, num_updates: int, state: Any) -> None:
        """Write a pytree of NumPy arrays. Nothing happens where this number of updates is saved already."""
        if num_updates not in self._manager.all_steps():
            leaves = {str(i): leaf for i, leaf in enumerate(jax.tree.leaves(state))}
            self._manager.save(num_updates, args=ocp.args.StandardSave(leaves))
            self._manager.wait_until_finished()

    def restore(self, like: Any) -> Any:
        """The last checkpoint that can be read, with the structure of `like` (a pytree of shapes and dtypes).

        One that is damaged is removed, with a warning: the run goes on from the one before. Raises `ValueError` where
        there is none, or where it was made by another program.
        """
        for step in sorted(self._manager.all_steps(), reverse=True):
            try:
                return self._restore(step, like)
            except _Foreign as error:
                raise ValueError(str(error)) from None
            except Exception as error:  # whatever orbax, zarr and the file system say of a damaged file
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                warnings.warn(f"checkpoint {step} is damaged and is left out: {reason[:200]}", stacklevel=2)
                self._manager.delete(step)
        raise ValueError(f"{self._manager.directory}: no checkpoint to resume from")

    def _restore(self, step: int, like: Any) -> Any:
        leaves, structure = jax.tree.flatten(like)
        saved = self._manager.item_metadata(step)
        wanted = {str(i): (leaf.shape, leaf.dtype) for i, leaf in enumerate(leaves)}
        # Asked for another shape, orbax would cut or pad without a word.
        if {name: (tuple(leaf.shape), leaf.dtype) for name, leaf in saved.items()} != wanted:
            raise _Foreign(f"{self._manager.directory}: made by another version of this program, or another fleet")
        like = {name: np.empty(*kind) for name, kind in wanted.items()}
        found = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        return jax.tree.unflatten(structure, [np.asarray(found[name]) for name in wanted])
