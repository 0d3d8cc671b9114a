"""The commands of sessions: learn vectors, make the taxonomy, label visits, link them to customers."""

from __future__ import annotations

from typing import Annotated

import typer

from ragmarket.cli.desk import Desk, JsonFlag, TablesFlag, VerboseFlag, examples, results_only
from ragmarket.cli.training import train

FIT_HELP = """Learn what sessions look like, without labels.

Every event (page, product, search, referrer, device, time, tiles) becomes a vector, a small Transformer reads the
session, and learns by saying which events were hidden and which come next. A killed run goes on where it stopped.
"""
TAXONOMY_HELP = """What visits are for: named intents with definitions, in groups.

--write samples sessions of every kind, lets the language model label them (a configured server proposes intents first;
without one the project's own writer labels), measures agreement and teaches the small model that `label` uses.
RAGMARKET_HOME/sessions/taxonomy.yaml may be edited: the next reading checks it and keeps every version.
"""
LABEL_HELP = """The intent of sessions, with confidence and reasons. One JSON object per line with --json."""
LINK_HELP = """Link visits before login to customers who agreed to it.

By login and by device where one customer and no other uses it; by behaviour where several share one. Nobody who did not
agree is linked, named or kept. RAGMARKET_HOME/sessions/links.parquet is written anew each time.
"""

sessions = typer.Typer(no_args_is_help=True, help="What visits are for.", rich_markup_mode=None)


def fit(
    ctx: typer.Context,
    source: TablesFlag = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the sessions.")] = None,
    contrast: Annotated[float, typer.Option(min=0.0, help="Weight of the contrastive loss.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Learn vectors."""
    from ragmarket.visits.vectors import fit_vectors

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = fit_vectors(desk.house(), source, desk.note, epochs=epochs, contrast=contrast, seed=seed)
    if desk.as_json:
        desk.json(card)
        return
    last = card["training"][-1]
    typer.echo(f"{card['sessions']:,} sessions, {card['events']:,} events, loss {last['loss']:.3f}")
    typer.echo("name what they are for: ragmarket sessions taxonomy --write")


def taxonomy(
    ctx: typer.Context,
    source: TablesFlag = None,
    write: Annotated[bool, typer.Option("--write", help="Make it first, and teach the labeller.")] = False,
    sample: Annotated[int, typer.Option(min=20, help="Sessions shown to the language model.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Show or make the taxonomy."""
    from ragmarket.visits.taxonomy import make_taxonomy, taxonomy_in_force

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    card = None
    with results_only():
        house = desk.house()
        if write:
            card = make_taxonomy(house, source, desk.note, desk.progress, sample=sample, seed=seed)
        found = taxonomy_in_force(house)
    if desk.as_json:
        desk.json({"taxonomy": found.model_dump(mode="json"), "card": card})
        return
    typer.echo(f"version {found.version}, by {found.written_by}")
    for group, about in found.groups.items():
        typer.echo(f"{group}: {about}")
        for name, intent in found.intents.items():
            if intent.group == group:
                typer.echo(f"  {name} ({intent.origin}, {intent.support} of the sample): {intent.definition}")
    if card is not None:
        for what, one in card["agreement"].items():
            typer.echo(f"agreement, {what}: kappa {one['kappa']:.2f} on {one['sessions']:,} sessions")
        typer.echo(f"other: {card['other']:.1%} of {card['sessions']:,} sessions")


def label(
    ctx: typer.Context,
    source: TablesFlag = None,
    session: Annotated[list[str] | None, typer.Option("--session", metavar="ID", help="May be repeated.")] = None,
    vectors: Annotated[bool, typer.Option("--vectors", help="Give the vectors too.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Label sessions."""
    from ragmarket.visits.labels import label_sessions

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        found = label_sessions(desk.house(), source, session, vectors=vectors)
    for one in found:
        if desk.as_json:
            desk.json(one.model_dump(mode="json"))
        else:
            typer.echo(f"{one.session_id}: {one.intent} ({one.confidence:.0%}); {'; '.join(one.reasons[:3])}")
    raise typer.Exit(desk.unanswered(session, {one.session_id for one in found}, "session {} is not in the tables"))


def link(
    ctx: typer.Context,
    source: TablesFlag = None,
    least: Annotated[float, typer.Option(min=0.5, max=1.0, help="Probability for a visit on a shared device.")] = 0.8,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Link visits."""
    from ragmarket.visits.links import link_sessions

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        found = link_sessions(desk.house(), source, least=least)
    kinds: dict[str, int] = {}
    for one in found.links:
        kinds[one.evidence] = kinds.get(one.evidence, 0) + 1
    if desk.as_json:
        desk.json({"linked": len(found.links), "by": kinds, "unlinked": found.unlinked})
        return
    told = ", ".join(f"{count:,} by {kind}" for kind, count in sorted(kinds.items()))
    typer.echo(f"{len(found.links):,} visits linked ({told or 'none'}), {found.unlinked:,} stay unlinked")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    bank = "--tables runs/bank"
    sessions.command("fit", help=FIT_HELP, epilog=examples(f"ragmarket sessions fit {bank}"))(fit)
    sessions.command("taxonomy", help=TAXONOMY_HELP, epilog=examples(f"ragmarket sessions taxonomy {bank} --write"))(
        taxonomy
    )
    sessions.command("label", help=LABEL_HELP, epilog=examples(f"ragmarket sessions label {bank} --json"))(label)
    sessions.command("link", help=LINK_HELP, epilog=examples(f"ragmarket sessions link {bank}"))(link)
    app.add_typer(sessions, name="sessions")
    train.command("sessions", help=FIT_HELP, epilog=examples(f"ragmarket train sessions {bank}"))(fit)
