"""What is held, what is removed, and what is handed to a third party."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from pydantic import ValidationError

from ragmarket.api.validation import field_problems
from ragmarket.cli.checkpoints import KeyFile, keeper
from ragmarket.cli.decisions import read_day
from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples
from ragmarket.errors import InvalidInput
from ragmarket.schemas.export import Selection
from ragmarket.schemas.retention import Hold, HoldRequest, ReleaseRequest

HOLD_HELP = """Keep records from being removed, until the hold is released.

ID is a draft_id; or name a campaign with --campaign, whose records to come are held too. Who and why stand in the log.
"""
RELEASE_HELP = """End a hold; who and why stand in the log. HOLD_ID is what `ragmarket audit holds` shows."""
RETAIN_HELP = """Remove the records whose retention is over.

Give the first day that stays (--until), or an age in days (--older-than). A record's bytes go, and with them documents
and rule packs that no remaining record cites; its entry keeps its hash, so the chain and every proof still hold, and an
entry says what was removed, by whom and why. What is under a hold stays. --dry-run changes nothing.
"""
EXPORT_HELP = """Hand records, proofs and documents to a third party.

Writes one folder with a readable dossier. Choose days (UTC, both included), a campaign, or ids. FOLDER must not exist
yet. The recipient checks all of it with `deploy/verify_export.py`, which needs no ragmarket, and the public key.
Without a private key nothing is signed.
"""
Who = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides this: name, office.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the log.")]


def _read(model: Any, fields: dict[str, Any]) -> Any:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        rows = field_problems(error.errors(), model)
        problems = "; ".join(f"{row['field']}: {row['problem']}" for row in rows)
        raise InvalidInput(problems, hint="Correct the option and run the command again.") from error


def hold(
    ctx: typer.Context,
    reason: Why,
    by: Who,
    draft_id: Annotated[str | None, typer.Argument(metavar="[ID]", hidden=True)] = None,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="NAME", help="All records of a campaign.")
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Keep records from being removed."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if (draft_id is None) == (campaign is None):
        raise click.UsageError("name either a draft or, with --campaign, a campaign")
    from ragmarket.audit.retention import hold as lay

    fields = {"draft_id": draft_id, "campaign": campaign, "by": by, "reason": reason}
    made = lay(desk.house().audit, _read(HoldRequest, fields))
    if desk.as_json:
        desk.json(made.model_dump(mode="json"))
    else:
        typer.echo(hold_line(made))


def release(
    ctx: typer.Context,
    hold_id: Annotated[str, typer.Argument(metavar="HOLD_ID", hidden=True)],
    reason: Why,
    by: Who,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """End a hold."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.retention import release as end

    ended = end(desk.house().audit, _read(ReleaseRequest, {"hold": hold_id, "by": by, "reason": reason}))
    if desk.as_json:
        desk.json(ended.model_dump(mode="json"))
    else:
        typer.echo(f"{ended.hold} was released by {ended.by}: {ended.reason}")


def holds(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """All holds, with who laid and who released them."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.retention import holds as all_holds

    found = all_holds(desk.house().audit)
    for one in found:
        if desk.as_json:
            desk.json(one.model_dump(mode="json"))
        else:
            typer.echo(hold_line(one))
    if not found and not desk.as_json:
        typer.echo("nothing is held")


def hold_line(one: Hold) -> str:
    """A hold in words."""
    what = f"draft {one.draft_id}" if one.draft_id else f"campaign {one.campaign}"
    line = f"{one.id}: {what}, held by {one.by} since {one.at.date()}: {one.reason}"
    return line + (f"; released by {one.released.by}: {one.released.reason}" if one.released else "")


def retain(
    ctx: typer.Context,
    reason: Why,
    by: Who,
    until: Annotated[
        date | None, typer.Option(parser=read_day, metavar="YYYY-MM-DD", help="The first day whose records stay.")
    ] = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", min=1, metavar="DAYS", help="Records of more than so many days.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would go.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Remove the records whose retention is over."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if (until is None) == (older_than is None):
        raise click.UsageError("give either --until or --older-than")
    from ragmarket.audit.retention import retain as remove

    before = until or datetime.now(UTC).date() - timedelta(days=older_than or 0)
    done = remove(desk.house().audit, before=before, by=by, reason=reason, dry_run=dry_run, progress=desk.progress)
    if desk.as_json:
        desk.json(done.model_dump(mode="json"))
        return
    word = "would be removed" if done.status == "planned" else "removed"
    typer.echo(f"{len(done.removed)} records from before {done.before} {word}, {done.held} are held")
    typer.echo(f"{len(done.blobs)} kept documents and rule packs that no other record cites {word}")
    for entry in done.entries:
        typer.echo(f"recorded as {entry}")


def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", hidden=True)],
    since: Annotated[
        date | None, typer.Option("--from", parser=read_day, metavar="YYYY-MM-DD", help="From this day on.")
    ] = None,
    until: Annotated[
        date | None, typer.Option("--to", parser=read_day, metavar="YYYY-MM-DD", help="Up to this day.")
    ] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", metavar="NAME", help="A campaign's records.")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", metavar="ID", help="This draft; repeatable.")] = None,
    key: KeyFile = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Hand records to a third party."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.export import export as hand_over

    house = desk.house()
    selection = Selection(since=since, until=until, campaign=campaign, ids=tuple(ids or ()))
    made = hand_over(house.audit, selection, folder, checkpoints=keeper(house, key), progress=desk.progress)
    if not made.signed:
        desk.note("warning: nothing is signed; make a key with `ragmarket audit keygen FILE` and give it with --key")
    if desk.as_json:
        desk.json(made.model_dump(mode="json"))
        return
    typer.echo(f"{made.records} entries and {made.documents} documents in {made.folder}")
    typer.echo(f"manifest {made.manifest_sha256}")
    typer.echo(f"to check them: python deploy/verify_export.py {made.folder} PUBLIC_KEY.pub")


def add_to(audit: typer.Typer) -> None:
    """Hang the commands into `ragmarket audit`."""
    lines: tuple[str, ...] = (
        'ragmarket audit hold drf_0b7c… --by "A. Rao, Legal" --reason "complaint 2026/114"',
        'ragmarket audit hold --campaign diwali-2026 --by "A. Rao, Legal" --reason "inspection"',
    )
    audit.command("hold", help=HOLD_HELP, epilog=examples(*lines))(hold)
    audit.command("release", help=RELEASE_HELP)(release)
    audit.command("holds")(holds)
    lines = ('ragmarket audit retain --older-than 2920 --by "Records office" --reason "retention rule 4" --dry-run',)
    audit.command("retain", help=RETAIN_HELP, epilog=examples(*lines))(retain)
    lines = (
        "ragmarket audit export dossier --from 2026-04-01 --to 2026-06-30 --key ~/keys/audit.key",
        "ragmarket audit export complaint --id drf_0b7c… --key ~/keys/audit.key",
    )
    audit.command("export", help=EXPORT_HELP, epilog=examples(*lines))(export)
