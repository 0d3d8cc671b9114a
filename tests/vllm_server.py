"""A real vLLM server for the slow tests, started as `make vllm` starts it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(model: Path, log: Path, *options: str) -> Iterator[str]:
    """The server's base URL; the server stops with the block."""
    environment = Path(os.environ.get("VENV", ROOT / ".venv-vllm"))
    if not (environment / "bin" / "python").exists():
        pytest.skip("vLLM is not installed: `make vllm-setup` builds .venv-vllm")
    port = free_port()
    command = [shutil.which("bash") or "bash", str(ROOT / "deploy" / "vllm" / "serve"), str(model), *options]
    with log.open("wb") as stream:
        environ = {**os.environ, "PORT": str(port)}
        server = subprocess.Popen(command, env=environ, stdout=stream, stderr=stream, start_new_session=True)
        try:
            began = time.monotonic()
            while not _healthy(port):
                if server.poll() is not None or time.monotonic() - began > READY_WITHIN_S:
                    tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
                    raise AssertionError(f"vLLM did not start:\n{tail}")
                time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
