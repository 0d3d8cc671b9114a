from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ragmarket.audit.log import SqlAuditLog

TEXT = "Fees.\nThe processing fee is 1.5% of the loan. Interest starts at 9.25% a year.\n"
WARNING = "Terms and conditions apply."


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "audit.db"


@pytest.fixture
def log(database: Path) -> Iterator[SqlAuditLog]:
    ticks = itertools.count()
    log = SqlAuditLog(f"sqlite:///{database}", clock=lambda: f"2026-11-21T10:00:00.{next(ticks):06d}+00:00")
    yield log
    log.close()


@pytest.fixture
def make_record(log: SqlAuditLog) -> Callable[[str], dict[str, object]]:
    """A released record whose cited document and ledger are kept."""

    def make(draft_id: str) -> dict[str, object]:
        log.put_blob(TEXT.encode())
        ledger = log.put_blob(b"ledger of the day")
        message = f"Our fee is 1.5 % of the loan.\n{WARNING}"
        document = {"doc_id": "home-loan", "version": "2", "sha256": sha(TEXT)}
        start = TEXT.index("The processing")
        quote = "The processing fee is 1.5% of the loan."
        figure = TEXT.index("1.5%")
        claim = {"text": "Our fee is 1.5 % of the loan.", "start": 0, "end": 29}
        disclaimer = {
            "id": "terms", "language": "en", "sha256": sha(WARNING), "approval": "A-7",
            "start": 30, "end": 30 + len(WARNING),
        }  # fmt: skip
        rendered = {
            "start": 11, "end": 16, "slot": "S1a", "evidence": "S1",
            "source_start": figure, "source_end": figure + 4, "source_text": "1.5%",
        }  # fmt: skip
        citation = {
            **document,
            "start": start,
            "end": start + len(quote),
            "quote": quote,
            "verdict": "supported",
            "score": 1.0,
        }
        return {
            "draft_id": draft_id,
            "created_at": "2026-11-21T10:00:00+00:00",
            "status": "accepted",
            "brief": {"product_code": "ARB-HL-001", "language": "en", "channel": "email"},
            "policy": {"snapshot_id": "policy-1"},
            "evidence": [{"id": "S1", "title": "Home loan", **document}],
            "documents": [document],
            "blobs": {"ledger_sha256": ledger},
            "attempts": [
                {"message": {"text": "an attempt that was not released", "claims": []}},
                {"message": {"text": message, "claims": [{**claim, "cites": ["S1"], "figures": [rendered]}]}},
            ],
            "result": {
                "draft_id": draft_id, "status": "accepted", "text": message, "language": "en", "channel": "email",
                "claims": [{**claim, "citations": [citation]}],
                "disclaimers": [disclaimer],
                "model": {"name": "writer", "revision": "r1", "engine": "embedded"},
            },
        }  # fmt: skip

    return make


@pytest.fixture
def tamper(database: Path) -> Callable[..., None]:
    """Change the database past its own guards, as somebody with the file in hand would."""

    def run(*statements: str | tuple[str, tuple[object, ...]]) -> None:
        connection = sqlite3.connect(database)
        try:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
            connection.commit()
        finally:
            connection.close()

    return run
