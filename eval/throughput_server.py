"""The bare server in the throughput bench: the line's own requests, sent by a client that costs next to nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ragmarket.errors import BackendUnavailable


@dataclass(frozen=True)
class Request:
    """What the line asked of its engine."""

    prompt: str
    grammar: str
    seed: int
    max_tokens: int
    temperature: float


def as_bytes(request: Request, model: str, host: str, path: str) -> bytes:
    """A request as it goes over the wire."""
    body = json.dumps(
        {
            "model": model,
            "prompt": request.prompt,
            "seed": request.seed,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "structured_outputs": {"grammar": request.grammar},
            "skip_special_tokens": True,
            "spaces_between_special_tokens": False,
        }
    ).encode()
    head = f"POST {path}/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def raw_speed(base_url: str, model: str, requests: Sequence[Request], concurrency: int) -> float:
    """Tokens per second of the bare server on the line's own requests.

    The client does as little as a client can, since what it spends on one machine is taken from the server.
    """
    address = urlsplit(base_url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    waiting = [as_bytes(one, model, host, address.path.rstrip("/")) for one in reversed(requests)]

    async def stream() -> int:
        reader, writer = await asyncio.open_connection(host, port)
        tokens = 0
        while waiting:
            writer.write(waiting.pop())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            answer = json.loads(await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0])))
            if not head.startswith("http/1.1 200"):
                raise BackendUnavailable(f"the server refused a request: {str(answer)[:200]}")
            tokens += answer["usage"]["completion_tokens"]
        writer.close()
        return tokens

    async def run() -> int:
        return sum(await asyncio.gather(*(stream() for _ in range(concurrency))))

    began = time.perf_counter()
    tokens = asyncio.run(run())
    return tokens / (time.perf_counter() - began)
