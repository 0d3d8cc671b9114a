"""The commands that train what predicts: intents, ALIMN, the temporal model."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.cli.training import Folder, Seed, say_card, train

INTENTS_HELP = """Train the predictor that the line serves: segment, intent, and what would serve a customer.

A temporal model learns from customers month by month and teaches a small network that answers within milliseconds, from
whatever is known. Without --bank it simulates customers; --bank is a folder as `ragmarket simulate` writes it, and
--labels a CSV file (customer_id, period, intent, segment) of customers whom somebody labelled. Weights and their card,
with the figures on held-out customers, go to FOLDER; a second run takes up the bank and the teacher found there.
"""
ALIMN_HELP = """Train ALIMN on a table of customers: who responds, from columns and from sentences about them.

--data is a CSV file (plain or gzipped), --spec a YAML file that names its columns: numeric, categorical, target,
positive, and if there are any, sentences (templates), steps (rounding) and contexts. The encoder's adapters first learn
the words of the corpus. Model and card go to FOLDER/model; a run resumes where an earlier one in the same folder
stopped. --as-printed trains the paper's setting instead of ours.
"""
TEMPORAL_HELP = """Train the temporal model: what customers do month by month, latent intents, seven heads at once.

--bank is a folder as `ragmarket simulate` writes it, of which features and outcomes are read, never the truth.
--labels is a CSV file (customer_id, period, intent, segment) of customers whom somebody labelled; a tenth is enough.
Without it the intents stay states without names. Model and card go to FOLDER/model; a run resumes where an earlier one
stopped.
"""


def train_intents(
    ctx: typer.Context,
    folder: Folder,
    bank: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, metavar="DIR", help="The bank's tables.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="CSV", help="Intents and segments, as known.")
    ] = None,
    customers: Annotated[int, typer.Option(min=400, help="How many to simulate, without --bank.")] = 24_000,
    seed: Seed = 1,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the predictor of segment, intent and propensities."""
    from ragmarket.distilling import train_predictor

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        outcome = train_predictor(folder, desk.row, bank=bank, labels=labels, customers=customers, seed=seed)
    if desk.as_json:
        desk.json(outcome)
        return
    for name, figures in outcome.get("held_out", {}).items():
        cells = (f"{key} {value:.3f}" for key, value in figures.items() if isinstance(value, float))
        typer.echo(f"{name}: {', '.join(cells)}")
    say_card(folder)
    weights = shlex.quote(str(folder.resolve()))
    typer.echo(f"use it with: RAGMARKET_PREDICTION__MODEL_DIR={weights} ragmarket predict …")


def train_alimn(
    ctx: typer.Context,
    folder: Folder,
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, metavar="CSV", help="The table.")],
    spec: Annotated[Path, typer.Option(exists=True, dir_okay=False, metavar="YAML", help="What its columns are.")],
    as_printed: Annotated[bool, typer.Option("--as-printed", help="The paper's exact setting.")] = False,
    adaptation: Annotated[bool, typer.Option(help="Let the encoder learn the corpus's words first.")] = True,
    seed: Seed = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train ALIMN."""
    from ragmarket.forecasting import train_alimn as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    settings = desk.settings()
    corpus = settings.corpus_dir if adaptation and settings.corpus_dir.is_dir() else None

    with results_only():
        outcome = train_it(
            folder,
            desk.row,
            data=data,
            spec=spec,
            corpus=corpus,
            base=settings.retrieval.embedding_model,
            as_printed=as_printed,
            seed=seed,
        )
    if desk.as_json:
        desk.json(outcome)
        return
    for name, value in outcome["held_out"].items():
        typer.echo(f"{name}: {value:.4f}")
    say_card(folder / "model")


def train_temporal(
    ctx: typer.Context,
    folder: Folder,
    bank: Annotated[Path, typer.Option(exists=True, file_okay=False, metavar="DIR", help="The bank's tables.")],
    labels: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="CSV", help="Intents and segments, as known.")
    ] = None,
    transformer: Annotated[bool, typer.Option("--transformer", help="A Transformer reads the months.")] = False,
    seed: Seed = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the temporal model."""
    from ragmarket.forecasting import train_temporal as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)

    with results_only():
        outcome = train_it(
            folder,
            desk.row,
            bank=bank,
            labels=labels,
            encoder="transformer" if transformer else "gru",
            seed=seed,
        )
    if desk.as_json:
        desk.json(outcome)
        return
    for name, value in outcome["held_out"].items():
        typer.echo(f"{name}: {value:.4f}")
    say_card(folder / "model")


def add_to(_: typer.Typer) -> None:
    """Hang the commands beside the others of `ragmarket train`."""
    train.command("intents", help=INTENTS_HELP, epilog=examples("ragmarket train intents runs/intents"))(train_intents)
    train.command(
        "alimn",
        help=ALIMN_HELP,
        epilog=examples("ragmarket train alimn runs/alimn --data customers.csv --spec customers.yaml"),
    )(train_alimn)
    train.command(
        "temporal",
        help=TEMPORAL_HELP,
        epilog=examples("ragmarket train temporal runs/temporal --bank runs/bank --labels labels.csv"),
    )(train_temporal)
