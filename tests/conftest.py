"""What all tests stand on: no network, no telemetry, deterministic hashing of hypothesis' examples."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

settings.register_profile(
    "ragmarket", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("ragmarket")

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Seconds: slow tests run whole benches, and a busy machine takes several times as long for them.
SLOW_TIMEOUT = 2400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests the time that they need on a busy machine."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may contact any host but this machine itself."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0] if isinstance(address, tuple) else address
            if host not in LOOPBACK:
                raise AssertionError(f"a socket was opened to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def vllm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real vLLM server on the shipped weights; skips where vLLM is not installed."""
    from ragmarket.bootstrap import WRITER_WEIGHTS
    from tests.vllm_server import serving

    with serving(WRITER_WEIGHTS, tmp_path_factory.mktemp("vllm") / "server.log", "--max-model-len", "2048") as url:
        yield url
