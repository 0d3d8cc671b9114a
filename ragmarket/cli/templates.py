"""Templates for the registers: made from a draft, held against a message, written out for the operator."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from ragmarket.cli.desk import DONE, REFUSED, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.cli.reading import read_as, read_items, read_source
from ragmarket.errors import InvalidInput
from ragmarket.schemas.templates import MessageTemplate

if TYPE_CHECKING:
    from ragmarket.schemas.templates import MadeTemplate

MAKE_HELP = """The template to register for an accepted draft on SMS (DLT) or WhatsApp.

Figures and the product's name become typed variables, mandatory wordings stay fixed text. Prints the template, the
values that give the draft back, its SMS segments, and what stands against registering it. With --json the field
`template` is what `check` and `export` read.
"""
CHECK_HELP = """Does a message fit its registered template to the byte, and may it be sent?

TEMPLATE is the JSON of a template, MESSAGE a text file or - for standard input (one line end at its end is not part of
the message). What is not given (time, consent, preference) is reported as inconclusive, never taken as granted.
"""
EXPORT_HELP = """Templates as the CSV that an operator's register takes; brackets as the registers' file names them."""
CATEGORIES = ("promotional", "service_explicit", "service_implicit", "transactional", "government")

templates = typer.Typer(
    no_args_is_help=True, help="Registered message templates (DLT, WhatsApp).", rich_markup_mode=None
)
Registered = Annotated[
    Path | None, typer.Option("--registration", metavar="FILE", help="The bank's own registration (YAML).")
]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time; write YYYY-MM-DDTHH:MM, Indian time") from error


def _known(text: str | None) -> bool | None:
    return None if text is None else text == "yes"


def _read(source: str) -> MessageTemplate:
    batch = read_items(source, "a template")
    if not batch.single:
        raise InvalidInput(f"{source}: give one template")
    return read_as(MessageTemplate, batch.items[0], single=True)


def _page(made: MadeTemplate) -> list[str]:
    template = made.template
    lines = [template.body, ""]
    if template.channel == "sms":
        place = template.template_id or "not registered yet"
        lines += [
            f"sender {made.sender}, category {template.category}, entity {template.entity_id}, template {place}",
            f"SMS segments: {made.segments}; at most {made.most_segments} with the longest values",
        ]
    for number, variable in enumerate(made.variables, start=1):
        lines.append(f"variable {number}, {variable.type}: {variable.value}")
    if made.demo:
        lines.append("the registration is the fictional demo bank's: name your own with --registration")
    return lines


@templates.command(
    "make",
    help=MAKE_HELP,
    epilog=examples(
        "ragmarket templates make drf_0b7c…", "ragmarket templates make drf_… --json | jq .template > t.json"
    ),
)
def make(
    ctx: typer.Context,
    draft_id: Annotated[str, typer.Argument(metavar="DRAFT_ID", hidden=True)],
    category: Annotated[
        str, typer.Option("--category", click_type=click.Choice(CATEGORIES), help="Category in the register.")
    ] = "promotional",
    template_id: Annotated[
        str | None, typer.Option("--template-id", help="The register's id, once it is given.")
    ] = None,
    registration: Registered = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """The template to register for an accepted draft."""
    from ragmarket.cli.pages import finding_lines

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    made = desk.house().template(draft_id, category=category, template_id=template_id, registration=registration)
    if desk.as_json:
        desk.json(made.model_dump(mode="json"))
    else:
        typer.echo("\n".join(_page(made)))
        if made.findings:
            desk.out.print(finding_lines(made.findings), soft_wrap=True)
    raise typer.Exit(REFUSED if any(one.severity == "block" for one in made.findings) else DONE)


@templates.command(
    "check",
    help=CHECK_HELP,
    epilog=examples(
        "ragmarket templates check t.json message.txt --send-at 2027-01-04T11:00 --consent yes --barred no",
        "ragmarket templates check t.json - < message.txt",
    ),
)
def check(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE.json", hidden=True)],
    message: Annotated[str, typer.Argument(metavar="MESSAGE|-", hidden=True)],
    send_at: Annotated[
        datetime | None, typer.Option("--send-at", parser=_moment, metavar="TIME", help="When it is sent, Indian time.")
    ] = None,
    consent: Annotated[
        str | None, typer.Option(click_type=click.Choice(["yes", "no"]), help="Whether the recipients agreed.")
    ] = None,
    barred: Annotated[
        str | None, typer.Option(click_type=click.Choice(["yes", "no"]), help="Whether they barred marketing (DND).")
    ] = None,
    registration: Registered = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Does a message fit its registered template to the byte, and may it be sent?"""
    from ragmarket.cli.pages import finding_lines

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    registered = _read(template)
    text = read_source(message, "a message").removesuffix("\n")
    result = desk.house().check_template(
        registered, text, send_at=send_at, consent=_known(consent), barred=_known(barred), registration=registration
    )
    if desk.as_json:
        desk.json(result.model_dump(mode="json"))
    else:
        typer.echo(result.verdict)
        for number, value in enumerate(result.values, start=1):
            typer.echo(f"value {number}: {value}")
        if result.findings:
            desk.out.print(finding_lines(result.findings), soft_wrap=True)
    raise typer.Exit(DONE if result.verdict == "pass" else REFUSED)


@templates.command("export", help=EXPORT_HELP, epilog=examples("ragmarket templates export t1.json t2.json > dlt.csv"))
def export(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="TEMPLATE.json…", hidden=True)],
    registration: Registered = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Templates as the CSV that an operator's register takes."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    read = [_read(source) for source in sources]
    brackets = desk.house().registers(registration).sms.brackets
    fields = ("entity_id", "header", "template_id", "category", "language", "body")
    rows = []
    for source, one in zip(sources, read, strict=True):
        if one.channel != "sms":
            raise InvalidInput(f"{source}: the register takes SMS templates, not {one.channel}")
        body = one.body.replace("{#", f"{brackets.open}#").replace("#}", f"#{brackets.close}")
        rows.append({**{field: getattr(one, field) or "" for field in fields}, "body": body})
    if desk.as_json:
        for row in rows:
            desk.json(row)
        return
    page = io.StringIO()
    writer = csv.DictWriter(page, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    typer.echo(page.getvalue(), nl=False)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.add_typer(templates, name="templates")
