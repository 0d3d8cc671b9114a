"""The compliance officer's commands: the ledger of wordings, and who decided what about them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import click
import typer

from ragmarket.cli import decisions
from ragmarket.cli.decisions import Id, read_day
from ragmarket.cli.desk import DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.cli.recording import described
from ragmarket.schemas.base import LANGUAGES

HELP = """The ledger of mandatory wordings.

A change takes two people: one proposes it (propose, expire, supersede), another approves or rejects it. Each step is a
record in RAGMARKET_HOME/decisions.jsonl (RAGMARKET_COMPLIANCE__DECISIONS_FILE), chained to the one before it.
"""
LIST_HELP = """The ledger of approved wordings: provenance, days in force, approver and hash."""
SHOW_HELP = (
    """One disclaimer: every wording with its text, sources, days, channels and hash, and what was decided of it."""
)
VERIFY_HELP = """Was any decision altered or removed since it was recorded?

Prints the head of the chain (SEQ:HASH). Keep it outside this machine: given back later with --head, it shows even a
file that was cut short or written anew as a whole. Exits with 1 when the chain does not hold.
"""

disclaimers = typer.Typer(no_args_is_help=True, help=HELP, rich_markup_mode=None)


Tongue = Annotated[
    str | None, typer.Option("--language", click_type=click.Choice(LANGUAGES), help="Only this language.")
]
AsOf = Annotated[
    date | None, typer.Option(parser=read_day, metavar="YYYY-MM-DD", help="Only what is in force that day.")
]


def _tell_torn(desk: Desk, torn: int | None) -> None:
    if torn is not None:
        desk.note(
            f"warning: record {torn} of the decisions file was cut off while it was written and does not count; "
            "the next decision sets it aside"
        )


@disclaimers.command(
    "list",
    help=LIST_HELP,
    epilog=examples("ragmarket disclaimers list --language ta", "ragmarket disclaimers list --as-of 2027-07-01 --json"),
)
def list_wordings(
    ctx: typer.Context,
    language: Tongue = None,
    as_of: AsOf = None,
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


@disclaimers.command("show", help=SHOW_HELP, epilog=examples("ragmarket disclaimers show ulip-risk --language hi"))
def show(
    ctx: typer.Context,
    id_: Id,
    language: Tongue = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """One disclaimer with all that is known of it."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    view = house.disclaimer(id_, language)
    _tell_torn(desk, house.decisions()["torn"])
    if desk.as_json:
        desk.json(view)
        return
    for line in _page(view):
        typer.echo(line)


def _page(view: dict[str, Any]) -> list[str]:
    lines = [f"{view['id']}: {view['title']} ({view['regulator']})", f"authority: {view['authority']}"]
    lines.append(
        f"confidence {view['confidence']}; at the {view['placement']}; for {', '.join(view['product_classes'])}"
    )
    for one in view["wordings"]:
        approval = one["approval"]
        span = f"{one['effective_from']} to {one['effective_to'] or 'open'}, {one['state'].replace('_', ' ')}"
        who = "NOT APPROVED"
        if approval:
            who = f"approved by {approval['approver']}, {approval['date']}" + (
                " (demo)" if approval["demo"] and "(demo)" not in approval["approver"] else ""
            )
        lines += ["", f"{one['language']}  {span}; on {', '.join(one['channels'])}", f"  “{one['text']}”"]
        lines += [f"  provenance {one['provenance']}; {who}", f"  sha256 {one['sha256']}"]
        lines += [f"  source: {source}" for source in one["sources"]]
    for number, one in ((row["seq"], row) for row in view["proposals"]):
        when = f" from {one['effective_from']}" if one["effective_from"] else ""
        lines.append(f"waiting: {number}: {one['change']} {one['language']}{when}, by {one['maker']}: {one['reason']}")
    for one in view["void_approvals"]:
        lines.append(f"void: approval {one['seq']} by {one['checker']} ({one['language']}): its text was changed since")
    return lines


@disclaimers.command("pending", help="Proposals that wait for a decision.")
def pending(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """What waits for a decision."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    rows = house.proposals()
    if desk.as_json:
        desk.json({"proposals": [row.model_dump(mode="json") for row in rows]})
        return
    for row in rows:
        typer.echo("\n".join(described(house, row)))
    if not rows:
        typer.echo("nothing waits for a decision")


@disclaimers.command("verify", help=VERIFY_HELP, epilog=examples("ragmarket disclaimers verify --head 12:4f1c…"))
def verify(
    ctx: typer.Context,
    head: Annotated[str | None, typer.Option(metavar="SEQ:HASH", help="A head that an earlier run printed.")] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Was any decision altered or removed?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    found = desk.house().decisions()
    kept = {f"{row['seq']}:{row['hash']}" for row in found["records"]}
    holds = head is None or head in kept or (not kept and head == found["head"])
    if desk.as_json:
        desk.json({"holds": holds, "records": len(kept), "head": found["head"], "torn": found["torn"]})
    else:
        _tell_torn(desk, found["torn"])
        typer.echo(f"the chain holds: {len(kept)} records" if holds else f"the file does not hold {head}: it was cut")
        typer.echo(f"head {found['head']}")
    raise typer.Exit(DONE if holds else FAULT)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    decisions.add_to(disclaimers)
    app.add_typer(disclaimers, name="disclaimers")
