"""The command `ragmarket`: its commands, its options, and the one place where errors become words and exit codes."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated, Any

import click
import typer
import typer.core
from typer.core import TyperGroup

from ragmarket import __version__
from ragmarket.cli import (
    copywriting,
    demo,
    disclaimers,
    findings,
    forecasting,
    grounding,
    policy,
    predictions,
    records,
    segments,
    sessions,
    signals,
    simulate,
    templates,
    training,
    upkeep,
)
from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples

HELP = """Cited, disclaimed, audited marketing messages for Indian banks, in English and eight Indian languages.

One brief goes in (product, language, channel); one message comes out in which every sentence points to its source and
every mandatory disclaimer stands byte for byte, or a refusal that says what is missing.

Exit codes: 0 done, 2 bad input (nothing changed), 3 refused, 1 fault. State lives in RAGMARKET_HOME (default
.ragmarket), documents in RAGMARKET_CORPUS_DIR (default corpus/).
"""

ORDER = (
    "demo", "index", "draft", "check", "ground", "predict", "trace", "replay", "findings",
    "templates", "audit", "disclaimers", "policy", "serve", "train", "simulate", "signals", "segments", "sessions",
)  # fmt: skip

# Help is plain text here; typer escapes it for rich's markup all the same ("\\[required]") wherever rich is installed.
typer.core.HAS_RICH = False


class Front(TyperGroup):
    """The group that turns every failure into a message, a hint and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order of a first day's work."""
        return sorted(super().list_commands(ctx), key=ORDER.index)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no traceback leaves here unless ``--verbose`` asked for it."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as fault:  # the outermost door: a user never meets a traceback
            desk = ctx.obj if isinstance(ctx.obj, Desk) else Desk()
            raise typer.Exit(desk.error(fault)) from fault


app = typer.Typer(
    cls=Front,
    help=HELP,
    epilog=examples(
        "ragmarket demo                        # nine messages in nine languages",
        "ragmarket index                       # read the corpus",
        """echo '{"product_code": "ARB-FD-001", "language": "ta", "channel": "email"}' | ragmarket draft -""",
        "ragmarket trace drf_…                 # where each sentence comes from",
        "ragmarket serve                       # API and console",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ragmarket {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
    version: Annotated[  # noqa: ARG001  its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options that hold for every command; they may also stand after its name."""
    ctx.obj = Desk()
    Desk.of(ctx, as_json=as_json, verbose=verbose)


upkeep.add_to(app)
training.add_to(app)
forecasting.add_to(app)
copywriting.add_to(app)
predictions.add_to(app)
records.add_to(app)
findings.add_to(app)
grounding.add_to(app)
templates.add_to(app)
disclaimers.add_to(app)
policy.add_to(app)
demo.add_to(app)
simulate.add_to(app)
signals.add_to(app)
segments.add_to(app)
sessions.add_to(app)


def main() -> None:
    """The console script: nine scripts go out as UTF-8, whatever the terminal believes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="ragmarket")
