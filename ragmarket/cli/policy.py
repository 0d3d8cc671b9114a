"""The compliance officer's look ahead: the rules, whether their files keep their word, and what a day changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from ragmarket.cli.decisions import read_day
from ragmarket.cli.desk import BAD_INPUT, DONE, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.cli.reading import read_as, read_items
from ragmarket.errors import InvalidInput
from ragmarket.schemas.policy import ImpactRule, LiveCopy, PolicyImpact

HELP = """The rules, and what a day to come changes.

Each rule has its dates, scope, authority, source and confidence.
"""
LIST_HELP = """Every rule: what it binds, from which day, on whose authority, and how well that is known."""
SHOW_HELP = """One rule in full: authority, source, dates, scope, verbs, words and examples."""
CHECK_HELP = """Do the rule files keep their word?

Reads every policy pack and claim rule, and tries each rule on the examples in its own file. Prints every fault with
file and line and exits with 2, or says how many rules hold.
"""
IMPACT_HELP = """Which live copy falls foul of a rule that is still to come?

Holds every accepted message of the audit log, or the copy of --file, against the rules that are in force on --on and
not today. Copy that lacks a field without which a rule cannot be judged is counted apart and never passes.

Fields of --file, one JSON object per line: text, language, product_class, channel; optional: id, says (kinds of facts),
opted_in, consent, insurer_approved.
"""

policy = typer.Typer(no_args_is_help=True, help=HELP, rich_markup_mode=None)


@policy.command(
    "list", help=LIST_HELP, epilog=examples("ragmarket policy list", "ragmarket policy list --as-of 2027-01-01 --json")
)
def list_rules(
    ctx: typer.Context,
    as_of: Annotated[
        date | None, typer.Option(parser=read_day, metavar="YYYY-MM-DD", help="Only what is in force that day.")
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """All rules."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    rows = desk.house().policy_rules(as_of)
    if desk.as_json:
        desk.json({"rules": rows})
        return
    for row in rows:
        span = f"{row['effective_from'] or 'never'} to {row['effective_to'] or 'open'}"
        typer.echo(f"{row['id']}  {row['state']}, {span}; {row['severity'] or 'block'}; confidence {row['confidence']}")
        typer.echo(f"    {row['title']} ({_scope(row)})")


def _scope(row: dict[str, Any]) -> str:
    parts = (
        row[name] if row[name] == "all" else ", ".join(row[name]) for name in ("products", "channels", "languages")
    )
    return "; ".join(f"{name} {part}" for name, part in zip(("products", "channels", "languages"), parts, strict=True))


@policy.command("show", help=SHOW_HELP, epilog=examples("ragmarket policy show rbc.rate_with_fee"))
def show(
    ctx: typer.Context,
    id_: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """One rule."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    view = desk.house().policy_rule(id_)
    if desk.as_json:
        desk.json(view)
        return
    typer.echo(f"{view['id']}: {view['title']} ({view['kind']} rule, {view['state']})")
    typer.echo(f"in force {view['effective_from'] or 'never'} to {view['effective_to'] or 'open'}; {_scope(view)}")
    typer.echo(f"authority: {view['authority']}\nsource: {view['source']}; confidence {view['confidence']}")
    told = {*view} | {"number"}
    for name, value in view["rule"].items():
        if name == "examples":
            for outcome in ("fail", "pass") if isinstance(value, dict) else ():
                for one in value.get(outcome, ()):
                    typer.echo(f"  must {outcome}: {one.get('text') or ', '.join(one.get('says', ()))}")
        elif name not in told and isinstance(value, str | int | float | list):
            typer.echo(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for id_, idea in view.get("ideas", {}).items():
        typer.echo(f"idea {id_}: {idea['means']}; words in {', '.join(idea['words'])}")


@policy.command("check", help=CHECK_HELP, epilog=examples("ragmarket policy check"))
def check(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """The files against their own examples."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    faults = house.policy_faults()
    if desk.as_json:
        desk.json({"holds": not faults, "faults": [fault.as_dict() for fault in faults]})
    else:
        for fault in faults:
            typer.echo(fault.message)
        if not faults:
            typer.echo(f"{len(house.policy_rules())} rules hold on all examples of their files")
    raise typer.Exit(BAD_INPUT if faults else DONE)


@policy.command(
    "impact",
    help=IMPACT_HELP,
    epilog=examples(
        "ragmarket policy impact --on 2027-01-01",
        "ragmarket policy impact --on 2027-01-01 --file agency-copy.jsonl --html impact.html",
    ),
)
def impact(
    ctx: typer.Context,
    on: Annotated[date, typer.Option(parser=read_day, metavar="YYYY-MM-DD", help="The day to come.")],
    since: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="YYYY-MM-DD", help="Look from this day, not today."),
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="COPY.jsonl|-", help="Copy instead of the audit log's.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page of HTML too.")] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """What changes on a day to come."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    copies = None if file is None else _copies(file)
    found = desk.house().policy_impact(on, copies, since)
    if html is not None:
        from ragmarket.compliance.impact_page import impact_page

        html.write_text(impact_page(found), encoding="utf-8")
        desk.note(f"wrote {html}")
    if desk.as_json:
        desk.json(found.model_dump(mode="json"))
        return
    for line in impact_lines(found):
        typer.echo(line)


def _copies(file: str) -> list[LiveCopy]:
    batch = read_items(file, "a piece of copy")
    copies = []
    for item in batch.items:
        copy = read_as(LiveCopy, item, single=batch.single)
        named = item.value is not None and "id" in item.value
        copies.append(copy if named else copy.model_copy(update={"id": str(item.position)}))
    if not copies:
        raise InvalidInput(f"{file} holds no copy", hint="Write one JSON object per line.")
    return copies


def impact_lines(found: PolicyImpact) -> list[str]:
    """An impact for a terminal."""
    head = f"{found.affected} of {found.copies} pieces of live copy fall foul of a rule that begins by {found.on}"
    lines = [head if found.copies else f"there is no live copy; {len(found.rules)} rules begin by {found.on}"]
    for rule in found.rules:
        lines += _rule_lines(rule)
    return lines


def _rule_lines(rule: ImpactRule) -> list[str]:
    lines = ["", f"{rule.id}, from {rule.effective_from}: {rule.title} ({rule.severity})"]
    lines.append(f"  {rule.authority}; source: {rule.source}; confidence {rule.confidence}")
    counted = f"  binds {rule.bound}; {len(rule.hits)} findings"
    if rule.undecided:
        counted += f"; {rule.undecided} cannot be judged without {', '.join(rule.missing_fields)}"
    lines.append(counted)
    for hit in rule.hits:
        where = f" at {hit.start} to {hit.end}" if hit.start is not None else ""
        lines.append(f"  {hit.copy_id} ({hit.product_class}, {hit.channel}, {hit.language}){where}: {hit.message}")
    return lines


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.add_typer(policy, name="policy")
