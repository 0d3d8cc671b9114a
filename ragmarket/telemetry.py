"""What an operator sees: logs on stderr and the time that each stage took.

Logs say what happened, never about whom: fields that could hold a customer, a prompt or a message are withheld by
name, identifiers of persons are replaced wherever they stand, and an exception is logged by its class and its places in
the code, because its text may quote what somebody sent. Nothing leaves the machine.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from ragmarket.personal_data import redact

ROOT = "ragmarket"
WITHHELD = frozenset(
    {
        "customer",
        "customer_id",
        "signals",
        "name",
        "phone",
        "mobile",
        "email",
        "address",
        "pan",
        "aadhaar",
        "account",
        "prompt",
        "raw",
        "text",
        "body",
        "password",
        "token",
        "secret",
        "api_key",
        "authorization",
    }
)

_REQUEST_ID: ContextVar[str | None] = ContextVar("ragmarket_request_id", default=None)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def request_id() -> str | None:
    """The id of the request that is being answered, None outside one."""
    return _REQUEST_ID.get()


@contextmanager
def request(id_: str) -> Iterator[None]:
    """Give every line logged inside the block, in this thread or task, one request id."""
    token = _REQUEST_ID.set(id_)
    try:
        yield
    finally:
        _REQUEST_ID.reset(token)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found = {key: value for key, value in vars(record).items() if key not in _STANDARD and not key.startswith("_")}
    shown = {key: "[withheld]" if key.lower() in WITHHELD else value for key, value in found.items()}
    return {key: redact(value) if isinstance(value, str) else value for key, value in shown.items()}


def _failure(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(trace)]
    return {"error": kind.__name__, "at": places}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact(record.getMessage()),
        }
        if (id_ := request_id()) is not None:
            line["request_id"] = id_
        return json.dumps({**line, **_fields(record), **_failure(record)}, ensure_ascii=False, default=str)


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extra = {"request_id": request_id()} if request_id() is not None else {}
        details = " ".join(f"{key}={value}" for key, value in {**extra, **_fields(record), **_failure(record)}.items())
        # One event, one line: a value that holds a line break must not forge a second event.
        line = f"{moment} {record.levelname.lower():7} {record.name}: {redact(record.getMessage())} {details}".rstrip()
        return line.replace("\r", "\\r").replace("\n", "\\n")


def configure(level: str = "INFO", *, json: bool = False, stream: TextIO | None = None) -> None:
    """Send the project's logs to stderr; calling again replaces what was set.

    Args:
        level: Name of a standard level, in any case.
        json: One JSON object per line instead of plain text.
        stream: Where to write; stderr by default.

    Raises:
        ValueError: No such level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"no log level is called {level!r}")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLines() if json else _Plain())
    logger = logging.getLogger(ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(number)
    logger.propagate = False


class Stopwatch:
    """The milliseconds that each stage of one request took; a stage that runs again adds up.

    Example:
        >>> watch = Stopwatch()
        >>> with watch.stage("retrieve"):
        ...     pass
        >>> list(watch.timings_ms)
        ['retrieve']
    """

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block, also when it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + (time.perf_counter() - start) * 1000.0

    @property
    def timings_ms(self) -> dict[str, float]:
        """Stage to milliseconds, in the order in which stages first ended."""
        return {name: round(spent, 3) for name, spent in self._spent.items()}
