"""The command simulate: customers that never lived, for training and measuring where the truth must be known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples, results_only

SIMULATE_HELP = """Simulate a bank's customers.

Writes tables as Parquet, with a data card. Presets: small (2,000 customers), default (35,000), control (text and
sequences know no more than the columns).
FOLDER/features holds what a bank sees, FOLDER/outcomes what it learns later, FOLDER/truth what nobody sees, with the
best prediction that each view allows. FOLDER/README.md describes every column. The same seed gives the same rows.
"""


def simulate(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", file_okay=False, metavar="FOLDER", help="Empty or new folder.")],
    preset: Annotated[str, typer.Option(help="small, default or control.")] = "default",
    customers: Annotated[int | None, typer.Option(min=1, help="How many, if not the preset's number.")] = None,
    periods: Annotated[int | None, typer.Option(min=1, max=60, help="Months, if not the preset's number.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other customers of the same bank.")] = 7,
    chunk: Annotated[int, typer.Option(min=1, help="Customers per Parquet part; changes no row.")] = 5_000,
    bounds: Annotated[bool, typer.Option(help="Compute the Bayes bound of each target.")] = True,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Simulate a bank's customers."""
    from ragmarket.forecasting import simulate_customers

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = simulate_customers(
            out,
            desk.progress,
            preset=preset,
            customers=customers,
            periods=periods,
            seed=seed,
            chunk=chunk,
            bounds=bounds,
        )
    if desk.as_json:
        desk.json(card)
        return
    for name, table in card["tables"].items():
        typer.echo(f"{name}: {table['rows']:,} rows")
    if card["bounds"]:
        response = card["bounds"]["response"]
        typer.echo(f"response: {response['prevalence']:.1%} of {response['rows']:,} touches were answered")
        for view in ("truth", "linked", "all", "columns"):
            low, high = response[view]["auc_interval"]
            typer.echo(f"  best AUC, {view} known: {response[view]['auc']:.3f} ({low:.3f} to {high:.3f})")
    typer.echo(f"the card with all figures: {out / 'README.md'}")


def add_to(app: typer.Typer) -> None:
    """Hang the command into the application."""
    epilog = examples(
        "ragmarket simulate --preset small --out runs/small",
        "ragmarket simulate --customers 35000 --periods 6 --seed 7 --out runs/bank",
    )
    app.command("simulate", help=SIMULATE_HELP, epilog=epilog)(simulate)
