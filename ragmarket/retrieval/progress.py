"""The bar that a run of indexing draws on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def drawn_bar(total: int, shown: bool) -> Iterator[Callable[[str], None]]:
    """A bar that goes on by one with each name it is given; draws nothing where it is not to be shown."""
    if not shown:
        yield lambda _name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: tuple[Any, ...] = (
        TextColumn("indexing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        first = True

        def step(name: str) -> None:
            nonlocal first
            bar.update(task, description=name, advance=0 if first else 1)
            first = False

        yield step
