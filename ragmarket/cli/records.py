"""The auditor's and the compliance officer's commands: trace, audit verify, disclaimers list."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import click
import typer

from ragmarket.cli.desk import DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.protocols import AuditLog
from ragmarket.schemas.base import LANGUAGES

TRACE_HELP = """Where does each sentence of a recorded message come from?

ID is the draft_id of a result. Shows the message sentence by sentence with the span of the document version that
supports it, the disclaimers and rules in force that day, and the model that wrote it.
"""
VERIFY_HELP = """Was anything altered since it was recorded?

Walks the hash chain from its first record to its last. Prints each fault and exits with 1, or says that the chain
holds.
"""
LIST_HELP = """The ledger of approved wordings: provenance, days in force, approver and hash."""

audit = typer.Typer(no_args_is_help=True, help="Prove what was released.", rich_markup_mode=None)
disclaimers = typer.Typer(no_args_is_help=True, help="The ledger of mandatory wordings.", rich_markup_mode=None)


def verify_chain(log: AuditLog) -> dict[str, Any]:
    """The state of the chain: ``holds``, the number of ``records`` and all ``faults``."""
    faults = [dict(fault) for fault in log.verify()]
    # A log with faults may be unreadable past the first of them, and its length is then nobody's to vouch for.
    return {"holds": not faults, "records": None if faults else sum(1 for _ in log.records()), "faults": faults}


def chain_lines(state: dict[str, Any]) -> list[str]:
    """The state of the chain in words."""
    if state["holds"]:
        count = state["records"]
        return [f"the chain holds: {count} record{'' if count == 1 else 's'}"]
    return [", ".join(f"{key} {value}" for key, value in fault.items()) for fault in state["faults"]]


def trace(
    ctx: typer.Context,
    draft_id: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Where does each sentence of a recorded message come from?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    if desk.as_json:
        desk.json(house.trace(draft_id))
    else:
        typer.echo(house.trace_text(draft_id))


@audit.command(
    "verify", help=VERIFY_HELP, epilog=examples("ragmarket audit verify", "ragmarket audit verify --json | jq .records")
)
def verify(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """Was anything altered since it was recorded?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    state = verify_chain(desk.house().audit)
    if desk.as_json:
        desk.json(state)
    else:
        for line in chain_lines(state):
            typer.echo(line)
    raise typer.Exit(DONE if state["holds"] else FAULT)


@disclaimers.command(
    "list",
    help=LIST_HELP,
    epilog=examples("ragmarket disclaimers list --language ta", "ragmarket disclaimers list --as-of 2027-07-01 --json"),
)
def list_wordings(
    ctx: typer.Context,
    language: Annotated[
        str | None, typer.Option(click_type=click.Choice(LANGUAGES), help="Only wordings in this language.")
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=date.fromisoformat, metavar="YYYY-MM-DD", help="Only what is in force that day."),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """The ledger of approved wordings."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    rows = desk.house().disclaimers(as_of, language)
    if desk.as_json:
        desk.json({"disclaimers": rows})
        return
    from ragmarket.cli.pages import disclaimer_table

    desk.out.print(disclaimer_table(rows))


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command(
        "trace", help=TRACE_HELP, epilog=examples("ragmarket trace drf_0b7c…", "ragmarket trace drf_0b7c… --json")
    )(trace)
    app.add_typer(audit, name="audit")
    app.add_typer(disclaimers, name="disclaimers")
