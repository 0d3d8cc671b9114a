"""Is the audit log a system of record? Tampering, killed writers, time.

Tampers with a log in random ways (bits, rows, order, tail, checkpoints) and counts how often verification finds it and
names place and kind; kills a writer with SIGKILL at random moments and counts what it had acknowledged and is missing;
measures how long a large log takes to verify, how fast threads append, and what a proof costs.

    python eval/audit.py                          # 1,000 tamperings, 200 kills, 100,000 records of 24 kB (3 GB of disk)
    python eval/audit.py --quick                  # 100, 20, 5,000
    python eval/audit.py --html report.html --json report.json

Exit code 1: a tampering was not found or named wrongly, a record is missing, or verification took too long; 2: bad
option.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from eval.audited.base import base_log
from eval.audited.kills import kill_writers
from eval.audited.load import appending, fill, proving, verification
from eval.audited.tampering import FAMILIES, answer, tamperings
from eval.copy_latency import machine
from eval.intervals import percent, wilson
from eval.pages import page, shares_plot, table
from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.signing import generate_key, load_signer

LIMIT_S = 30.0


def tampered(folder: Path, count: int, seed: int, progress: Progress) -> dict[str, Any]:
    """How many tamperings were found, and named rightly, by family."""
    base = base_log(folder)
    task = progress.add_task("tampering", total=count)
    done: Counter[str] = Counter()
    found: Counter[str] = Counter()
    named: Counter[str] = Counter()
    wrong: list[dict[str, Any]] = []
    for one in tamperings(base, count, seed):
        got = answer(base, one, folder / "tampered.sqlite3")
        done[one.family] += 1
        found[one.family] += got is not None
        named[one.family] += got == (one.seq, one.kind)
        if got != (one.seq, one.kind):
            wrong.append({"family": one.family, "what": one.what, "wanted": [one.seq, one.kind], "got": got})
        progress.advance(task)
    return {"done": dict(done), "found": dict(found), "named": dict(named), "wrong": wrong, "seed": seed}


def measure(arguments: argparse.Namespace, folder: Path, progress: Progress) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = {"machine": machine(), "record_bytes": arguments.record_bytes}
    (folder / "tampering").mkdir()
    figures["tampering"] = tampered(folder / "tampering", arguments.tamperings, arguments.seed, progress)
    (folder / "kills").mkdir()
    task = progress.add_task("killing writers", total=arguments.kills)
    report = kill_writers(
        folder / "kills", arguments.kills, arguments.seed, lambda done: progress.update(task, completed=done)
    )
    figures["kills"] = vars(report)
    figures["appending"] = []
    for threads in (1, 8, 32):
        for grouped in (False, True):
            count = arguments.appends if threads > 1 else arguments.appends // 4
            row = appending(folder, threads, count, arguments.record_bytes, grouped=grouped)
            figures["appending"].append(row)
    file = folder / "large.sqlite3"
    generate_key(folder / "key")
    log = SqlAuditLog(f"sqlite:///{file}")
    task = progress.add_task("filling a log", total=arguments.records)
    fill(log, arguments.records, arguments.record_bytes, lambda done: progress.update(task, completed=done))
    figures["verification"] = {"records": arguments.records, "megabytes": file.stat().st_size // 2**20}
    figures["verification"] |= verification(log)
    figures["proofs"] = proving(log, arguments.records, Checkpoints(load_signer(folder / "key")))
    log.close()
    return figures


def unmet(figures: dict[str, Any]) -> list[str]:
    """Which promises do not hold, in words."""
    found = [f"a tampering was not named rightly: {one}" for one in figures["tampering"]["wrong"]]
    kills, verified = figures["kills"], figures["verification"]
    if kills["missing"] or kills["faulty_logs"]:
        found.append(f"after kills {kills['missing']} records are missing, {kills['faulty_logs']} logs do not verify")
    allowed = LIMIT_S * max(1.0, verified["records"] / 100_000)
    if verified["seconds"] > allowed or verified["faults"]:
        found.append(f"verification took {verified['seconds']} s, should be at most {allowed:.0f}")
    if figures["proofs"]["wrong"]:
        found.append(f"{figures['proofs']['wrong']} proofs do not hold")
    return found


def tables(figures: dict[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, heads and rows of each table."""
    told = figures["tampering"]
    rows = [
        [name, *(percent(told[one].get(name, 0), told["done"].get(name, 0)) for one in ("found", "named"))]
        for name in FAMILIES
    ]
    total = sum(told["done"].values())
    rows.append(["all", *(percent(sum(told[one].values()), total) for one in ("found", "named"))])
    kills = figures["kills"]
    high = wilson(kills["missing"], kills["acknowledged"])[1]
    killed = [
        ["kills", str(kills["kills"])],
        ["of them before the first answer", str(kills["before_first_answer"])],
        ["records acknowledged", str(kills["acknowledged"])],
        ["of them missing", f"{kills['missing']} (at most {100 * high:.3f} % at 95 %)"],
        ["logs that do not verify", str(kills["faulty_logs"])],
    ]
    speed = [
        [
            str(row["threads"]),
            "one transaction per draft, shared" if row["grouped"] else "one per document and record",
            f"{row['per_second']:.0f}",
            f"{row['wait_ms']['p50']:.1f}",
            f"{row['wait_ms']['p95']:.1f}",
        ]
        for row in figures["appending"]
    ]
    verified, proofs = figures["verification"], figures["proofs"]
    times = [
        ["records", f"{verified['records']:,} ({verified['megabytes']:,} MB)"],
        ["verified in", f"{verified['seconds']} s ({verified['processor_seconds']} s of processor)"],
        ["a first checkpoint", f"{proofs['checkpoint_seconds']} s"],
        [
            "a proof of one record",
            f"{proofs['prove_ms']} ms, {proofs['bytes']} bytes; checked in {proofs['check_ms']} ms",
        ],
    ]
    return [
        ("Tampering", ["family", "found", "place and kind named"], rows),
        ("Killed writers", ["", ""], killed),
        ("Appending", ["threads", "how", "records/s", "wait p50, ms", "wait p95, ms"], speed),
        ("A large log", ["", ""], times),
    ]


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 tamperings, 20 kills, 5,000 records")
    parser.add_argument("--tamperings", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument("--records", type=int, default=100_000, metavar="N", help="of the large log; default: 100000")
    parser.add_argument("--appends", type=int, default=640, metavar="N", help="per number of threads; default: 640")
    parser.add_argument("--record-bytes", type=int, default=24_000, metavar="N", help="default: 24000, as drafts have")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the logs are made (default: the system's temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained report there")
    arguments = parser.parse_args()
    if min(arguments.tamperings, arguments.kills, arguments.records, arguments.appends) < 1:
        parser.error("numbers must be at least 1")
    if arguments.quick:
        arguments.tamperings, arguments.kills, arguments.records, arguments.appends = 100, 20, 5000, 160
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, Progress(console=Console(stderr=True)) as bar:
        figures = measure(arguments, Path(folder), bar)
    missing = unmet(figures)
    out = Console()
    shown = tables(figures)
    for title, heads, rows in shown:
        drawn = Table(*heads, title=title)
        for row in rows:
            drawn.add_row(*row)
        out.print(drawn)
    for line in missing:
        out.print(f"not met: {line}", markup=False)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.html is not None:
        told = figures["tampering"]
        plot = shares_plot(
            "named rightly", {one: (told["named"].get(one, 0), told["done"].get(one, 0)) for one in FAMILIES}
        )
        parts = [f"<h2>{title}</h2>{table(heads, rows)}" for title, heads, rows in shown]
        arguments.html.write_text(page("The audit log", f"On {figures['machine']}.", [*parts, plot]), encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
