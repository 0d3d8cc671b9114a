"""The operator's commands: index, train writer, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ragmarket.cli.copywriting import ensure_index
from ragmarket.cli.desk import BAD_INPUT, DONE, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.errors import MissingDependency

INDEX_HELP = """Read the corpus and index what changed.

Reads RAGMARKET_CORPUS_DIR (default: corpus/) and says per document what was added, kept, updated, removed or
rejected, and why. A rejected document leaves the others alone and exits with 2.
"""
TRAIN_HELP = """Train the writer from nothing.

Weights, card and checkpoints go to FOLDER; a run resumes where an earlier one in the same folder stopped. Point
RAGMARKET_GENERATION__MODEL_DIR at the folder to write with the result.
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
    house = desk.house(settings)
    ensure_index(desk, house)
    address, number = host or settings.api.host, port or settings.api.port
    if address not in LOOPBACK:
        desk.note(f"warning: {address} can be reached from other machines, and there is no login")
    shown = f"[{address}]" if ":" in address else address
    desk.note(f"console http://{shown}:{number}/   API http://{shown}:{number}/docs   (Ctrl-C stops)")
    # One house for both: an index on disk has one owner at a time.
    app = create_app(settings, build=lambda _: house)
    uvicorn.run(app, host=address, port=number, log_level="info" if desk.verbose else "warning")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    epilog = examples("ragmarket index", "RAGMARKET_CORPUS_DIR=docs ragmarket index --json")
    app.command("index", help=INDEX_HELP, epilog=epilog)(index)
    app.add_typer(train, name="train")
    app.command("serve", help=SERVE_HELP, epilog=examples("ragmarket serve", "ragmarket serve --port 9000"))(serve)
