"""Half a year's volume through the whole front of the line, as one run: how long, how much memory?

Writes the files that five systems would deliver (transactions and sessions of simulated customers under several
spellings), then takes them in, finds who is who, publishes feature tables, reads every different transaction sentence,
assigns every customer to a segment, and turns every session into a vector and a named intent. Segments, session encoder
and labeller are fitted beforehand on another bank, as they would be; that and the writing of files is timed beside it
and not counted. Each stage is a process of its own with nothing warm and no vector kept from before.

    python eval/volume.py --json volume.json          # at least a million transactions and 100,000 sessions
    python eval/volume.py --quick                     # a few hundred customers
    python eval/volume.py --keep runs/volume          # leaves files, store and answers there

Exit code 1: too slow, too much memory, or fewer records than were asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.table import Table

from eval import volume_stages as stages
from eval.processes import Spent, WorkFailed, apart

GIB = 2**30
Work = Callable[..., Mapping[str, Any]]


def stage_row(name: str, unit: str, spent: Spent) -> dict[str, Any]:
    """One stage in figures."""
    answer = dict(spent.answer)
    records = int(answer.pop("records", 0))
    return {
        "stage": name,
        "unit": unit,
        "records": records,
        "seconds": round(spent.seconds, 2),
        "processor_s": round(spent.processor_s, 2),
        "per_second": round(records / spent.seconds, 1),
        "peak_gib": round(spent.peak_bytes / GIB, 3),
        "told": answer,
    }


def run(folder: Path, options: argparse.Namespace, note: Callable[[str], None]) -> dict[str, Any]:
    """Prepare, run all stages, and count."""
    home, extracts = folder / "home", folder / "extracts"
    before: list[dict[str, Any]] = []
    counted: list[dict[str, Any]] = []

    def stage(rows: list[dict[str, Any]], name: str, unit: str, work: Work, *given: Any) -> Mapping[str, Any]:
        spent = apart(work, *given)
        rows.append(stage_row(name, unit, spent))
        note(f"{name}: {spent.seconds:.1f} s, {spent.peak_bytes / GIB:.2f} GiB, {dict(spent.answer)}")
        return spent.answer

    teacher, bank = folder / "teacher", folder / "bank"
    made = (options.teachers, 6, options.seed + 1)
    stage(before, "simulate another bank", "customers", stages.make_bank, teacher, *made)
    fitted = (options.epochs, options.sample, options.components)
    stage(before, "fit models on it", "models", stages.fit_models, home, teacher, *fitted)
    stage(
        before,
        "simulate the volume",
        "customers",
        stages.make_bank,
        bank,
        options.customers,
        options.months,
        options.seed,
    )
    stage(before, "write extracts", "files", stages.make_extracts, bank, extracts, options.seed)
    load = os.getloadavg()
    stage(counted, "ingest", "rows", stages.ingest, home, extracts)
    stage(counted, "find who is who", "identity records", stages.link, home)
    tables = stage(counted, "publish tables", "rows", stages.publish, home)["tables"]
    stage(counted, "embed narratives", "transactions", stages.embed_narratives, home)
    stage(counted, "assign customers", "customers", stages.assign_customers, home, folder / "segments.jsonl")
    stage(counted, "embed sessions", "sessions", stages.embed_sessions, home, folder / "sessions.npz")
    stage(counted, "label sessions", "sessions", stages.label_sessions, home, folder / "intents.jsonl")
    by_name = {row["stage"]: row for row in counted}
    return {
        "customers": options.customers,
        "seed": options.seed,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": [round(one, 2) for one in load],
        "load_after": [round(one, 2) for one in os.getloadavg()],
        "transactions": tables["transactions"],
        "sessions": by_name["label sessions"]["records"],
        "events": tables["session_events"],
        "seconds": round(sum(row["seconds"] for row in counted), 1),
        "processor_s": round(sum(row["processor_s"] for row in counted), 1),
        "peak_gib": max(row["peak_gib"] for row in counted),
        "stages": counted,
        "beforehand": before,
    }


def unmet(report: Mapping[str, Any], options: argparse.Namespace) -> list[str]:
    """What was asked for and is not reached."""
    found = []
    if report["seconds"] > options.max_minutes * 60:
        found.append(f"{report['seconds'] / 60:.1f} minutes, should be at most {options.max_minutes:g}")
    if report["peak_gib"] * GIB > options.max_gb * 1e9:
        found.append(f"{report['peak_gib'] * GIB / 1e9:.2f} GB, should be at most {options.max_gb:g}")
    for name in ("transactions", "sessions"):
        least = getattr(options, f"min_{name}")
        if report[name] < least:
            found.append(f"{report[name]:,} {name}, should be at least {least:,}")
    return found


def table(report: Mapping[str, Any]) -> Table:
    """For a terminal."""
    title = (
        f"{report['transactions']:,} transactions and {report['sessions']:,} sessions ({report['events']:,} events) of "
        f"{report['customers']:,} customers, {report['cores']} cores"
    )
    drawn = Table(
        "stage", "records", "seconds", "processor", "per second", "peak GB", title=title, title_justify="left"
    )
    for row in report["stages"]:
        drawn.add_row(
            row["stage"], f"{row['records']:,} {row['unit']}", f"{row['seconds']:.1f}", f"{row['processor_s']:.1f}",
            f"{row['per_second']:,.0f}", f"{row['peak_gib'] * GIB / 1e9:.2f}",
        )  # fmt: skip
    drawn.add_section()
    drawn.add_row(
        "all", "", f"{report['seconds']:.1f}", f"{report['processor_s']:.1f}", "",
        f"{report['peak_gib'] * GIB / 1e9:.2f}",
    )  # fmt: skip
    return drawn


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--customers", type=int, default=8_400, help="of the volume (default %(default)s)")
    found.add_argument("--months", type=int, default=6, help="of the volume (default %(default)s)")
    found.add_argument("--seed", type=int, default=7_777, help="of the volume (default %(default)s)")
    found.add_argument("--teachers", type=int, default=1_500, help="customers that the models are fitted on")
    found.add_argument("--epochs", type=int, default=4, help="of the session encoder (default %(default)s)")
    found.add_argument("--sample", type=int, default=60, help="sessions shown to the writer (default %(default)s)")
    found.add_argument("--components", type=int, help="of the segments; without it the most stable number is chosen")
    found.add_argument("--quick", action="store_true", help="300 customers for two months, models of 400 and one pass")
    found.add_argument("--keep", type=Path, metavar="FOLDER", help="an empty folder to leave everything in")
    found.add_argument("--max-minutes", type=float, default=20.0, metavar="MINUTES")
    found.add_argument("--max-gb", type=float, default=6.0, metavar="GB")
    found.add_argument("--min-transactions", type=int, default=1_000_000, metavar="COUNT")
    found.add_argument("--min-sessions", type=int, default=100_000, metavar="COUNT")
    found.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    options = parser().parse_args(arguments)
    if options.quick:
        options.customers, options.teachers, options.epochs, options.sample = 300, 400, 1, 20
        options.months, options.components = 2, 10
        options.min_transactions, options.min_sessions = 10_000, 700
    console = Console(stderr=True, highlight=False)
    with ExitStack() as stack:
        if options.keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ragmarket-volume-")))
        else:
            folder = options.keep.resolve()
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                console.print(f"{folder} is not empty", markup=False)
                return 2
        try:
            report = run(folder, options, lambda line: console.print(line, markup=False))
        except WorkFailed as error:
            console.print(str(error), markup=False)
            return 1
    Console(width=None if sys.stdout.isatty() else 160).print(table(report))
    missing = unmet(report, options)
    for line in missing:
        print(f"not met: {line}")
    if options.json:
        options.json.write_text(json.dumps(report | {"unmet": missing}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
