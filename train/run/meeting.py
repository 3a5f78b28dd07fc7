"""How the processes of one run over several machines meet, or give up in one line."""

import os
import socket
import sys
import time
from threading import Timer

FLAG = "--coordinator-address"
UNTIL_STOPPED = 3600
"""JAX's own time limit, s. It ends the process with a page of C++, so ours must come first."""


def meet(address: str, num_processes: int, process_id: int, patience: float) -> None:
    """Join the other processes of a run at HOST:PORT of process 0, before JAX's backend starts.

    Where they do not come within `patience` s, the process ends with one line and exit status 2: JAX cannot be told to
    stop waiting. Raises `ValueError` for an address of another form, and where nobody listens there.
    """
    import jax

    _check_address(address)
    if process_id > 0:
        wait_for_listener(address, patience)

    def give_up() -> None:
        line = f"error: {FLAG} is {address}; not all of {num_processes} processes came within {patience:g} s"
        print(line, file=sys.stderr, flush=True)
        os._exit(2)

    watch = Timer(patience, give_up)
    watch.daemon = True
    watch.start()
    try:
        jax.distributed.initialize(address, num_processes, process_id, initialization_timeout=UNTIL_STOPPED)
    except (RuntimeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or ["no answer"])[0]
        raise ValueError(f"{FLAG} is {address}; the processes did not meet there: {reason}") from None
    finally:
        watch.cancel()


def wait_for_listener(address: str, patience: float) -> None:
    """Wait until somebody listens at HOST:PORT; raises `ValueError` where nobody does within `patience` s."""
    host, port = _check_address(address)
    until = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host, port), timeout=min(5.0, patience)).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise ValueError(f"{FLAG} is {address}; nobody answered there for {patience:g} s: {error}") from None
            time.sleep(0.2)


def _check_address(address: str) -> tuple[str, int]:
    """The host and the port of an address; raises `ValueError` for another form than HOST:PORT."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise ValueError(f"{FLAG} is {address!r}; it must be HOST:PORT, such as 10.0.0.1:1234")
    return host, int(port)
