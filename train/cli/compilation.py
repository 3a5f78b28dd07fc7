"""Where compiled programs are kept, so that a command's second run starts at once."""

import os
from pathlib import Path


def keep_compiled_programs() -> None:
    """Keep them in `$XDG_CACHE_HOME/jax-router`, unless `JAX_COMPILATION_CACHE_DIR` names another place.

    This imports JAX, so a command calls it when its flags have been checked.
    """
    import jax

    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jax-router"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
