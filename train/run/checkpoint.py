"""Checkpoints on disk, from which a run goes on as if it had not been interrupted.

Orbax writes a checkpoint under another name and renames it when it is whole, so that half of one is never read.
"""

import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

KEPT = 2
"""The number of checkpoints that are kept: the last one, and the one before."""


class _Foreign(Exception):
    """Raised for a checkpoint that is not damaged, but of another program or fleet."""


class Checkpoints:
    """The checkpoints of one run, numbered by updates done."""

    def __init__(self, directory: Path) -> None:
        """Look for checkpoints in `directory`, which is made with the first one."""
        options = ocp.CheckpointManagerOptions(
            max_to_keep=KEPT,
            enable_async_checkpointing=False,
            # Only one process writes, also in a run of several; the others never construct this class.
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
        """The number of updates done at the last whole checkpoint; None where there is none."""
        return self._manager.latest_step()

    def save(self, num_updates: int, state: Any) -> None:
        """Write a pytree of NumPy arrays, unless there is a checkpoint of this number of updates already."""
        if num_updates not in self._manager.all_steps():
            leaves = {str(i): leaf for i, leaf in enumerate(jax.tree.leaves(state))}
            self._manager.save(num_updates, args=ocp.args.StandardSave(leaves))
            self._manager.wait_until_finished()

    def restore(self, like: Any) -> Any:
        """Read the last checkpoint that is not damaged, in the structure of `like` (a pytree of shapes and dtypes).

        Damaged checkpoints are removed, with a warning; the run goes on from the one before. Raises `ValueError` where
        there is no checkpoint, or where it was made by another program.
        """
        for step in sorted(self._manager.all_steps(), reverse=True):
            try:
                return self._restore(step, like)
            except _Foreign as error:
                raise ValueError(str(error)) from None
            except Exception as error:  # orbax, zarr and the file system raise all kinds of errors for a damaged file
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                warnings.warn(f"checkpoint {step} is damaged and is left out: {reason[:200]}", stacklevel=2)
                self._manager.delete(step)
        raise ValueError(f"{self._manager.directory}: no checkpoint to resume from")

    def _restore(self, step: int, like: Any) -> Any:
        leaves, structure = jax.tree.flatten(like)
        saved = self._manager.item_metadata(step)
        wanted = {str(i): (leaf.shape, leaf.dtype) for i, leaf in enumerate(leaves)}
        # If another shape is asked for, orbax cuts or pads arrays without an error.
        if {name: (tuple(leaf.shape), leaf.dtype) for name, leaf in saved.items()} != wanted:
            raise _Foreign(f"{self._manager.directory}: made by another version of this program, or another fleet")
        like = {name: np.empty(*kind) for name, kind in wanted.items()}
        found = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        return jax.tree.unflatten(structure, [np.asarray(found[name]) for name in wanted])
