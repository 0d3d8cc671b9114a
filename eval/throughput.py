"""What the full line costs beside the bare server: tokens per second on the same prompts and grammars, in one run.

First the line writes all briefs once, which shows what it asks of the server and fills the caches of both; what that
pass costs is told apart, since a brief of a product and an intent that were never asked for has to be searched for.
Then, for each concurrency, the bare server gets exactly these requests, as bytes that were made beforehand over
connections that are kept, and the line gets the briefs; who goes first alternates, and the ratio is taken within each
pair of rounds. At last one stream: the embedded engine against the server.

    make vllm                                            # in another terminal
    python eval/throughput.py --base-url http://127.0.0.1:8001/v1

The server's worker and the line share a machine: where cores are few, `--core` keeps the line on those that vLLM
reserves for everything but inference (`reserved_cpus` in its log), as a deployment would with taskset.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.generation import briefs
from eval.throughput_server import Request, raw_speed
from ragmarket.bootstrap import House, build
from ragmarket.errors import RagmarketError
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.draft import Generation
from ragmarket.settings import read_settings


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


@dataclass(frozen=True)
class Round:
    """One round of the line: tokens per second, milliseconds of its process and of its stages for one brief."""

    speed: float
    cpu_ms: float
    stages: dict[str, float]


def line_round(house: House, meter: Meter, todo: Sequence[Brief], pool: ThreadPoolExecutor) -> Round:
    """Let the full line write all briefs."""
    meter.tokens = 0
    meter.requests.clear()
    stages: dict[str, list[float]] = {}

    def one(brief: Brief) -> None:
        for stage, spent in house.pipeline.draft(brief).timings_ms.items():
            stages.setdefault(stage, []).append(spent)

    began, own = time.perf_counter(), time.process_time()
    list(pool.map(one, todo))
    seconds, own = time.perf_counter() - began, time.process_time() - own
    means = {stage: statistics.mean(spent) for stage, spent in stages.items()}
    return Round(meter.tokens / seconds, 1000 * own / len(todo), means)


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


def keep_to(cores: Sequence[int] | None) -> None:
    """Keep every thread of this process, and those to come, to some cores."""
    if cores:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


def _spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}, {max(values):.{digits}f}]"


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True, help="the server's OpenAI root, ending in /v1")
    parser.add_argument("--model", default="ragmarket-writer", help="served model (default %(default)s)")
    parser.add_argument("--concurrency", default="1,8,32", help="comma-separated (default %(default)s)")
    parser.add_argument("--briefs", type=int, default=192, help="briefs per round (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of rounds per concurrency (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--core", type=int, action="append", help="a core on which the line may run; may be repeated")
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
    keep_to(arguments.core)
    console.print("writing once to learn the line's requests")
    with warm_pool(house, 32) as pool:
        first = line_round(house, meter, todo, pool)
    requests = list(meter.requests)
    figures: dict[str, Any] = {
        "machine": machine(),
        "cores": arguments.core,
        "briefs": len(todo),
        "requests": len(requests),
        "first pass": asdict(first),
        "concurrency": {},
    }
    table = Table("at a time", "server tokens/s", "line tokens/s", "ratio", "CPU ms of a brief", "load")
    stages: dict[str, float] = {}
    for concurrency in (int(one) for one in arguments.concurrency.split(",")):
        raw, line, pool, load = [], list[Round](), warm_pool(house, concurrency), []
        for turn in range(arguments.rounds):
            console.print(f"{concurrency} at a time, pair {turn + 1} of {arguments.rounds}")
            for bare in (turn % 2 == 0, turn % 2 == 1):
                load.append(os.getloadavg()[0])
                if bare:
                    raw.append(raw_speed(arguments.base_url, arguments.model, requests, concurrency))
                    continue
                line.append(line_round(house, meter, todo, pool))
                if Counter(meter.requests) != Counter(requests):
                    console.print("[bold]the line asked for other texts than the server was given[/bold]")
        pool.shutdown()
        ratios = [one.speed / other for one, other in zip(line, raw, strict=True)]
        speeds, own = [one.speed for one in line], [one.cpu_ms for one in line]
        stages = line[-1].stages
        table.add_row(
            str(concurrency), _spread(raw), _spread(speeds), _spread(ratios, 2), _spread(own, 1), _spread(load, 1)
        )
        figures["concurrency"][concurrency] = {
            "server": raw,
            "line": speeds,
            "ratios": ratios,
            "ratio": statistics.median(ratios),
            "cpu_ms": own,
            "load": load,
            "stages_ms": stages,
        }
    out.print(figures["machine"])
    out.print(table)
    out.print(
        f"first pass, all caches cold, 32 at a time: {first.speed:.0f} tokens/s, {first.cpu_ms:.1f} ms of CPU a brief"
    )
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
