"""The reviewer's commands of identity resolution: doubtful pairs, decisions, and why records are one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples
from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    from ragmarket.schemas.identity import LinkDecisionKind
    from ragmarket.signals.identity.register import CustomerRegister

REVIEW_HELP = """Doubtful pairs, the most likely first, with what each field says for or against one person."""
DECIDE_HELP = """Record what a person says of two records: same or different. It counts from the next link on."""
EXPLAIN_HELP = """Why a record is linked as it is: its pairs with the weight of every field, or one pair."""
RecordId = Annotated[str, typer.Argument(metavar="RECORD", hidden=True)]


def register(desk: Desk) -> CustomerRegister:
    """The identity side of the store that settings name."""
    from ragmarket.signals.identity.register import CustomerRegister

    return CustomerRegister(desk.settings().home / "signals" / "identity")


def review(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 20,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Doubtful pairs."""
    from ragmarket.signals.identity.explaining import pair_lines

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    pairs = register(desk).review(limit)
    if desk.as_json:
        for one in pairs:
            desk.json(one.model_dump(mode="json"))
        return
    typer.echo("\n".join(line for one in pairs for line in pair_lines(one)) or "nothing waits for a decision")


def decide(
    ctx: typer.Context,
    left: RecordId,
    right: RecordId,
    decision: Annotated[str, typer.Argument(metavar="same|different", hidden=True)],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides this.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Record what a person says of two records."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if decision not in {"same", "different"}:
        raise InvalidInput(f"{decision!r} is no decision", hint="Say same or different.")
    made = register(desk).decide(left, right, cast("LinkDecisionKind", decision), by=by, reason=reason)
    if desk.as_json:
        desk.json(made.model_dump(mode="json"))
        return
    typer.echo(f"{made.left} and {made.right}: {made.decision}; it counts from the next `ragmarket signals link` on")


def explain(
    ctx: typer.Context,
    record: RecordId,
    other: Annotated[str | None, typer.Argument(metavar="[RECORD]", hidden=True)] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the records too: personal data.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Why a record is linked as it is."""
    from ragmarket.signals.identity.explaining import pair_lines

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    pairs = register(desk).explain(record, other)
    ids = {record, *(one for pair in pairs for one in (pair.left, pair.right))} if show else set()
    held = _records(desk, ids) if ids else []
    if desk.as_json:
        for one in pairs:
            desk.json(one.model_dump(mode="json"))
        for row in held:
            desk.json(row)
        return
    for row in held:
        typer.echo(f"{row.pop('record_id')}: " + ", ".join(f"{name} {value}" for name, value in row.items() if value))
    typer.echo("\n".join(line for one in pairs for line in pair_lines(one)) or f"{record} resembles no other record")


def _records(desk: Desk, ids: set[str]) -> list[dict[str, Any]]:
    """What systems hold of some records, as a reviewer has to see it."""
    from ragmarket.signals.ingest.contracts import SOURCES
    from ragmarket.signals.ingest.store import SignalStore

    store = SignalStore(desk.settings().home / "signals")
    raw = register(desk).records([one for source in SOURCES for one in store.files(source, people=True)])
    return [row for row in raw.iter_rows(named=True) if row["record_id"] in ids]


def add_to(signals: typer.Typer) -> None:
    """Hang the commands beside the others of `ragmarket signals`."""
    example = 'ragmarket signals decide crm:1f… digital:9c… same --by "R. Iyer" --reason "signed KYC form"'
    signals.command("review", help=REVIEW_HELP, epilog=examples("ragmarket signals review --limit 5"))(review)
    signals.command("decide", help=DECIDE_HELP, epilog=examples(example))(decide)
    signals.command("explain", help=EXPLAIN_HELP, epilog=examples("ragmarket signals explain crm:1f… digital:9c…"))(
        explain
    )
