"""The same promises on a real PostgreSQL server, started for this module where its binaries are installed."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragmarket.audit.log import SqlAuditLog
from ragmarket.errors import AuditWriteFailed, BackendUnavailable

pytestmark = pytest.mark.slow


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    # Debian keeps initdb beside the real binary, not beside a link to it.
    binary = found[-1] if found else Path(on_path).resolve() if on_path else None
    return binary.parent if binary and (binary.parent / "initdb").exists() else None


def _account() -> pwd.struct_passwd | None:
    """Whom to run the server as: it refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    binaries, account = _binaries(), _account()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries are installed")
    if account is None:
        pytest.skip("PostgreSQL refuses to run as root and there is no other account")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (pip install 'ragmarket[postgres]')")
    as_user = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}
    # Not tmp_path: its parents are closed to the server's account.
    with tempfile.TemporaryDirectory(prefix="ragmarket-pg-", ignore_cleanup_errors=True) as folder:
        os.chown(folder, account.pw_uid, account.pw_gid)
        data = Path(folder) / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "audit", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **as_user,
        )  # fmt: skip
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **as_user,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 30
            ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
            while subprocess.run(ready, capture_output=True, check=False).returncode != 0:
                if time.monotonic() > deadline or process.poll() is not None:
                    pytest.skip("the PostgreSQL server did not start")
                time.sleep(0.1)
            yield f"postgresql+psycopg://audit@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(20)


def _append_twenty(url: str, name: str) -> None:
    log = SqlAuditLog(url, busy_timeout_s=30)
    for number in range(20):
        log.append({"draft_id": f"{name}-{number}", "documents": [{"sha256": log.put_blob(name.encode())}]})
    log.close()


def test_postgres_keeps_the_same_promises(server):
    from sqlalchemy.exc import DBAPIError

    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_twenty, args=(server, name)) for name in ("p", "q")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    log = SqlAuditLog(server, busy_timeout_s=0.2)
    assert list(log.verify()) == []
    assert log.head().seq == 40
    assert log.get("p-3")["draft_id"] == "p-3"
    with pytest.raises(AuditWriteFailed):
        log.append({"draft_id": "p-3"})
    assert log.append({"draft_id": "note", "text": "ब्याज \x00 100 %"}).seq == 41
    assert log.get("note")["text"] == "ब्याज \x00 100 %"

    for statement in (
        "UPDATE audit_entries SET record = '{}'",
        "UPDATE audit_entries SET record = ''",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "DELETE FROM audit_blobs",
        "UPDATE audit_head SET seq = 1",
    ):
        with log._engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(statement)

    with log._engine.connect() as holder, holder.begin():
        from ragmarket.audit.database import ADVISORY_LOCK

        holder.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        with pytest.raises(AuditWriteFailed):
            log.append({"draft_id": "late"})
    assert log.append({"draft_id": "late"}).seq == 42

    with log._engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER ALL")
        connection.exec_driver_sql(
            "UPDATE audit_entries SET record = replace(record, 'p-4', 'p-5') WHERE draft_id = 'p-4'"
        )
    broken = log.entry("p-4").seq
    assert [(fault["seq"], fault["kind"]) for fault in log.verify()] == [(broken, "altered")]
    log.close()


def another_database(server, name):
    from sqlalchemy import create_engine

    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"


