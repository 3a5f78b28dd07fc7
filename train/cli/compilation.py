"""Starting JAX in a command: compiled programs are kept on disk, cores are devices, a missing one is said in a line."""

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile


def collect_less_often() -> None:
    """Let Python look for garbage in cycles less often, of which JAX's imports and traces make little.

    With Python's own thresholds, looking takes a tenth of the time until a program runs.
    """
    gc.set_threshold(10_000, 10, 10)


def use_every_core() -> None:
    """Make every core that this process may use a device of JAX, for programs that several devices can share.

    To be called before JAX's backend starts; nothing changes after that, or where `XLA_FLAGS` gives a number itself.
    """
    import jax

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores)


def keep_compiled_programs() -> None:
    """Keep compiled programs in `$XDG_CACHE_HOME/jax-router`, unless `JAX_COMPILATION_CACHE_DIR` names another folder.

    Where there is no such folder and none can be made, nothing is kept, and one line says so.
    """
    import jax

    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return
    try:
        folder = _cache_folder() / "jax-router"
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:  # a RuntimeError means that there is no home directory
        reason = " ".join(str(error).split())
        print(f"compiled programs are not kept: {reason} (XDG_CACHE_HOME names another folder)", file=sys.stderr)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def start_jax(find_devices: Callable[[], None] = use_every_core) -> None:
    """Import JAX, tell it where to keep compiled programs, `find_devices`, and start its backend, in this order.

    A command calls this when its flags have been checked. Raises `ValueError` where `JAX_PLATFORMS` names a platform
    that is not there, and what `find_devices` raises.
    """
    collect_less_often()
    keep_compiled_programs()
    find_devices()
    check_platform()


def check_platform() -> None:
    """Start JAX's backend; raise a `ValueError` of one line where `JAX_PLATFORMS` names one that is not there."""
    import jax

    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        reason = (str(error).strip().splitlines() or ["JAX cannot start it"])[0]
        asked = os.environ.get("JAX_PLATFORMS", "")
        raise ValueError(f"JAX_PLATFORMS is {asked!r}; no such device is here: {reason}") from None


def _cache_folder() -> Path:
    # By the XDG base directory specification, an empty variable counts as not set.
    named = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else Path.home() / ".cache"
