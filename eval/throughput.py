"""What the full line costs beside the bare server: tokens per second on the same prompts and grammars, in one run.

First the line writes all briefs once, which loads every part and shows which requests it sends. Then, for each
concurrency, the bare server gets exactly these requests from an async client and the line gets the briefs, in turn,
several times; the ratio is line to server. At last one stream: the embedded engine against the server.

    make vllm                                            # in another terminal
    python eval/throughput.py --base-url http://127.0.0.1:8001/v1
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.generation import briefs
from ragmarket.bootstrap import House, build
from ragmarket.errors import RagmarketError
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.draft import Generation
from ragmarket.settings import read_settings


@dataclass(frozen=True)
class Request:
    """What the line asked of its engine."""

    prompt: str
    grammar: str
    seed: int
    max_tokens: int
    temperature: float


class Meter:
    """An engine that counts tokens and, once, keeps the requests; safe for threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.tokens = 0

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:
        """Hand the request on."""
        answer = self._engine.generate(prompt, grammar, seed=seed, max_tokens=max_tokens, temperature=temperature)
        with self._lock:
            self.requests.append(Request(prompt, grammar, seed, max_tokens, temperature))
            self.tokens += answer.completion_tokens
        return answer


def warm_pool(house: House, concurrency: int) -> ThreadPoolExecutor:
    """Threads that have made their first call, as those of a service that runs have."""
    pool = ThreadPoolExecutor(concurrency)
    together = threading.Barrier(concurrency)

    def warm(_: int) -> None:
        house.rules.warm_up()
        together.wait()

    list(pool.map(warm, range(concurrency)))
    return pool


def line_speed(
    house: House, meter: Meter, todo: Sequence[Brief], pool: ThreadPoolExecutor
) -> tuple[float, dict[str, float]]:
    """Tokens per second of the full line, and the mean milliseconds of its stages."""
    meter.tokens = 0
    stages: dict[str, list[float]] = {}

    def one(brief: Brief) -> None:
        for stage, spent in house.pipeline.draft(brief).timings_ms.items():
            stages.setdefault(stage, []).append(spent)

    began = time.perf_counter()
    list(pool.map(one, todo))
    seconds = time.perf_counter() - began
    return meter.tokens / seconds, {stage: statistics.mean(spent) for stage, spent in stages.items()}


def raw_speed(base_url: str, model: str, requests: Sequence[Request], concurrency: int) -> float:
    """Tokens per second of the bare server on the line's own requests."""
    from openai import AsyncOpenAI

    async def run() -> float:
        client = AsyncOpenAI(base_url=base_url, api_key="none", timeout=300, max_retries=0)
        gate, tokens = asyncio.Semaphore(concurrency), 0

        async def one(request: Request) -> None:
            nonlocal tokens
            async with gate:
                answer = await client.completions.create(
                    model=model,
                    prompt=request.prompt,
                    seed=request.seed,
                    max_tokens=request.max_tokens,
                    temperature=request.temperature,
                    extra_body={
                        "structured_outputs": {"grammar": request.grammar},
                        "spaces_between_special_tokens": False,
                    },
                )
            tokens += answer.usage.completion_tokens if answer.usage else 0

        began = time.perf_counter()
        await asyncio.gather(*(one(request) for request in requests))
        seconds = time.perf_counter() - began
        await client.close()
        return tokens / seconds

    return asyncio.run(run())


def single_stream(engine: Engine, requests: Sequence[Request]) -> float:
    """Tokens per second of one engine, one request after the other."""
    began, tokens = time.perf_counter(), 0
    for one in requests:
        tokens += engine.generate(
            one.prompt, one.grammar, seed=one.seed, max_tokens=one.max_tokens, temperature=one.temperature
        ).completion_tokens
    return tokens / (time.perf_counter() - began)


def machine() -> str:
    """The machine in words."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = named[0] if named else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} [{min(values):.0f}, {max(values):.0f}]"


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True, help="the server's OpenAI root, ending in /v1")
    parser.add_argument("--model", default="ragmarket-writer", help="served model (default %(default)s)")
    parser.add_argument("--concurrency", default="1,8,32", help="comma-separated (default %(default)s)")
    parser.add_argument("--briefs", type=int, default=96, help="briefs per round (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds per concurrency (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write all figures there")
    arguments = parser.parse_args()
    settings = read_settings()
    generation = settings.generation.model_copy(update={"base_url": arguments.base_url, "model": arguments.model})
    house = build(settings.model_copy(update={"generation": generation}))
    console, out = Console(stderr=True), Console()
    house.index()
    house.warm_up()
    meter = Meter(VllmEngine(arguments.base_url, arguments.model))
    drafter: Any = house.pipeline.drafter
    drafter._engine = meter  # noqa: SLF001 (the line's own requests are what is measured)
    todo = briefs(house, date(2026, 11, 21), arguments.briefs, arguments.seed)
    console.print("writing once to learn the line's requests")
    with warm_pool(house, 32) as pool:
        line_speed(house, meter, todo, pool)
    requests = list(meter.requests)
    table = Table("at a time", "server tokens/s", "line tokens/s", "ratio")
    figures: dict[str, Any] = {"machine": machine(), "requests": len(requests), "concurrency": {}}
    stages: dict[str, float] = {}
    for concurrency in (int(one) for one in arguments.concurrency.split(",")):
        raw, line, pool = [], [], warm_pool(house, concurrency)
        for turn in range(arguments.rounds):
            console.print(f"{concurrency} at a time, round {turn + 1} of {arguments.rounds}")
            raw.append(raw_speed(arguments.base_url, arguments.model, requests, concurrency))
            speed, stages = line_speed(house, meter, todo, pool)
            line.append(speed)
        pool.shutdown()
        ratio = statistics.median(line) / statistics.median(raw)
        table.add_row(str(concurrency), _spread(raw), _spread(line), f"{ratio:.2f}")
        figures["concurrency"][concurrency] = {"server": raw, "line": line, "ratio": ratio, "stages_ms": stages}
    out.print(figures["machine"])
    out.print(table)
    out.print(
        "stages of one message at the last concurrency, ms: " + ", ".join(f"{k} {v:.1f}" for k, v in stages.items())
    )
    figures["single stream"] = one_stream(requests[:40], arguments.base_url, arguments.model, out)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def one_stream(requests: Sequence[Request], base_url: str, model: str, out: Console) -> dict[str, float]:
    """The embedded engine against the server, one request at a time."""
    from ragmarket.bootstrap import WRITER_WEIGHTS
    from ragmarket.generation.engines.embedded import EmbeddedEngine

    engines: dict[str, Engine] = {"server": VllmEngine(base_url, model), "embedded": EmbeddedEngine(WRITER_WEIGHTS)}
    speeds: dict[str, float] = {}
    for name, engine in engines.items():
        try:
            single_stream(engine, requests[:2])
            speeds[name] = single_stream(engine, requests)
        except RagmarketError as error:
            out.print(f"{name}: {error.message}")
            return speeds
    ratio = speeds["embedded"] / speeds["server"]
    out.print(
        f"one stream: server {speeds['server']:.0f} tokens/s, embedded {speeds['embedded']:.0f} (ratio {ratio:.2f})"
    )
    return speeds | {"ratio": ratio}


if __name__ == "__main__":
    sys.exit(main())
