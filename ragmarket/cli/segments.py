"""The commands of segments: find them, assign customers, describe them, and say what to offer next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmarket.cli import offers
from ragmarket.cli.desk import CustomersFlag, Desk, JsonFlag, TablesFlag, VerboseFlag, examples, results_only

FIT_HELP = """Find customers who behave alike.

Every transaction becomes a sentence (channel, direction, rough amount, category, weekday, recurring or not), every
different sentence is encoded once, and customers are clustered by density. Customers who fit nowhere stay noise and are
not targeted. The number of dimensions is the one whose segments come back when customers are left out.
"""
ASSIGN_HELP = """The segment of each customer, with reasons; new customers need no refit.

Says of each whether a campaign may address it, and which rule is against it: segment.noise, customer.do_not_disturb or
customer.no_consent. --targeted lists those alone who may be; --noise lets noise be addressed, but nobody who said no.

One JSON object per line with --json. A customer without a transaction is named on stderr (exit code 2); the others are
answered.
"""
PROFILES_HELP = """Profiles of the segments: a name, statements that cite their statistic, and closed fields.

--write lets the writer describe every segment from its statistics. RAGMARKET_HOME/segments/profiles.yaml may be edited;
what a person wrote stays through later fits, and all versions are kept beside it.
"""
REPORT_HELP = """How good are the segments, and what are they like?

Noise, stability over resamples and over time, separation, density validity and drift, beside RFM on the same customers;
each segment with what sets it apart and with customers at its heart. --html draws it as one page with a map.
"""

segments = typer.Typer(no_args_is_help=True, help="Customers who behave alike.", rich_markup_mode=None)


def fit(
    ctx: typer.Context,
    source: TablesFlag = None,
    min_cluster_size: Annotated[int, typer.Option(min=2, help="Least customers of a segment.")] = 50,
    min_samples: Annotated[int, typer.Option(min=1, help="Neighbours of a core customer.")] = 10,
    components: Annotated[int | None, typer.Option(min=1, help="Dimensions, if not to be chosen.")] = None,
    learned: Annotated[bool, typer.Option("--learned", help="Pool with a trained reader instead of the mean.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Find segments."""
    from ragmarket.studies.fitting import fit_segments

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = fit_segments(
            desk.house(),
            source,
            desk.note,
            min_cluster_size=min_cluster_size,
            min_samples=min_samples,
            components=components,
            learned=learned,
        )
    if desk.as_json:
        desk.json(card)
        return
    typer.echo(f"{card['customers']:,} customers, {len(card['segments'])} segments, noise {card['noise']:.1%}")
    for one in card["segments"]:
        typer.echo(f"segment {one['number']}: {one['size']:,} customers ({one['share']:.1%})")
        for line in one["typical"][:3]:
            typer.echo(
                f"  {line['narrative']} ({line['share']:.1%} of transactions, {line['lift']:.1f} times everybody's)"
            )
        for line in one["traits"][: 0 if one["typical"] else 3]:
            typer.echo(f"  {line['trait']} ({line['share']:.1%} of transactions, everybody {line['overall']:.1%})")
    typer.echo("describe them: ragmarket segments profiles --write")


def assign(
    ctx: typer.Context,
    source: TablesFlag = None,
    customer: CustomersFlag = None,
    targeted: Annotated[bool, typer.Option("--targeted", help="Only those whom a campaign may address.")] = False,
    noise: Annotated[bool, typer.Option("--noise", help="Let a campaign address noise too.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Assign customers to segments."""
    from ragmarket.signals.segments.targeting import REASONS
    from ragmarket.studies.assignment import assign_segments

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        found = assign_segments(desk.house(), source, customer, noise_too=noise)
    for one in found:
        if targeted and not one.may_be_targeted:
            continue
        if desk.as_json:
            desk.json(one.model_dump(mode="json"))
            continue
        where = "noise" if one.noise else f"segment {one.segment}, closeness {one.closeness:.2f}"
        against = " and ".join(f"{REASONS[rule]} ({rule})" for rule in one.why_not)
        may = f"not to be targeted: {against}" if against else "may be targeted"
        typer.echo(f"{one.customer_id}: {where}; {may}; {'; '.join(one.reasons[:2])}")
    if hidden := sum(not one.may_be_targeted for one in found) * targeted:
        desk.note(f"{hidden:,} of {len(found):,} customers may not be targeted and are left out")
    code = desk.unanswered(customer, {one.customer_id for one in found}, "customer {} has no transaction in the tables")
    raise typer.Exit(code)


def profiles(
    ctx: typer.Context,
    source: TablesFlag = None,
    write: Annotated[bool, typer.Option("--write", help="Let the writer describe the segments first.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Show or write the profiles."""
    from ragmarket.studies.profiles import read_profiles, write_profiles

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        house = desk.house()
        found = write_profiles(house, source, desk.note) if write else read_profiles(house)
    for one in found:
        if desk.as_json:
            desk.json(one.model_dump(mode="json"))
            continue
        typer.echo(f"segment {one.segment}: {one.name} (version {one.version}, by {one.written_by})")
        for statement in one.statements:
            typer.echo(f"  {statement.text} [{statement.statistic}]")
        for name in (
            "life_stage", "sophistication", "next_product", "channel", "risk_appetite", "language", "region",
        ):  # fmt: skip
            field = getattr(one, name)
            basis = f" [{', '.join(field.statistics)}]" if field.statistics else ""
            typer.echo(f"  {name.replace('_', ' ')}: {field.value}{basis}")


def report(
    ctx: typer.Context,
    source: TablesFlag = None,
    rounds: Annotated[int, typer.Option(min=0, help="Resamples for stability; 0 leaves it out.")] = 10,
    html: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, metavar="FILE", help="Write one page with a map there.")
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Judge the segments."""
    from ragmarket.signals.segments.page import figure_rows, report_page, targeted_line
    from ragmarket.studies.report import report_segments

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        found = report_segments(desk.house(), source, desk.note, rounds=rounds)
    if html is not None:
        html.write_text(report_page(found), encoding="utf-8")
        desk.note(f"the page: {html}")
    if desk.as_json:
        desk.json(found.model_dump(mode="json"))
        return
    for name, value, meaning in figure_rows(found):
        typer.echo(f"{name}: {value} ({meaning})")
    for one in found.segments:
        typer.echo(
            f"segment {one.number}{f', {one.name}' if one.name else ''}: {one.size:,} customers ({one.share:.1%})"
        )
        for line in (targeted_line(one), *one.differences):
            typer.echo(f"  {line}")
        typer.echo(f"  at its heart: {', '.join(member.customer_id for member in one.exemplars)}")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    bank = "--tables runs/bank"
    segments.command("fit", help=FIT_HELP, epilog=examples(f"ragmarket segments fit {bank}"))(fit)
    segments.command(
        "assign", help=ASSIGN_HELP, epilog=examples(f"ragmarket segments assign {bank} --customer SIM00000004")
    )(assign)
    segments.command("profiles", help=PROFILES_HELP, epilog=examples(f"ragmarket segments profiles {bank} --write"))(
        profiles
    )
    segments.command(
        "report", help=REPORT_HELP, epilog=examples(f"ragmarket segments report {bank} --html segments.html")
    )(report)
    offers.add_to(segments)
    app.add_typer(segments, name="segments")
