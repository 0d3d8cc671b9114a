"""Two people change the ledger: the commands by which one proposes and another decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import click
import typer
from pydantic import BaseModel, ValidationError

from ragmarket.api.validation import field_problems
from ragmarket.cli.desk import examples
from ragmarket.cli.recording import Recording, recorded
from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest, Provenance

if TYPE_CHECKING:
    from ragmarket.bootstrap import House

PROPOSE_HELP = """Ask that a wording be approved as it stands; another person approves it."""
EXPIRE_HELP = """Ask that a wording be in force no longer, from a day on; another person approves it."""
SUPERSEDE_HELP = """Ask for a new wording from a day on; the old one ends the day before. Another person approves it."""
APPROVE_HELP = """Approve what another person proposed.

WHAT is the number of a proposal, or the id of a disclaimer with --language. Read the text that is shown: the approval
binds it by its hash, and a changed text loses it.
"""
REJECT_HELP = (
    """Reject a proposal, or withdraw your own. WHAT is its number, or the id of a disclaimer with --language."""
)
ModelT = TypeVar("ModelT", bound=BaseModel)


def read_day(text: str) -> date:
    """A day that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from error


Id = Annotated[str, typer.Argument(metavar="ID", hidden=True)]
What = Annotated[str, typer.Argument(metavar="WHAT", hidden=True)]
Tongues = Annotated[
    list[str], typer.Option("--language", click_type=click.Choice([*LANGUAGES, "all"]), help="May be repeated.")
]
From = Annotated[date, typer.Option("--from", parser=read_day, metavar="YYYY-MM-DD", help="First day of the change.")]
On = Annotated[
    list[str] | None, typer.Option("--channel", click_type=click.Choice(CHANNELS), help="Only there; may be repeated.")
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides this: name, office.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the record.")]
Hash = Annotated[str | None, typer.Option("--sha256", metavar="HASH", help="Which wording; its first 8 digits do.")]
Chosen = Annotated[
    list[str] | None,
    typer.Option("--language", click_type=click.Choice([*LANGUAGES, "all"]), help="With an id; may be repeated."),
]


def _read(model: type[ModelT], fields: Mapping[str, Any]) -> ModelT:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(f"{row['field']}: {row['problem']}" for row in field_problems(error.errors(), model))
        raise InvalidInput(problems, hint="Correct the option and run the command again.") from error


def _wanted(languages: Sequence[str]) -> tuple[str, ...]:
    return LANGUAGES if "all" in languages else tuple(languages)


def propose(id_: Id, language: Tongues, by: By, reason: Reason, sha256: Hash = None) -> Recording:
    """Ask that a wording be approved."""
    return _proposal("use", id_, language, {"by": by, "reason": reason, "sha256": sha256})


def expire(
    id_: Id, language: Tongues, from_: From, by: By, reason: Reason, channel: On = None, sha256: Hash = None
) -> Recording:
    """Ask that a wording end."""
    fields = {"by": by, "reason": reason, "effective_from": from_, "channels": tuple(channel or ()), "sha256": sha256}
    return _proposal("expire", id_, language, fields)


def supersede(
    id_: Id,
    language: Annotated[str, typer.Option(click_type=click.Choice(LANGUAGES), help="The text's language.")],
    from_: From,
    by: By,
    reason: Reason,
    text: Annotated[str | None, typer.Option(help="The new wording.")] = None,
    text_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file that holds it.")] = None,
    provenance: Annotated[
        str, typer.Option(click_type=click.Choice(get_args(Provenance)), help="How well its words are known.")
    ] = "reference",
    source: Annotated[list[str] | None, typer.Option(help="Where it stands; may be repeated.")] = None,
    notes: Annotated[str, typer.Option(help="What else a reader should know.")] = "",
    channel: On = None,
) -> Recording:
    """Ask for a new wording."""
    if (text is None) == (text_file is None):
        raise InvalidInput("text: give --text or --text-file, one of them")
    try:
        words = text if text_file is None else text_file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"text: {text_file} is not UTF-8", hint="Save the file as UTF-8.") from error
    fields = {"by": by, "reason": reason, "effective_from": from_, "channels": tuple(channel or ()), "text": words}
    fields |= {"provenance": provenance, "sources": tuple(source or ()), "notes": notes}
    return _proposal("supersede", id_, (language,), fields)


def _proposal(change: str, id_: str, languages: Sequence[str], fields: Mapping[str, Any]) -> Recording:
    named = {"change": change, "entry": id_, "languages": _wanted(languages)}
    request = _read(ProposalRequest, named | dict(fields))
    return lambda house, dry: house.propose(request.model_copy(update={"dry_run": dry}))


def approve(what: What, by: By, reason: Reason, language: Chosen = None) -> Recording:
    """Approve what another person proposed."""
    return _verdict("approve", what, language or (), by, reason)


def reject(what: What, by: By, reason: Reason, language: Chosen = None) -> Recording:
    """Reject a proposal, or withdraw one's own."""
    return _verdict("reject", what, language or (), by, reason)


def _verdict(action: str, what: str, languages: Sequence[str], by: str, reason: str) -> Recording:
    request = _read(DecisionRequest, {"action": action, "by": by, "reason": reason})

    def decide(house: House, dry: bool) -> tuple[Decision, ...]:
        return house.decide(_numbers(house, what, languages), request.model_copy(update={"dry_run": dry}))

    return decide


def _numbers(house: House, what: str, languages: Sequence[str]) -> list[int]:
    """The proposals that are meant."""
    if what.isdecimal():
        return [int(what)]
    waiting = [row for row in house.proposals() if row.entry == what]
    if languages:
        waiting = [row for row in waiting if row.language in _wanted(languages)]
    elif len(waiting) > 1:
        listed = ", ".join(f"{row.seq} ({row.change} {row.language})" for row in waiting)
        raise InvalidInput(f"{what} has several open proposals: {listed}", hint="Name a number, or --language.")
    if not waiting:
        house.disclaimer(what)  # a mistyped id is told first
        raise InvalidInput(
            f"nothing is proposed for {what}" + (f" in {', '.join(languages)}" if languages else ""),
            hint=f"One person proposes: ragmarket disclaimers propose {what} --language … ; another approves.",
        )
    return [row.seq for row in waiting]


def add_to(disclaimers: typer.Typer) -> None:
    """Hang the commands into the group."""
    disclaimers.command(
        "propose",
        help=PROPOSE_HELP,
        epilog=examples('ragmarket disclaimers propose loan-discretion --language hi --by "A. Rao" --reason read'),
    )(recorded(propose))
    disclaimers.command(
        "expire",
        help=EXPIRE_HELP,
        epilog=examples(
            'ragmarket disclaimers expire loan-discretion --language all --from 2027-01-01 --by "A. Rao" \\',
            '  --reason "withdrawn"',
        ),
    )(recorded(expire))
    disclaimers.command(
        "supersede",
        help=SUPERSEDE_HELP,
        epilog=examples(
            "ragmarket disclaimers supersede loan-discretion --language hi --from 2027-01-01 --text-file new.txt \\",
            '  --provenance verified --source "circular …" --by "A. Rao" --reason "new circular"',
        ),
    )(recorded(supersede))
    disclaimers.command(
        "approve",
        help=APPROVE_HELP,
        epilog=examples('ragmarket disclaimers approve 12 --by "B. Iyer" --reason "as in the circular" --yes'),
    )(recorded(approve))
    disclaimers.command("reject", help=REJECT_HELP)(recorded(reject))
