"""What a command says and where it says it: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragmarket.errors import NotFound, RagmarketError

if TYPE_CHECKING:
    from rich.console import Console

    from ragmarket.bootstrap import House
    from ragmarket.settings import Settings

DONE, FAULT, BAD_INPUT, REFUSED = 0, 1, 2, 3
PIPE_WIDTH = 120

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, one object per line.")]
TablesFlag = Annotated[
    Path | None,
    typer.Option("--tables", file_okay=False, metavar="FOLDER", help="A simulated bank; else what was published."),
]
CustomersFlag = Annotated[list[str] | None, typer.Option("--customer", metavar="ID", help="May be repeated; else all.")]
VerboseFlag = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens; show tracebacks.")]


def worst(codes: Iterable[int]) -> int:
    """The exit code of a list: a fault outweighs bad input, which outweighs a refusal."""
    present = set(codes)
    return next((code for code in (FAULT, BAD_INPUT, REFUSED) if code in present), DONE)


def examples(*lines: str) -> str:
    """An epilogue of examples that click prints line by line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def results_only() -> contextlib.AbstractContextManager[object]:
    """Keep stdout for results while a workshop works, whatever a library prints."""
    return contextlib.redirect_stdout(sys.stderr)


def as_fault(error: Exception) -> RagmarketError:
    """Any exception as a member of the family; a foreign one names its type."""
    if isinstance(error, RagmarketError):
        return error
    if isinstance(error, OSError) and error.filename is not None:
        hint = "Check that it exists, may be written and has room; RAGMARKET_HOME says where state lives."
        return RagmarketError(f"{error.filename}: {error.strerror}", hint=hint)
    hint = "Run again with --verbose and report what it prints."
    return RagmarketError(f"{type(error).__name__}: {error}", hint=hint)


class Desk:
    """Where one invocation of the command reads its manners from.

    Attributes:
        as_json: Whether results are JSON on stdout.
        verbose: Whether logs and tracebacks are shown.
    """

    def __init__(self) -> None:
        self.as_json = False
        self.verbose = False

    @classmethod
    def of(cls, ctx: typer.Context, *, as_json: bool = False, verbose: bool = False) -> Desk:
        """The invocation's desk, with the options that stand before and after the command's name together."""
        root = ctx.find_root()
        if not isinstance(root.obj, cls):
            root.obj = cls()
        desk: Desk = root.obj
        desk.as_json = desk.as_json or as_json
        desk.verbose = desk.verbose or verbose
        if not desk.verbose and not sys.warnoptions:
            warnings.simplefilter("ignore")
        return desk

    def settings(self) -> Settings:
        """The settings of the environment."""
        from ragmarket import telemetry
        from ragmarket.settings import read_settings

        settings = read_settings()
        telemetry.configure("INFO" if self.verbose else settings.log_level, json=settings.log_json)
        return settings

    def house(self, settings: Settings | None = None) -> House:
        """The house that the environment's settings describe."""
        from ragmarket.bootstrap import build

        return build(settings or self.settings())

    @property
    def out(self) -> Console:
        """The page on stdout; wide enough in a pipe that no table is cut."""
        from rich.console import Console

        return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)

    def json(self, value: Any) -> None:
        """One JSON value on one line of stdout, at once."""
        typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str))

    def note(self, text: str) -> None:
        """A line of progress on stderr."""
        typer.echo(text, err=True)

    def row(self, row: Mapping[str, Any]) -> None:
        """A row of a training's log, on stderr."""
        self.note(
            " ".join(f"{key} {one:.4g}" if isinstance(one, float) else f"{key} {one}" for key, one in row.items())
        )

    @property
    def watched(self) -> bool:
        """Whether somebody may be looking at stderr, so that a bar is worth drawing."""
        return self.verbose or sys.stderr.isatty()

    def progress(self, what: str, done: int, total: int) -> None:
        """One step of a longer task, on stderr; a terminal overwrites its line."""
        line = f"[{done}/{total}] {what}"
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            typer.echo(f"\r\x1b[K{line[:110]}{end}", err=True, nl=False)
        elif self.verbose or done >= total:
            typer.echo(line, err=True)

    def unanswered(self, asked: Iterable[str] | None, answered: Collection[str], lacks: str) -> int:
        """Say which ids of a list had no answer, after those that had one were given theirs.

        Args:
            asked: The ids; None where nobody was asked for by name.
            answered: Those that were found.
            lacks: What is wrong with the others, "customer {} has no transaction" say.

        Returns:
            The exit code: bad input where an id had no answer.
        """
        missing = [one for one in dict.fromkeys(asked or ()) if one not in answered]
        for one in missing:
            self.error(NotFound(lacks.format(one), hint="Check the id and the folder; the others were answered."))
        return BAD_INPUT if missing else DONE

    def error(self, fault: Exception, place: str = "") -> int:
        """Say what went wrong and what to do next, on stderr.

        Returns:
            The exit code that belongs to the error.
        """
        error = as_fault(fault)
        if self.as_json:
            typer.echo(json.dumps({"error": error.as_dict()}, ensure_ascii=False), err=True)
        else:
            typer.echo(f"{place}error: {error.message}", err=True)
            typer.echo(f"hint: {error.hint}", err=True)
        if self.verbose:
            traceback.print_exception(fault, file=sys.stderr)
        return error.exit_code
