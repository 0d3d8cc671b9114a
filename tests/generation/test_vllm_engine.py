"""The vLLM engine at its boundary: a small real HTTP server that misbehaves in every way a server can."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ragmarket.errors import BackendUnavailable, ModelMissing, RagmarketError, UndecodableOutput
from ragmarket.generation.engines.vllm import FAILURES_UNTIL_OPEN, PROBE_ANSWER, PROBE_GRAMMAR, VllmEngine

Answer = tuple[int, dict[str, Any]]


def completion(text: str, finish: str = "stop") -> Answer:
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return 200, {
        "id": "c",
        "object": "text_completion",
        "created": 1,
        "model": "w",
        "choices": [choice],
        "usage": usage,
    }


class Server:
    """Serves one model, ``w``; ``answer`` decides what a completion gets."""

    def __init__(self) -> None:
        self.models = ["w"]
        self.requests: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], Answer] = lambda _: completion("yes")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def reply(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                models = [{"id": name, "object": "model", "created": 1, "owned_by": "v"} for name in outer.models]
                self.reply(200, {"object": "list", "data": models})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.requests.append(body)
                probe = body["structured_outputs"]["grammar"] == PROBE_GRAMMAR and outer.keeps_grammars
                self.reply(*(completion(PROBE_ANSWER) if probe else outer.answer(body)))

        self.keeps_grammars = True
        ThreadingHTTPServer.request_queue_size = 64
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def ask(engine: VllmEngine) -> str:
    return engine.generate("p", 'root ::= "yes"\n', seed=7, max_tokens=8, temperature=0.5).raw


def test_prompt_grammar_seed_and_temperature_reach_the_server(server: Server) -> None:
    engine = VllmEngine(server.url, retries=0)
    assert ask(engine) == "yes"
    sent = server.requests[-1]
    assert sent["prompt"] == "p"
    assert sent["structured_outputs"] == {"grammar": 'root ::= "yes"\n'}
    assert (sent["seed"], sent["max_tokens"], sent["temperature"], sent["model"]) == (7, 8, 0.5, "w")


def test_a_server_that_ignores_grammars_is_found_before_the_first_draft(server: Server) -> None:
    server.keeps_grammars = False
    with pytest.raises(UndecodableOutput, match="ignores grammars") as found:
        VllmEngine(server.url, retries=0).warm_up()
    assert "structured-outputs-config" in found.value.hint


def test_a_server_that_refuses_structured_output_is_named(server: Server) -> None:
    server.keeps_grammars = False
    server.answer = lambda _: (400, {"error": {"message": "structured outputs are not supported", "code": 400}})
    with pytest.raises(UndecodableOutput, match="structured outputs are not supported"):
        VllmEngine(server.url, retries=0).warm_up()


def test_a_text_cut_short_is_undecodable(server: Server) -> None:
    server.answer = lambda _: completion("ye", finish="length")
    with pytest.raises(UndecodableOutput, match="did not end"):
        ask(VllmEngine(server.url, retries=0))


def test_a_passing_fault_is_tried_again(server: Server) -> None:
    answers = iter([(500, {"error": {"message": "out of memory"}}), completion("yes")])
    server.answer = lambda _: next(answers)
    assert ask(VllmEngine(server.url, retries=1)) == "yes"


@pytest.mark.parametrize(
    ("models", "wanted", "words"),
    [(["w"], "v", "no model 'v'"), (["a", "b"], None, "several models"), ([], None, "none")],
)
def test_a_model_that_is_not_served_is_named_with_those_that_are(
    server: Server, models: list[str], wanted: str | None, words: str
) -> None:
    server.models = models
    with pytest.raises(ModelMissing, match=words) as missing:
        VllmEngine(server.url, wanted, retries=0).warm_up()
    assert "RAGMARKET_GENERATION__MODEL" in missing.value.hint


def test_no_server_is_an_error_that_says_how_to_start_one() -> None:
    with pytest.raises(BackendUnavailable) as down:
        VllmEngine("http://127.0.0.1:9/v1", retries=0, timeout_s=2).warm_up()
    assert down.value.retryable
    assert "make vllm" in down.value.hint


def test_a_server_that_keeps_failing_is_left_alone_for_a_while(server: Server) -> None:
    engine = VllmEngine(server.url, retries=0, pause_s=60)
    engine.warm_up()
    server.answer = lambda _: (503, {"error": {"message": "busy"}})
    for _ in range(FAILURES_UNTIL_OPEN):
        with pytest.raises(BackendUnavailable):
            ask(engine)
    sent = len(server.requests)
    with pytest.raises(BackendUnavailable, match="times in a row"):
        ask(engine)
    assert len(server.requests) == sent


def test_a_refused_grammar_does_not_count_as_a_failing_server(server: Server) -> None:
    engine = VllmEngine(server.url, retries=0, pause_s=60)
    engine.warm_up()
    server.answer = lambda _: (400, {"error": {"message": "bad grammar"}})
    for _ in range(FAILURES_UNTIL_OPEN + 1):
        with pytest.raises(UndecodableOutput):
            ask(engine)
    server.answer = lambda _: completion("yes")
    assert ask(engine) == "yes"


def test_many_threads_share_one_engine(server: Server) -> None:
    engine = VllmEngine(server.url, retries=0)
    answers: list[str] = []

    def one() -> None:
        try:
            answers.append(ask(engine))
        except RagmarketError as error:
            answers.append(error.message)

    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["yes"] * 16
