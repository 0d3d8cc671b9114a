"""The operator's commands: index, train, serve."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from ragmarket.cli.copywriting import demand_documents, ensure_index
from ragmarket.cli.desk import BAD_INPUT, DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.errors import InvalidInput, MissingDependency

INDEX_HELP = """Read the corpus and index what changed.

Reads RAGMARKET_CORPUS_DIR (default: corpus/) and says per document what was added, kept, updated, removed or
rejected, and why. A rejected document leaves the others alone and exits with 2.
"""
TRAIN_HELP = """Train the writer from nothing.

Checkpoints and log go to FOLDER, the finished model to FOLDER/model; a run resumes where an earlier one in the same
folder stopped. Point RAGMARKET_GENERATION__MODEL_DIR at FOLDER/model to write with the result.
"""
INTENTS_HELP = """Train the predictor of segment, intent and propensities on simulated customers.

Weights and their card, with the figures on held-out customers, go to FOLDER. The same seeds give the same bytes.
"""
SERVE_HELP = """Serve the API and the console.

The console is at /, the API at /v1/… and its description at /docs. It has no login of its own: keep it on this
machine, or put it behind the bank's gateway.
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

train = typer.Typer(no_args_is_help=True, help="Train a model.", rich_markup_mode=None)


def index(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """Read the corpus and index what changed."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    settings = desk.settings()
    desk.note(f"reading {settings.corpus_dir}")
    with results_only():
        report = desk.house(settings).index(progress=desk.watched)
    demand_documents(report, settings.corpus_dir)
    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
    else:
        from ragmarket.cli.pages import index_table

        desk.out.print(index_table(report))
    rejected = any(document.action == "rejected" for document in report.documents)
    raise typer.Exit(BAD_INPUT if rejected else DONE)


@train.command(
    "writer",
    help=TRAIN_HELP,
    epilog=examples("ragmarket train writer runs/writer", "ragmarket train writer runs/writer --minutes 30"),
)
def train_writer(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after this long; run again to go on.")] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the writer from nothing."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)

    def report(row: dict[str, Any]) -> None:
        cells = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        desk.note(" ".join(cells))

    with results_only():
        outcome = desk.house().train_writer(folder, minutes, report)
    if desk.as_json:
        desk.json(outcome)
        return
    for key, value in outcome.items():
        typer.echo(f"{key}: {value}")
    model = shlex.quote(str((folder / "model").resolve()))
    typer.echo(f"use it with: RAGMARKET_GENERATION__MODEL_DIR={model} ragmarket draft …")


@train.command("intents", help=INTENTS_HELP, epilog=examples("ragmarket train intents runs/intents"))
def train_intents(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the predictor of segment, intent and propensities."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        outcome = desk.house().train_predictor(folder, desk.note)
    if desk.as_json:
        desk.json(outcome)
        return
    for name, figures in outcome.get("held_out", {}).items():
        cells = (f"{key} {value:.3f}" for key, value in figures.items() if isinstance(value, float))
        typer.echo(f"{name}: {', '.join(cells)}")
    from ragmarket.bootstrap import PREDICTOR_WEIGHTS

    typer.echo(f"the card with all figures: {folder / 'card.json'}")
    typer.echo(f"use it with: cp {shlex.quote(str(folder))}/card.json {shlex.quote(str(folder))}/weights.npz \\")
    typer.echo(f"               {shlex.quote(str(PREDICTOR_WEIGHTS))}/")


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: RAGMARKET_API__HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port (default: RAGMARKET_API__PORT).")] = None,
    verbose: VerboseFlag = False,
) -> None:
    """Serve the API and the console."""
    desk = Desk.of(ctx, verbose=verbose)
    try:
        import uvicorn

        from ragmarket.api.app import create_app
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "fastapi", "api") from error
    settings = desk.settings()
    address, number = host or settings.api.host, port or settings.api.port
    _demand_port(address, number)
    house = desk.house(settings)
    ensure_index(desk, house)
    if address not in LOOPBACK:
        desk.note(f"warning: {address} can be reached from other machines, and there is no login")
    shown = f"[{address}]" if ":" in address else address
    desk.note(f"console http://{shown}:{number}/   API http://{shown}:{number}/docs   (Ctrl-C stops)")
    # One house for both: an index on disk has one owner at a time.
    app = create_app(settings, build=lambda _: house)
    try:
        uvicorn.run(app, host=address, port=number, log_level="info" if desk.verbose else "warning")
    except SystemExit as stop:  # its own exit codes mean other things here
        raise typer.Exit(FAULT if stop.code else DONE) from stop


def _demand_port(host: str, port: int) -> None:
    """Find out before anything is built, not after the models were loaded, whether the address can be had.

    Raises:
        InvalidInput: It is taken, or not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself does: a connection that has just closed does not hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        hint = "Choose another with --host and --port, or stop the server that has it."
        raise InvalidInput(f"cannot listen on {host} port {port}: {error.strerror}", hint=hint) from error


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    epilog = examples("ragmarket index", "RAGMARKET_CORPUS_DIR=docs ragmarket index --json")
    app.command("index", help=INDEX_HELP, epilog=epilog)(index)
    app.add_typer(train, name="train")
    app.command("serve", help=SERVE_HELP, epilog=examples("ragmarket serve", "ragmarket serve --port 9000"))(serve)
