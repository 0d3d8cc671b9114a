"""What every change of the ledger has in common: it is shown in full, recorded after a yes, and told."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag
from ragmarket.errors import InvalidInput
from ragmarket.schemas.ledger import Decision

if TYPE_CHECKING:
    from ragmarket.bootstrap import House

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be recorded, and record nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Record without asking.")]
# Takes whether it is a dry run; gives the records that the ledger got, or would get.
Recording = Callable[["House", bool], tuple[Decision, ...]]


def recorded(command: Callable[..., Recording]) -> Callable[..., None]:
    """A command that says what to record, with the options of all such commands after its own."""

    def run(
        ctx: typer.Context,
        dry_run: DryRun = False,
        yes: Yes = False,
        as_json: JsonFlag = False,
        verbose: VerboseFlag = False,
        **own: Any,
    ) -> None:
        desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
        _record(desk, command(**own), dry_run=dry_run, yes=yes)

    context, *shared, _ = inspect.signature(run, eval_str=True).parameters.values()
    options = inspect.signature(command, eval_str=True).parameters.values()
    # Typer reads a command's options from its signature.
    run.__signature__ = inspect.Signature([context, *options, *shared])  # type: ignore[attr-defined]
    return run


def _record(desk: Desk, recording: Recording, *, dry_run: bool, yes: bool) -> None:
    house = desk.house()
    rows = recording(house, True)
    if not desk.as_json:
        for row in rows:
            typer.echo("\n".join(described(house, row)))
    if not dry_run:
        if not yes:
            if not sys.stdin.isatty():
                raise InvalidInput("nothing was recorded: nobody said yes", hint="Add --yes; --dry-run only looks.")
            typer.confirm("Record this?", abort=True)
        rows = recording(house, False)
    if desk.as_json:
        desk.json({"recorded": not dry_run, "decisions": [row.model_dump(mode="json") for row in rows]})
    elif dry_run:
        desk.note("dry run: nothing was recorded")
    else:
        numbers = ", ".join(str(row.seq) for row in rows)
        typer.echo(f"recorded as {numbers}; head {rows[-1].seq}:{rows[-1].hash}")
        if rows[0].action == "propose":
            typer.echo(f"another person decides: ragmarket disclaimers approve {rows[0].seq} --by NAME --reason …")


def described(house: House, row: Decision) -> list[str]:
    """One record in the words that its reader must see, the text included."""
    known = house.disclaimer(row.entry, row.language)["wordings"]
    wording = next((one for one in known if one["sha256"] == row.sha256), None)
    text, provenance = row.text, str(row.provenance)
    if text is None and wording is not None:
        text, provenance = wording["text"], wording["provenance"]
    what = {"use": "may be used", "expire": "is in force no longer", "supersede": "is the new wording"}[row.change]
    when = f" from {row.effective_from}" if row.effective_from else ""
    where = f" on {', '.join(row.channels)}" if row.channels else ""
    who = f"proposed by {row.maker}" + (f", decided by {row.checker}" if row.checker else "")
    number = row.proposal or row.seq
    return [
        f"{row.action} {number}: {row.entry} in {row.language} {what}{when}{where}",
        f"  “{text or '(the ledger no longer holds this text)'}”",
        f"  provenance {provenance}, sha256 {row.sha256}",
        f"  {who}: {row.reason}",
    ]
