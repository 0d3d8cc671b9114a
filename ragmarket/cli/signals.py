"""The commands of raw data: take deliveries in, find who is who, decide doubtful pairs, write feature tables."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmarket.cli import customers, faults
from ragmarket.cli.desk import BAD_INPUT, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.cli.faults import delivery_line, signal_store
from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    from ragmarket.schemas.ingestion import Source

INGEST_HELP = """Take deliveries of the five sources in.

DELIVERY is SOURCE=FILE (CSV, gzipped CSV or Parquet), SOURCE=URL#TABLE (a database by SQLAlchemy URL, or
duckdb:///FILE), or a folder whose files are named after their source. Sources: core_banking, transactions, crm,
digital, market. A row that breaks the contract stands aside with its reason; so does a damaged file; the rest
goes in. The same content is taken once. Exits with 2 when a file was refused.

A database is asked for what is new, and for the week before that; --whole fetches rows that came in later still.
"""
LINK_HELP = """Find which records are one person, without labels.

Learns how much each field says from the records themselves (splink), joins what is sure, and keeps doubtful pairs for
`ragmarket signals review`. Decisions of people are kept. The model learnt is kept too; --learn learns it anew. Weights
are log2 odds: 3 bits are a probability of .89; `python eval/identity.py` draws precision and recall by --link-from.

--spark MASTER compares on Spark (pip install 'ragmarket[spark]', Java 17), for pairs that outgrow a machine; the model
kept serves both. A cluster needs --scratch, a folder that every worker reaches; it is cleared at the end.
"""
PUBLISH_HELP = """Write the feature tables anew.

They know a customer by id only, and the same deliveries give the same bytes. `holdings` tells what each customer held
at each month's end and since when, where opening dates or deliveries of that time say so; who is left out is counted.
"""
EXTRACTS_HELP = """Write extracts as five systems would deliver them, from a simulated bank, with the truth beside them.

BANK is a folder of `ragmarket simulate`. Several customer files per person, names in ten scripts and many spellings,
landmark addresses, families that share a telephone. Core banking says when products were opened, but for one customer
in twenty.
"""
signals = typer.Typer(
    no_args_is_help=True, help="From raw extracts to one customer, one history.", rich_markup_mode=None
)


def _deliveries(given: list[str]) -> list[tuple[Source, str]]:
    from ragmarket.signals.ingest.contracts import SOURCES
    from ragmarket.signals.ingest.intake import find_deliveries

    found: list[tuple[Source, str]] = []
    for one in given:
        source, _, place = one.partition("=")
        if source in SOURCES and place:
            found.append((source, place))
        elif Path(one).is_dir():
            found += find_deliveries(Path(one))
        else:
            known = ", ".join(SOURCES)
            raise InvalidInput(f"{one}: neither a folder nor SOURCE=PLACE", hint=f"SOURCE is one of {known}.")
    return found


@signals.command(
    "ingest",
    help=INGEST_HELP,
    epilog=examples(
        "ragmarket signals ingest extracts/",
        "ragmarket signals ingest core_banking=cif.csv transactions=txn.csv.gz",
        "ragmarket signals ingest crm=sqlite:///crm.db#interactions",
    ),
)
def ingest_(
    ctx: typer.Context,
    delivery: Annotated[list[str], typer.Argument(metavar="DELIVERY...", hidden=True)],
    whole: Annotated[bool, typer.Option("--whole", help="Ask databases for all rows again.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Take deliveries in."""
    from ragmarket.signals.ingest.intake import ingest

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    wanted = _deliveries(delivery)
    with results_only():
        report = ingest(signal_store(desk), wanted, whole=whole, progress=desk.progress)
    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
    else:
        for one in report.deliveries:
            typer.echo(delivery_line(one))
        typer.echo(f"{report.accepted:,} rows went in, {report.rejected:,} stand aside, in {report.seconds:.1f} s")
    if any(one.outcome == "refused" for one in report.deliveries):
        raise typer.Exit(BAD_INPUT)


