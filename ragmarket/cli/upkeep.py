"""The operator's commands: index and serve."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from ragmarket.cli.copywriting import demand_documents, ensure_index
from ragmarket.cli.desk import BAD_INPUT, DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.errors import InvalidInput, MissingDependency

INDEX_HELP = """Read the corpus and index what changed.

Reads RAGMARKET_CORPUS_DIR (default: corpus/) and says per document what was added, kept, updated, removed or
rejected, and why. A rejected document leaves the others alone and exits with 2.
"""
SERVE_HELP = """Serve the API and the console.

The console is at /, the API at /v1/… and its description at /docs. It has no login of its own: keep it on this
machine, or put it behind the bank's gateway.
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


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
    app.command("serve", help=SERVE_HELP, epilog=examples("ragmarket serve", "ragmarket serve --port 9000"))(serve)
