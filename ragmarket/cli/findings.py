"""The reviewer's commands: what was found in a recorded draft, and letting a finding for review stand."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import ValidationError

from ragmarket.api.validation import field_problems
from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples
from ragmarket.errors import InvalidInput
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings, FindingState

LIST_HELP = """What was found in a recorded draft, with explanation and authority, and what was decided of it.

DRAFT_ID is that of a result. A draft is publishable when every finding for review is dismissed and its wordings were
approved by the bank itself.
"""
DISMISS_HELP = """Let a finding for review stand; who and why are kept in the audit log as an entry of its own.

N is the finding's number in `ragmarket findings list`. A finding that blocks cannot be dismissed, and a dismissal
cannot be taken back: the record says what a person decided.
"""
findings = typer.Typer(no_args_is_help=True, help="Decide what a person has to decide.", rich_markup_mode=None)
DraftId = Annotated[str, typer.Argument(metavar="DRAFT_ID", hidden=True)]


def _state_lines(state: FindingState) -> list[str]:
    finding = state.finding
    word = "open" if state.open else "dismissed" if state.dismissal else "for information"
    lines = [f"{state.number}. {finding.severity} {finding.rule} ({word}): {finding.message}"]
    if finding.explanation:
        lines.append(f"   {finding.explanation}")
    if finding.authority:
        since = f", in force from {finding.in_force_from}" if finding.in_force_from else ""
        lines.append(f"   authority: {finding.authority}{since}")
    if state.dismissal:
        lines.append(_dismissed(state.dismissal))
    return lines


def _dismissed(dismissal: Dismissal) -> str:
    return f"   dismissed by {dismissal.by} on {dismissal.at.date()}: {dismissal.reason} (record {dismissal.record})"


def finding_page(view: DraftFindings) -> list[str]:
    """A draft's findings as lines of text."""
    lines = [f"{view.draft_id}: {view.status}, {'publishable' if view.publishable else 'not publishable'}"]
    for state in view.findings:
        lines += _state_lines(state)
    return lines if view.findings else [*lines, "nothing was found"]


@findings.command(
    "list", help=LIST_HELP, epilog=examples("ragmarket findings list drf_0b7c…", "ragmarket findings list drf_… --json")
)
def list_(ctx: typer.Context, draft_id: DraftId, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """What was found in a recorded draft."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    view = desk.house().findings(draft_id)
    if desk.as_json:
        desk.json(view.model_dump(mode="json"))
    else:
        typer.echo("\n".join(finding_page(view)))


@findings.command(
    "dismiss",
    help=DISMISS_HELP,
    epilog=examples('ragmarket findings dismiss drf_0b7c… 2 --by "A. Rao, Compliance" --reason "figure checked"'),
)
def dismiss(
    ctx: typer.Context,
    draft_id: DraftId,
    number: Annotated[int, typer.Argument(metavar="N", hidden=True)],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the record.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides this: name, office.")],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Let a finding for review stand."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    fields: dict[str, Any] = {"by": by, "reason": reason}
    try:
        request = DismissalRequest.model_validate(fields)
    except ValidationError as error:
        rows = field_problems(error.errors(), DismissalRequest)
        problems = "; ".join(f"{row['field']}: {row['problem']}" for row in rows)
        raise InvalidInput(problems, hint="Correct the option and run the command again.") from error
    house = desk.house()
    dismissal = house.dismiss(draft_id, number, request)
    if desk.as_json:
        desk.json(dismissal.model_dump(mode="json"))
        return
    view = house.findings(draft_id)
    typer.echo(_dismissed(dismissal).strip())
    typer.echo(f"{draft_id} is {'publishable' if view.publishable else 'not publishable'} now")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.add_typer(findings, name="findings")
