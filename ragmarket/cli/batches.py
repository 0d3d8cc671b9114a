"""Many items, one after the other, in order: a failing one answers with its error and does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ragmarket.cli.desk import Desk, as_fault, results_only, worst
from ragmarket.cli.reading import Batch, Item
from ragmarket.errors import RagmarketError

ValueT = TypeVar("ValueT")
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Entry(Generic[ValueT]):
    """An item that was read: its value, or the error that it will answer with."""

    item: Item
    value: ValueT | None
    error: RagmarketError | None = None


@dataclass(frozen=True)
class Answering(Generic[ValueT, AnswerT]):
    """How items of one kind are answered.

    Attributes:
        work: One value to one answer.
        as_json: The answer as plain JSON.
        show: The answer as a page for people.
        code: The exit code that the answer stands for.
        word: The answer in a word, for the progress line.
    """

    work: Callable[[ValueT], AnswerT]
    as_json: Callable[[ValueT, AnswerT], Any]
    show: Callable[[ValueT, AnswerT], None]
    code: Callable[[AnswerT], int]
    word: Callable[[AnswerT], str]


def read_all(batch: Batch, read: Callable[[Item], ValueT]) -> list[Entry[ValueT]]:
    """Read every item before anything is built or changed.

    Raises:
        InvalidInput: The only object of a single input is wrong.
    """
    entries: list[Entry[ValueT]] = []
    for item in batch.items:
        try:
            entries.append(Entry(item, read(item)))
        except RagmarketError as error:
            if batch.single:
                raise
            entries.append(Entry(item, None, error))
    return entries


def _error_line(entry: Entry[Any], error: RagmarketError) -> dict[str, Any]:
    line: dict[str, Any] = {"error": error.as_dict(), "position": entry.item.position}
    if entry.item.line is not None:
        line["line"] = entry.item.line
    if entry.item.value and "id" in entry.item.value:
        line["id"] = entry.item.value["id"]
    return line


def _asked(
    entries: Sequence[Entry[ValueT]], work: Callable[[ValueT], AnswerT], workers: int
) -> Iterator[Callable[[], AnswerT]]:
    """For each entry, in order, what gives its answer; with ``workers``, that many are being answered at a time."""

    def one(entry: Entry[ValueT]) -> AnswerT:
        if entry.error is not None:
            raise entry.error
        value: ValueT = entry.value  # type: ignore[assignment]  # an entry without an error has a value
        return work(value)

    if workers <= 1:
        for entry in entries:
            yield lambda entry=entry: one(entry)  # type: ignore[misc]
        return
    with ThreadPoolExecutor(workers, "ragmarket-batch") as pool:
        # Stdout is the process's, not the thread's: it is redirected by whoever takes the answers.
        yield from [pool.submit(one, entry).result for entry in entries]


def answer_all(
    desk: Desk, entries: Sequence[Entry[ValueT]], how: Answering[ValueT, AnswerT], *, single: bool, workers: int = 1
) -> int:
    """Answer the entries in order, each as soon as it is ready, ``workers`` at a time.

    Returns:
        The exit code of the whole list.

    Raises:
        RagmarketError: The only object of a single input failed.
    """
    codes: list[int] = []
    for entry, answer_of in zip(entries, _asked(entries, how.work, workers), strict=True):
        try:
            with results_only():
                answer = answer_of()
        except Exception as fault:  # one bad item must not take the others with it
            if single:
                raise
            error = as_fault(fault)
            codes.append(error.exit_code)
            word = error.code
            if desk.as_json:
                desk.json(_error_line(entry, error))
            else:
                place = "" if error.message.startswith(entry.item.place) else f"{entry.item.place}: "
                desk.error(fault, place=place)
        else:
            codes.append(how.code(answer))
            word = how.word(answer)
            if desk.as_json:
                desk.json(how.as_json(entry.value, answer))  # type: ignore[arg-type]  # it was answered, so it has one
            else:
                how.show(entry.value, answer)  # type: ignore[arg-type]
        if not single:
            desk.progress(f"{entry.item.place}: {word}", len(codes), len(entries))
    return worst(codes)
