"""The real house over a real log in a folder of its own, for what an auditor's doors show.

Its line is that of `tests/test_pipeline.py`: real drafting, rendering, review and policy; the writer is a double.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from ragmarket.bootstrap import House, build
from ragmarket.schemas.message import Result
from ragmarket.settings import AuditSettings, Settings
from tests.test_pipeline import IDS, answer, brief, line


def audited_house(home: Path, key_file: Path | None = None) -> House:
    house = build(Settings(home=home, audit=AuditSettings(key_file=key_file, checkpoint_every=None)))
    house.warm_up = lambda: None  # type: ignore[method-assign]  (an auditor needs no model)
    return house


def drafted(
    house: House, language: str = "hi", channel: str = "whatsapp", *, refused: bool = False, **more: Any
) -> Result:
    """A message written and recorded; ``refused``: one that promises what no bank may."""
    wanted = {"opening": "Guaranteed returns for everybody!"} if refused else {}
    answers = (answer(language, channel, IDS[channel], **wanted),) * 3
    pipeline, _, _ = line(*answers)
    pipeline.audit = house.audit
    pipeline._exhibits = lambda: house.exhibits
    return pipeline.draft(brief(language, channel, **more))


def tamper(house: House, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change the database past its own guards, as somebody with the file in hand would."""
    connection = sqlite3.connect(house.settings.home / "audit.sqlite3")
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            connection.execute(statement, values)
        connection.commit()
    finally:
        connection.close()
