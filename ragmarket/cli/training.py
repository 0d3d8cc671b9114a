"""The commands that train what writes and what reviews: writer, claims, grounding."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.errors import InvalidInput

WRITER_HELP = """Train the writer: from nothing, or a base model of your choice through a LoRA adapter.

From nothing: pretraining and fine-tuning (FOLDER/model), then preference tuning on its own drafts, ranked by review
(FOLDER/preference/model). Checkpoints and log go to FOLDER; a run resumes where an earlier one in the same folder
stopped. Point RAGMARKET_GENERATION__MODEL_DIR at the model to write with it.

With --base PATH_OR_ID --lora: the same examples teach any causal language model; the adapter goes to FOLDER/adapter,
and vLLM serves it with --enable-lora (deploy/vllm/README.md).
"""
CLAIMS_HELP = """Train the classifier of prohibited claims in words that no rule lists.

Learns from the written copy in knowledge/copy/ (or --copy DIR), the claim rules' examples and the bank's phrasebook.
Weights and their card, with all figures of the cross-validation, go to FOLDER. The same files give the same bytes.
"""
GROUNDING_HELP = """Train the model that judges whether a claim's words say what its evidence says.

Fine-tunes the packaged sentence encoder on claims that people wrote and labelled (--claims DIR, repeatable: one folder
an author, in the form of eval/claims), on the phrasebook and, with --data DIR (or RAGMARKET_DATA_DIR), on public
labelled pairs. Authors named with --held are left out and give the card's figures. Weights and card go to FOLDER;
killed, the same command goes on with the pass that it was at. English claims are half of the time turned into what
glosses leave of a native sentence. A pass over 16,000 claims takes ten minutes of one core; --start goes on from a
model that is there.
"""
train = typer.Typer(no_args_is_help=True, help="Train a model.", rich_markup_mode=None)
Folder = Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)]
Seed = Annotated[int, typer.Option(help="Of everything random.")]


def say_card(folder: Path) -> None:
    """Where the card of what was trained lies."""
    typer.echo(f"the card with all figures: {folder / 'card.json'}")


@train.command(
    "writer",
    help=WRITER_HELP,
    epilog=examples("ragmarket train writer runs/writer", "ragmarket train writer runs/writer --minutes 30"),
)
def train_writer(
    ctx: typer.Context,
    folder: Folder,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after this long; run again to go on.")] = None,
    preferences: Annotated[bool, typer.Option(help="Tune on ranked drafts once fine-tuning is done.")] = True,
    base: Annotated[str | None, typer.Option(metavar="PATH_OR_ID", help="A base model to adapt; needs --lora.")] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train a LoRA adapter for --base.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the writer."""
    from ragmarket.training import train_adapter, train_writer

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if lora != (base is not None):
        raise InvalidInput("--base and --lora belong together", hint="Give both, or neither to train from nothing.")

    with results_only():
        house = desk.house()
        if base is not None:
            outcome = train_adapter(house, base, folder, desk.row)
        else:
            outcome = train_writer(house, folder, desk.row, minutes=minutes, preferences=preferences)
    if desk.as_json:
        desk.json(outcome)
        return
    for key, value in outcome.items():
        typer.echo(f"{key}: {value}")
    if base is None:
        model = shlex.quote(str(Path(outcome["model"]).resolve()))
        typer.echo(f"use it with: RAGMARKET_GENERATION__MODEL_DIR={model} ragmarket draft …")
    else:
        typer.echo(f"serve it with: deploy/vllm/serve {shlex.quote(base)} --enable-lora --lora-modules \\")
        typer.echo(f"                 ragmarket-writer={shlex.quote(str((folder / 'adapter').resolve()))}")


@train.command("claims", help=CLAIMS_HELP, epilog=examples("ragmarket train claims runs/claims"))
def train_claims(
    ctx: typer.Context,
    folder: Folder,
    copy: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, metavar="DIR", help="Other copy of the same form.")
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, file_okay=False, metavar="DIR", help="Another author's copy to learn from; may be repeated."
        ),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the classifier of paraphrased claims."""
    from ragmarket.training import train_claims as train_them

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = train_them(folder, desk.note, copy, also or ())
    if desk.as_json:
        desk.json(card)
        return
    for kind, share in card["figures"]["cross_validation"].items():
        typer.echo(f"{kind}: {share['flagged']} of {share['of']} flagged when held out")
    say_card(folder)
    weights = shlex.quote(str(folder.resolve()))
    typer.echo(f"use it with: RAGMARKET_COMPLIANCE__CLAIMS_MODEL_DIR={weights} ragmarket check …")


@train.command(
    "grounding",
    help=GROUNDING_HELP,
    epilog=examples(
        "ragmarket train grounding runs/grounding --claims eval/claims/first_author --held eval/claims/dev"
    ),
)
def train_grounding(
    ctx: typer.Context,
    folder: Folder,
    claims: Annotated[
        list[Path], typer.Option(exists=True, file_okay=False, metavar="DIR", help="One author's claims (repeatable).")
    ],
    held: Annotated[
        list[Path] | None,
        typer.Option(exists=True, file_okay=False, metavar="DIR", help="An author to leave out (repeatable)."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, metavar="DIR", help="A trained model to go on from."),
    ] = None,
    passes: Annotated[int, typer.Option(min=1, help="How often everything is seen.")] = 6,
    rate: Annotated[float, typer.Option(min=1e-7, max=1e-2, help="Highest learning rate.")] = 1.5e-4,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, envvar="RAGMARKET_DATA_DIR", metavar="DIR", help="Public data sets."
        ),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the support model."""
    from ragmarket.training import train_grounding as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = train_it(
            folder, desk.note, claims=claims, held=held or (), start=start, passes=passes, rate=rate, data=data
        )
    if desk.as_json:
        desk.json(card)
        return
    for name, share in card["held_out"].items():
        if name != "authors":
            typer.echo(f"held out, {name}: {share['hits']} of {share['of']}")
    say_card(folder)
    weights = shlex.quote(str(folder.resolve()))
    typer.echo(f"use it with: RAGMARKET_COMPLIANCE__SUPPORT_MODEL_DIR={weights} ragmarket ground …")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.add_typer(train, name="train")