@signals.command(
    "link",
    help=LINK_HELP,
    epilog=examples(
        "ragmarket signals link",
        "ragmarket signals link --learn",
        "ragmarket signals link --spark spark://host:7077 --scratch hdfs:///tmp/link",
    ),
)
def link(
    ctx: typer.Context,
    learn: Annotated[bool, typer.Option("--learn", help="Learn the weights anew.")] = False,
    link_from: Annotated[
        float, typer.Option("--link-from", metavar="BITS", help="Weight from which a pair is linked.")
    ] = 3.0,
    review_from: Annotated[
        float, typer.Option("--review-from", metavar="BITS", help="Weight from which a pair waits for a person.")
    ] = -1.0,
    threads: Annotated[int | None, typer.Option(min=1, help="Of the database; all cores if not given.")] = None,
    spark: Annotated[str | None, typer.Option(metavar="MASTER", help="Compare on Spark: local[4], yarn ….")] = None,
    scratch: Annotated[str | None, typer.Option(metavar="URL", help="Spark's folder for tables on the way.")] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Find which records are one person."""
    from ragmarket.signals.identity.evidence import Thresholds
    from ragmarket.signals.identity.linking import IdentityResolver
    from ragmarket.signals.identity.spark import spark_session
    from ragmarket.signals.ingest.contracts import SOURCES

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if scratch is not None and spark is None:
        raise InvalidInput("--scratch is of --spark", hint="Name the master too.")
    thresholds = Thresholds(link=link_from, review=review_from)
    store, register = signal_store(desk), customers.register(desk)
    with results_only(), store.writing(), ExitStack() as stack:
        files = [one for source in SOURCES for one in store.files(source, people=True)]
        raw = register.records(files)
        resolver = IdentityResolver(threads=threads, thresholds=thresholds)
        if spark is not None:
            session = stack.enter_context(spark_session(spark, scratch=scratch, folder=register.root / "staging"))
            resolver = IdentityResolver(backend="spark", session=session, thresholds=thresholds)
        report = register.link(raw, resolver, desk.progress, again=learn)
    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
        return
    typer.echo(f"{report.records:,} records are {report.customers:,} customers ({report.seconds:.1f} s)")
    typer.echo(f"{report.review:,} pairs wait for a person, {report.kept_apart:,} links would have joined two people")


@signals.command("publish", help=PUBLISH_HELP, epilog=examples("ragmarket signals publish"))
def publish_(
    ctx: typer.Context,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="Memory limit of the database.")] = "2GB",
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Write the feature tables anew."""
    from ragmarket.signals.ingest.publishing import publish

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    store = signal_store(desk)
    report = publish(store, memory=memory, progress=desk.progress)
    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
        return
    for name, rows in report.tables.items():
        waiting = report.waiting[name]
        typer.echo(f"{name}: {rows:,} rows" + (f", {waiting:,} wait for their customer" if waiting else ""))
    for reason, count in report.without_history.items():
        typer.echo(f"history of holdings: {count:,} customers left out, {reason}")
    typer.echo(f"they stand in {store.tables}")


@signals.command(
    "extracts", help=EXTRACTS_HELP, epilog=examples("ragmarket signals extracts runs/bank --out runs/extracts --seed 3")
)
def extracts(
    ctx: typer.Context,
    bank: Annotated[Path, typer.Argument(metavar="BANK", hidden=True)],
    out: Annotated[Path, typer.Option("--out", file_okay=False, metavar="FOLDER", help="Where to.")],
    seed: Annotated[int, typer.Option(min=0, help="Of names and corruption.")] = 1,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Write raw extracts of a simulated bank."""
    from ragmarket.signals.ingest.extracts import NEEDED, write_extracts
    from ragmarket.signals.simulate.store import read

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    rows = write_extracts({name: read(bank, name) for name in NEEDED}, out, seed)
    if desk.as_json:
        desk.json(rows)
        return
    for name, count in rows.items():
        typer.echo(f"{name}: {count:,} rows")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    customers.add_to(signals)
    faults.add_to(signals)
    app.add_typer(signals, name="signals")