def test_postgres_checkpoints_holds_and_removes(server, tmp_path):
    """The guards let go of what a retention entry names, and of nothing else."""
    import hashlib
    import itertools
    from datetime import date

    from sqlalchemy.exc import DBAPIError

    from ragmarket.audit.checkpoints import Checkpoints, tree_of
    from ragmarket.audit.export import export
    from ragmarket.audit.proofs import proof_faults, prove
    from ragmarket.audit.retention import hold, retain
    from ragmarket.audit.signing import generate_key, load_signer
    from ragmarket.schemas.export import Selection
    from ragmarket.schemas.retention import HoldRequest

    public = generate_key(tmp_path / "key")
    keeper = Checkpoints(load_signer(tmp_path / "key"), 5)
    ticks = itertools.count()
    log = SqlAuditLog(
        another_database(server, "retention"),
        clock=lambda: f"{2020 + next(ticks) // 8}-01-01T00:00:00.000000+00:00",
        after_append=keeper.heed,
    )
    for number in range(12):
        text = f"document {number % 5}".encode()
        sha256 = hashlib.sha256(text).hexdigest()
        record = {"draft_id": f"d{number}", "brief": {"campaign": "ब%" if number == 2 else None}}
        log.append({**record, "documents": [{"sha256": sha256}]}, blobs={sha256: text})
    point = keeper.make(log)
    hold(log, HoldRequest(draft_id="d1", by="A", reason="b"))
    hold(log, HoldRequest(campaign="ब%", by="A", reason="b"))
    done = retain(log, before=date(2021, 1, 1), by="R", reason="rule")
    assert (len(done.removed), done.held) == (5, 2)
    assert list(log.verify(None, [point], public)) == []
    assert proof_faults(prove(log.entry("d0"), point, tree_of(log)), public) == []
    export(log, Selection(campaign="ब%"), tmp_path / "out", checkpoints=keeper)
    for statement in (
        "UPDATE audit_entries SET record = '' WHERE draft_id = 'd1'",
        "UPDATE audit_entries SET record = 'x' WHERE draft_id = 'd0'",
        "DELETE FROM audit_blobs",
    ):
        with log._engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(statement)
    log.close()


def test_postgres_upgrades_an_old_log(server, tmp_path):
    """The rows of `log_before_alembic.sql` in the tables that the code of before made."""
    import sqlite3

    from sqlalchemy import create_engine

    from ragmarket.audit import revisions

    old = sqlite3.connect(tmp_path / "old.sqlite3")
    old.executescript((Path(__file__).parent / "log_before_alembic.sql").read_text(encoding="utf-8"))
    names = ("audit_entries", "audit_blobs", "audit_head")
    tables = {name: old.execute("SELECT * FROM " + name).fetchall() for name in names}  # noqa: S608
    old.close()
    url = another_database(server, "upgraded")
    engine = create_engine(url)
    with engine.begin() as connection, pytest.MonkeyPatch.context() as patch:
        from alembic.script import ScriptDirectory

        steps = ScriptDirectory._upgrade_revs
        patch.setattr(ScriptDirectory, "_upgrade_revs", lambda self, _, below: steps(self, "0002", below))
        revisions.migrate(connection)
        connection.exec_driver_sql("DROP TABLE audit_version")
        for name, rows in tables.items():
            marks = ", ".join(["%s"] * len(rows[0]))
            for row in rows:
                connection.exec_driver_sql("INSERT INTO " + name + f" VALUES ({marks})", row)  # noqa: S608
    engine.dispose()
    log = SqlAuditLog(url)
    assert (log.head().seq, list(log.verify())) == (6, [])
    assert [entry.record_bytes.decode() for entry in log.entries()] == [row[4] for row in tables["audit_entries"]]
    assert log.append({"draft_id": "new"}).seq == 7
    assert list(log.verify()) == []
    log.close()


def test_server_that_does_not_answer_is_unavailable():
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (pip install 'ragmarket[postgres]')")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://audit@127.0.0.1:{free.getsockname()[1]}/postgres"
        log = SqlAuditLog(url)
        with pytest.raises(AuditWriteFailed):
            log.append({"draft_id": "a"})
        with pytest.raises(BackendUnavailable):
            log.get("a")


def test_postgres_lists_drafts_and_checks_an_entry_beside_its_neighbours(server):
    from datetime import date

    from ragmarket.audit.listing import draft_page
    from ragmarket.audit.neighbours import entry_view
    from ragmarket.schemas.chain import DraftFilter

    log = SqlAuditLog(another_database(server, "listed"))
    for number in range(7):
        brief = {"language": "hi" if number % 2 else "ta", "product_code": "A_%\\B"}
        log.append({"draft_id": f"d{number}", "brief": brief, "result": {"status": "accepted"}})
    wanted = DraftFilter(language="hi", product_code="A_%\\B", since=date(2026, 1, 1))
    first = draft_page(log, wanted, limit=2)
    rest = draft_page(log, wanted, limit=2, before=first.next)
    assert [row.draft_id for row in (*first.drafts, *rest.drafts)] == ["d5", "d3", "d1"]
    assert rest.next is None
    view = entry_view(log, log.entry("d3"))
    assert (view.seq, view.state, view.faults) == (4, "recorded", ())
    log.close()
