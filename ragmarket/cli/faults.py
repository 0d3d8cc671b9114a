"""What became of deliveries: the store that commands of raw data share, and what stands aside in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples

if TYPE_CHECKING:
    from ragmarket.schemas.ingestion import Delivery
    from ragmarket.signals.ingest.store import SignalStore

FAULTS_HELP = """Rows and files that stand aside: place, reason and remedy, never a value.

A note is closed once the row went in by a later delivery: the same key, and no older. A torn row, which tells no key,
is closed by a later delivery that brings its file's other rows again and as many in all. --all shows closed ones too,
with what closed them. A refused file is told until that very content went in: what else mends it cannot be known.
"""


def signal_store(desk: Desk) -> SignalStore:
    """The store of the home that settings name."""
    from ragmarket.signals.ingest.store import SignalStore

    return SignalStore(desk.settings().home / "signals")


def delivery_line(one: Delivery) -> str:
    """What became of a delivery, in a line."""
    if one.outcome == "refused":
        return f"{one.name}: refused: {one.reason}. {one.remedy}"
    if one.outcome == "duplicate" or one.receipt is None:
        return f"{one.name}: nothing to do: {one.reason}"
    told = one.receipt
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in told.reasons.items())
    aside = f"; {told.rejected:,} stand aside ({reasons})" if told.rejected else ""
    late = f"; {told.late:,} were late" if told.late else ""
    return f"{one.name}: {told.accepted:,} of {told.rows:,} rows{aside}{late}"


def faults(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many rows per file.")] = 20,
    closed: Annotated[bool, typer.Option("--all", help="Those that a later delivery put right, too.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Rows and files that stand aside."""
    from ragmarket.signals.ingest.notes import row_notes

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    store = signal_store(desk)
    files = store.refused(closed=closed)
    shown: Counter[tuple[str, str]] = Counter()
    rows, settled = [], 0
    for note in row_notes(store):
        settled += note.closed_by is not None
        place = (note.source, note.file)
        if (closed or note.closed_by is None) and shown[place] < limit:
            shown[place] += 1
            rows.append(note)
    if desk.as_json:
        for found in (*files, *rows):
            desk.json(found.model_dump(mode="json"))
        return
    for one in files:
        typer.echo(delivery_line(one))
    for row in rows:
        end = f" Closed by {row.closed_by}, which went in at {row.closed_at}." if row.closed_by else ""
        typer.echo(f"{row.file}:{row.row} {row.column}: {row.reason} ({row.value}). {row.remedy}{end}")
    if not files and not rows:
        typer.echo("nothing stands aside")
    if settled and not closed:
        desk.note(f"closed: {settled:,}, whose rows later deliveries put right (--all shows them)")


def add_to(signals: typer.Typer) -> None:
    """Hang the command beside the others of `ragmarket signals`."""
    signals.command("faults", help=FAULTS_HELP, epilog=examples("ragmarket signals faults --limit 10"))(faults)
