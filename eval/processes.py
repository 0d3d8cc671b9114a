"""A piece of work in a process of its own, with the wall clock, the processor's time and the memory that it took."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

# Counting the pages of a large process stops it for milliseconds: not more often than this share of the time allows.
EVERY_S, SELDOM_S, SHARE = 0.05, 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """What one piece of work took.

    Attributes:
        answer: What it returned.
        seconds: On the clock, from starting the process to its end: imports and loading of models count.
        processor_s: Of all its threads and children.
        peak_bytes: Most memory that it and all its descendants held at once (shared pages counted once), or the most
            that the first of them ever held where that is more.
    """

    answer: Mapping[str, Any]
    seconds: float
    processor_s: float
    peak_bytes: int


class WorkFailed(RuntimeError):
    """The process ended without an answer; holds what it said."""


def apart(work: Callable[..., Mapping[str, Any]], *arguments: Any) -> Spent:
    """Run ``work(*arguments)`` in a fresh interpreter, so that its memory is its own and nothing is warm.

    Raises:
        WorkFailed: It raised, or the process was killed.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = context.Process(target=_told, args=(theirs, work, arguments))
    begun = time.perf_counter()
    process.start()
    theirs.close()
    peak, answer, pause = 0, None, EVERY_S
    try:
        while True:
            if ours.poll(pause):
                try:
                    answer = ours.recv()
                except EOFError:
                    break
                break
            looked = time.perf_counter()
            peak = max(peak, held(process.pid or 0))
            pause = min(SELDOM_S, max(EVERY_S, (time.perf_counter() - looked) / SHARE))
    except BaseException:
        process.kill()  # somebody has had enough: nothing goes on behind his back
        raise
    process.join()
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if answer is None:
        raise WorkFailed(f"{work.__name__} ended with {process.exitcode} and said nothing")
    if answer["failed"]:
        raise WorkFailed(answer["failed"])
    spent = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Spent(answer["answer"], seconds, spent, max(peak, int(answer["most"])))


def _told(pipe: Connection, work: Callable[..., Mapping[str, Any]], arguments: tuple[Any, ...]) -> None:
    answer: Mapping[str, Any] = {}
    failed = ""
    try:
        answer = work(*arguments)
    except BaseException:  # noqa: BLE001 (whatever it was, the caller is told)
        failed = traceback.format_exc()
    pipe.send({"answer": dict(answer), "failed": failed, "most": most_held()})
    pipe.close()


def most_held() -> int:
    """Most bytes that this process has held since it was started; 0 where the system does not tell.

    `getrusage` would tell of the process that started it, too, where that was larger.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as stream:  # noqa: PTH123 (a pseudo-file)
            return next((int(line.split()[1]) for line in stream if line.startswith("VmHWM:")), 0) * 1024
    except OSError:
        return 0


def held(pid: int) -> int:
    """Bytes of memory that a process and its descendants hold now, shared pages counted once; 0 when it is gone."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            with open(f"/proc/{one}/smaps_rollup", encoding="ascii") as stream:  # noqa: PTH123 (a pseudo-file)
                total += next((int(line.split()[1]) for line in stream if line.startswith("Pss:")), 0) * 1024
            for thread in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208 (a pseudo-folder)
                with open(f"/proc/{one}/task/{thread}/children", encoding="ascii") as stream:  # noqa: PTH123
                    waiting += [int(child) for child in stream.read().split()]
        except OSError:
            continue  # it ended meanwhile
    return total
