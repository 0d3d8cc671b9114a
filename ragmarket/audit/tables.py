"""The log's tables: every statement that is sent to the database, in the two dialects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.audit.commits import NotKept, Pending
from ragmarket.audit.entry import GENESIS, Entry, columns, entry_hash, stored_bytes
from ragmarket.errors import AuditChainBroken, AuditWriteFailed
from ragmarket.schemas.message import AuditRef

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HASHES = 20_000
_AT_ONCE = 500
# Their ids begin so: what the log records of itself.
OWN_KINDS = ("checkpoint", "hold", "release", "retention")

# The columns of one entry in the order of `Entry`'s fields.
Row = tuple[int, str, str, str, str, str, str, str]


@dataclass(slots=True)
class Held:
    """What the log has already: bytes by their hashes, records by their ids."""

    blobs: set[str]
    drafts: set[str]

    def admit(self, wish: Pending) -> None:
        """Refuse a record whose id is taken or that cites what nobody keeps.

        Raises:
            AuditWriteFailed: It is to be refused.
        """
        missing = [sha256 for sha256 in wish.cited if sha256 not in self.blobs and sha256 not in wish.blobs]
        if missing:
            hint = "Give them to append, or keep them with put_blob first."
            raise NotKept(f"cited bytes are not kept: {missing[0]}", hint=hint)
        if wish.draft_id in self.drafts:
            hint = "Give the draft an id of its own."
            raise AuditWriteFailed(f"the draft {wish.draft_id!r} is already recorded", hint=hint)


class Tables:
    """Statements on a connection that the caller has opened.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
    """

    def __init__(self, dialect: str) -> None:
        self._sqlite = dialect == "sqlite"
        self._select = f"SELECT {columns(dialect)} FROM audit_entries"  # noqa: S608 (constants)

    def _sql(self, query: str) -> str:
        return query if self._sqlite else query.replace("?", "%s")

    def _rows(self, connection: Connection, query: str, values: Sequence[object] = ()) -> Sequence[Sequence[object]]:
        return connection.exec_driver_sql(self._sql(query), tuple(values)).all()

    def _entries(self, connection: Connection, query: str, values: Sequence[object] = ()) -> list[Entry]:
        return [Entry.from_row(row) for row in self._rows(connection, f"{self._select} {query}", values)]

    def entry(self, connection: Connection, draft_id: str) -> Entry | None:
        """The entry of one draft."""
        found = self._entries(connection, "WHERE draft_id = ?", (draft_id,))
        return found[0] if found else None

    def page(self, connection: Connection, after: int, most: int) -> list[Entry]:
        """The first entries behind a place, in order; all of them where ``most`` is negative."""
        limit = f" LIMIT {int(most)}" if most >= 0 else ""
        return self._entries(connection, f"WHERE seq > ? ORDER BY seq{limit}", (after,))

    def places(self, connection: Connection, places: Sequence[int]) -> list[Entry]:
        """The entries at some places, in order."""
        found: list[Entry] = []
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            found += self._entries(connection, f"WHERE seq IN ({marks}) ORDER BY seq", some)
        return found

    def of_kind(self, connection: Connection, kind: str) -> list[Entry]:
        """The log's own entries of one kind."""
        if self._sqlite:
            bounds = (f"{kind}.", f"{kind}/")  # by the index; "/" is the character behind "."
            return self._entries(connection, "WHERE draft_id >= ? AND draft_id < ? ORDER BY seq", bounds)
        return self._entries(connection, "WHERE starts_with(draft_id, ?) ORDER BY seq", (f"{kind}.",))

    def chosen(
        self, connection: Connection, since: str | None, before: str | None, holding: str | None
    ) -> list[tuple[int, str]]:
        """Place and id of entries recorded in ``[since, before)`` whose record holds a text, in order."""
        terms: list[str] = ["1 = 1"]
        values: list[str] = []
        # Times are compared as bytes, whatever the database's language.
        time = "recorded_at" if self._sqlite else 'recorded_at COLLATE "C"'
        if since is not None:
            terms.append(f"{time} >= ?")
            values.append(since)
        if before is not None:
            terms.append(f"{time} < ?")
            values.append(before)
        if holding is not None:
            terms.append("instr(record, ?) > 0" if self._sqlite else "strpos(record, ?) > 0")
            values.append(holding)
        query = f"SELECT seq, draft_id FROM audit_entries WHERE {' AND '.join(terms)} ORDER BY seq"  # noqa: S608
        return [(int(str(row[0])), str(row[1])) for row in self._rows(connection, query, values)]

    def ends(self, connection: Connection) -> tuple[int, int]:
        """The last and the first place at which an entry stands; 0 and 1 in an empty log."""
        rows = self._rows(connection, "SELECT MAX(seq), MIN(seq) FROM audit_entries")
        return (0, 1) if rows[0][0] is None else (int(str(rows[0][0])), int(str(rows[0][1])))

    def window(
        self,
        connection: Connection,
        places: tuple[int, int],
        times: tuple[str | None, str | None],
        holding: Sequence[str],
        most: int,
    ) -> list[Entry]:
        """Entries at ``[low, high)`` recorded in ``[since, before)`` whose record holds some texts, newest first."""
        terms: list[str] = ["seq >= ?", "seq < ?"]
        values: list[object] = [*places]
        time = "recorded_at" if self._sqlite else 'recorded_at COLLATE "C"'
        for sign, value in zip((">=", "<"), times, strict=True):
            if value is not None:
                terms.append(f"{time} {sign} ?")
                values.append(value)
        for text in holding:
            terms.append("instr(record, ?) > 0" if self._sqlite else "strpos(record, ?) > 0")
            values.append(text)
        return self._entries(connection, f"WHERE {' AND '.join(terms)} ORDER BY seq DESC LIMIT {int(most)}", values)

    def hashes(self, connection: Connection, after: int) -> list[tuple[int, str]]:
        """Place and hash of the entries behind a place."""
        query = f"SELECT seq, entry_hash FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT {_HASHES}"  # noqa: S608
        return [(int(str(row[0])), str(row[1])) for row in self._rows(connection, query, (after,))]

    def head(self, connection: Connection) -> AuditRef | None:
        """The head that the log recorded."""
        rows = self._rows(connection, "SELECT seq, entry_hash FROM audit_head")
        return AuditRef(seq=int(str(rows[0][0])), hash=str(rows[0][1])) if rows else None

    def checked_end(self, connection: Connection) -> Entry | None:
        """The last entry, None in an empty log.

        Raises:
            AuditChainBroken: It is not the one that was recorded last, or it was altered.
        """
        rows = self._entries(connection, "ORDER BY seq DESC LIMIT 1")
        last, head = (rows[0] if rows else None), self.head(connection)
        if (last.ref if last else None) != head:
            raise AuditChainBroken("the last entry of the audit log is not the one that was recorded last")
        if last is not None and not last.intact():
            raise AuditChainBroken(f"the last entry of the audit log ({last.seq}) was altered")
        return last

    def held(self, connection: Connection, wishes: Iterable[Pending]) -> Held:
        """What of some wishes the log has already."""
        hashes: dict[str, None] = {}
        drafts: dict[str, None] = {}
        for wish in wishes:
            hashes |= dict.fromkeys((*wish.blobs, *wish.cited))
            if wish.data is not None:
                drafts[wish.draft_id] = None
        return Held(self.kept(connection, hashes), self._found(connection, "audit_entries", "draft_id", list(drafts)))

    def row(self, wish: Pending, last: Entry | AuditRef | None, at: str) -> tuple[AuditRef, Row]:
        """The entry of a record behind ``last``: its place, and its columns for `insert`."""
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        cited = json.dumps(list(wish.cited), separators=(",", ":"))
        hash_ = entry_hash(seq, previous, at, wish.digest, wish.draft_id, cited)
        text = (wish.data or b"").decode("utf-8")
        return AuditRef(seq=seq, hash=hash_), (seq, wish.draft_id, previous, at, text, hash_, wish.digest, cited)

    def insert(self, connection: Connection, rows: Sequence[Row], head: AuditRef, *, begins: bool) -> None:
        """Add entries and move the head to the last of them; ``begins`` where the log was empty."""
        names = "seq, draft_id, previous_hash, recorded_at, record, entry_hash, record_sha256, cited"
        connection.exec_driver_sql(
            self._sql(f"INSERT INTO audit_entries ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),  # noqa: S608
            list(rows),
        )
        move = "UPDATE audit_head SET seq = ?, entry_hash = ?"
        begin = "INSERT INTO audit_head (seq, entry_hash, id) VALUES (?, ?, 1)"
        connection.exec_driver_sql(self._sql(begin if begins else move), (head.seq, head.hash))

    def remove(self, connection: Connection, records: Mapping[int, str], blobs: Iterable[str]) -> None:
        """Take away records (place to hash), keeping their entries, and kept bytes; a retention entry names them."""
        blank = self._sql("UPDATE audit_entries SET record = '', record_sha256 = ? WHERE seq = ?")
        for seq, record_sha256 in records.items():
            connection.exec_driver_sql(blank, (record_sha256, seq))
        for sha256 in blobs:
            connection.exec_driver_sql(self._sql("DELETE FROM audit_blobs WHERE sha256 = ?"), (sha256,))

    def kept(self, connection: Connection, hashes: Iterable[str]) -> set[str]:
        """Which of some hashes bytes are kept under."""
        return self._found(connection, "audit_blobs", "sha256", list(dict.fromkeys(hashes)))

    def _found(self, connection: Connection, table: str, column: str, wanted: Sequence[str]) -> set[str]:
        """Which of some values a column holds."""
        found = set[str]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._rows(connection, f"SELECT {column} FROM {table} WHERE {column} IN ({marks})", some)  # noqa: S608
            found.update(str(row[0]) for row in rows)
        return found

    def keep(self, connection: Connection, blobs: Mapping[str, bytes]) -> None:
        """Keep bytes that are not kept yet."""
        for sha256, data in blobs.items():
            insert = self._sql("INSERT INTO audit_blobs (sha256, data) VALUES (?, ?)")
            connection.exec_driver_sql(insert, (sha256, data))

    def blob(self, connection: Connection, sha256: str) -> bytes | None:
        """The bytes kept under a hash, unchecked."""
        rows = self._rows(connection, "SELECT data FROM audit_blobs WHERE sha256 = ?", (sha256,))
        return stored_bytes(rows[0][0]) if rows else None
