"""Waiting for another process of the same run to listen."""

import socket
import time


def wait_for_listener(flag: str, address: str, patience: float) -> None:
    """Wait until somebody listens at HOST:PORT.

    Raises `ValueError` for an address of another form, or where nobody listens within `patience` s.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise ValueError(f"{flag} is {address!r}; it must be HOST:PORT, such as 10.0.0.1:1234")
    until = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=min(5.0, patience)).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise ValueError(f"{flag} is {address}; nobody answered there for {patience:g} s: {error}") from None
            time.sleep(0.2)
