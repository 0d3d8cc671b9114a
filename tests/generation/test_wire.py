"""JSON over HTTP at its boundary: a real socket that counts connections, closes them, and answers oddly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ragmarket.errors import BackendUnavailable
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.generation.engines.wire import JsonWire, WireFault

Answer = tuple[int, bytes, dict[str, str]]


def said(body: object, status: int = 200, **headers: str) -> Answer:
    return status, json.dumps(body).encode(), headers


class Server:
    """Speaks HTTP/1.1 with kept connections; ``closes`` cuts each off, unannounced, behind its first answer."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.closes = False
        self.answer: Callable[[], Answer] = lambda: said({"ok": True})
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                head = line
                while (line := stream.readline()).strip():
                    head += line
                length = next(
                    (int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.startswith(b"Content-Length")), 0
                )
                self.requests.append(head + stream.read(length))
                status, body, headers = self.answer()
                more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
                start = f"HTTP/1.1 {status} Word\r\nContent-Length: {len(body)}\r\n{more}\r\n"
                connection.sendall(start.encode() + body)
                if self.closes:
                    return


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.socket.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("ragmarket.generation.engines.wire.time.sleep", taken.append)
    return taken


def to(server: Server, retries: int = 0, api_key: str | None = None) -> JsonWire:
    return JsonWire(server.url, api_key=api_key, timeout_s=5, retries=retries)


def test_requests_one_after_the_other_go_over_one_connection(server: Server) -> None:
    line = to(server, api_key="secret")
    for number in range(5):
        assert line.post("/completions", {"prompt": "नमस्ते", "n": number}) == {"ok": True}
    assert server.connections == 1
    sent = server.requests[-1].decode()
    assert sent.startswith("POST /v1/completions HTTP/1.1")
    assert "Authorization: Bearer secret" in sent
    assert json.loads(sent[sent.index("{") :]) == {"prompt": "नमस्ते", "n": 4}


def test_a_kept_connection_that_the_server_closed_is_no_fault(server: Server, pauses: list[float]) -> None:
    server.closes = True
    line = to(server)
    for _ in range(4):
        assert line.get("/models") == {"ok": True}
    assert server.connections == 4
    assert pauses == []


def test_threads_share_connections_and_never_an_answer(server: Server) -> None:
    line, numbers = to(server), iter(range(1000))
    server.answer = lambda: said({"n": next(numbers)})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: line.get("/models")["n"], range(64)))
    assert sorted(answers) == list(range(64))
    assert server.connections <= 8


def test_a_fault_that_passes_is_waited_for_longer_each_time(server: Server, pauses: list[float]) -> None:
    answers = iter([said({}, 503), said({}, 429, Retry_After="3"), said({}, 500), said({"ok": True})])
    server.answer = lambda: next(answers)
    assert to(server, retries=3).get("/models") == {"ok": True}
    first, asked, third = pauses
    assert 0.3 < first <= 0.5
    assert asked == 3
    assert 1.4 < third <= 2


def test_a_request_that_is_wrong_is_sent_once(server: Server, pauses: list[float]) -> None:
    server.answer = lambda: said({"error": {"message": "bad grammar"}}, 400)
    with pytest.raises(WireFault, match="bad grammar") as fault:
        to(server, retries=3).get("/models")
    assert (fault.value.status, len(server.requests), pauses) == (400, 1, [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"object": "error", "message": "too long"}', "too long"),
        (b"<html>Bad gateway</html>", "Bad gateway"),
        (b'["odd"]', "odd"),
        (b"", "Word"),
    ],
)
def test_whatever_a_refusal_says_is_handed_on(server: Server, body: bytes, words: str) -> None:
    server.answer = lambda: (400, body, {})
    with pytest.raises(WireFault, match=words):
        to(server).get("/models")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": [{}]}', b'{"data": 3}', b"null"])
def test_a_server_that_is_no_vllm_is_named(server: Server, body: bytes) -> None:
    server.answer = lambda: (200, body, {})
    with pytest.raises(BackendUnavailable, match="does not answer"):
        VllmEngine(server.url, retries=0).warm_up()
