"""LiteLLM's proxy as a process of its own: its config, its start, and its end."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE = 400.0
"""How long a proxy may take to come up, s: its imports take 10 s of a processor, and on a busy machine minutes."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Proxy:
    """One proxy on loopback. It asks the internet for nothing."""

    def __init__(self, folder: Path, config: Mapping[str, Any], settings: Path | None = None, workers: int = 1) -> None:
        """Start it in a folder, which gets its config and its log; `settings` are those of a policy inside it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        key = f"sk-{secrets.token_hex(32)}"  # made for this process alone: a proxy without one refuses to start
        self.headers = {"Authorization": f"Bearer {key}"}
        self.log = folder / "proxy.log"
        path = folder / "config.yaml"
        path.write_text(json.dumps(config, indent=1))  # JSON is YAML
        environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "no_proxy": "*", "LITELLM_LOG": "ERROR"}
        environment["LITELLM_MASTER_KEY"] = key
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
        if settings is not None:
            environment["ROUTER_SERVING_CONFIG"] = str(settings)
        command = [sys.executable, "-c", "from litellm import run_server; run_server()"]
        command += [
            "--config",
            str(path),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--num_workers",
            str(workers),
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> "Proxy":
        """Wait until it answers. Raises `RuntimeError` with the end of its log where it does not."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health/liveliness", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        self.stop()
        raise RuntimeError(f"LiteLLM's proxy did not come up; the end of {self.log}:\n{tail}")

    def hang_up(self) -> None:
        """Have the settings of its policy read again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it with its workers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
