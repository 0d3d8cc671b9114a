"""The campaign team's commands: draft and check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmarket.cli.batches import Answering, answer_all, read_all
from ragmarket.cli.desk import DONE, REFUSED, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.cli.predictions import one_object
from ragmarket.cli.reading import Item, read_as, read_items
from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import today

if TYPE_CHECKING:
    from ragmarket.bootstrap import House
    from ragmarket.schemas.brief import Brief
    from ragmarket.schemas.compliance import CheckRequest, CheckVerdict
    from ragmarket.schemas.indexing import IndexReport
    from ragmarket.schemas.message import Result

DRAFT_HELP = """Write one message, or many.

Takes a file, or - for standard input: one brief as a JSON object, several as a JSON array, or one per line (JSON
Lines). Results come in the same order. Every sentence of an accepted message points to its source; a refusal says
what is missing and exits with 3.

Fields: product_code, language (en hi ta te kn ml bn mr gu), channel (sms whatsapp email push); optional: intent,
segment, customer_id, as_of (a date), max_claims, variants, seed.
"""
CHECK_HELP = """Check copy that somebody else wrote.

Takes a file, or - for standard input. Fields: text, language, product_class, channel; optional: id, as_of (default:
today). The verdict is pass or fail with the findings; a fail exits with 3.
"""


def ensure_index(desk: Desk, house: House) -> None:
    """Index the corpus when nothing was ever indexed, so that a first brief just works.

    Raises:
        InvalidInput: The corpus holds no document.
    """
    if house.documents():
        return
    desk.note(f"no index yet: reading {house.settings.corpus_dir} first (once)")
    with results_only():
        report = house.index(progress=desk.watched)
    demand_documents(report, house.settings.corpus_dir)


def demand_documents(report: IndexReport, corpus: Path) -> None:
    """Hold a corpus in which nothing was found for what it most likely is: the wrong folder.

    Raises:
        InvalidInput: Nothing was read, and nothing was there before.
    """
    if not report.documents:
        hint = "Put documents there (corpus/README.md says how), or set RAGMARKET_CORPUS_DIR."
        raise InvalidInput(f"the corpus folder {corpus} holds no document", hint=hint)


def all_results(result: Result) -> Iterator[Result]:
    """A result and the variants beside it."""
    yield result
    yield from result.variants


def draft(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="BRIEF.json|-", hidden=True)],
    signals: Annotated[
        str | None, typer.Option(metavar="FILE", help="Customer signals (a JSON object) that choose the emphasis.")
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Write one message, or many."""
    from ragmarket.schemas.brief import Brief

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    batch = read_items(source, "a brief")
    entries = read_all(batch, lambda item: read_as(Brief, item, single=batch.single))
    known = one_object(signals) if signals else None
    house = desk.house()
    titles: dict[str, str] = {}
    if any(entry.error is None for entry in entries):
        ensure_index(desk, house)

    def show(_: Brief, result: Result) -> None:
        from ragmarket.cli.pages import message_panel, titles_of

        if not titles:
            titles.update(titles_of(house.documents()))
        for one in all_results(result):
            desk.out.print(message_panel(one, titles))

    how: Answering[Brief, Result] = Answering(
        work=lambda brief: house.pipeline.draft(brief, known),
        as_json=lambda _, result: result.model_dump(mode="json"),
        show=show,
        code=lambda result: DONE if all(one.status == "accepted" for one in all_results(result)) else REFUSED,
        word=lambda result: result.status,
    )
    workers = min(house.writers, len(entries))
    if workers > 1:
        with results_only():
            house.warm_up()
    raise typer.Exit(answer_all(desk, entries, how, single=batch.single, workers=workers))


def check(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="COPY.json|-", hidden=True)],
    body_only: Annotated[bool, typer.Option("--body-only", help="Do not ask for disclaimers.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Check copy that somebody else wrote."""
    from ragmarket.schemas.compliance import CheckRequest

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    batch = read_items(source, "a piece of copy")
    day = today()

    def read(item: Item) -> CheckRequest:
        request = read_as(CheckRequest, item, single=batch.single)
        return request if request.as_of else request.model_copy(update={"as_of": day})

    entries = read_all(batch, read)
    house = desk.house()

    def show(_: CheckRequest, verdict: CheckVerdict) -> None:
        from ragmarket.cli.pages import verdict_lines

        desk.out.print(verdict_lines(verdict), soft_wrap=True)

    how: Answering[CheckRequest, CheckVerdict] = Answering(
        work=lambda request: house.check(request, body_only),
        as_json=lambda _, verdict: verdict.model_dump(mode="json"),
        show=show,
        code=lambda verdict: DONE if verdict.verdict == "pass" else REFUSED,
        word=lambda verdict: verdict.verdict,
    )
    raise typer.Exit(answer_all(desk, entries, how, single=batch.single))


def add_to(app: typer.Typer) -> None:
    """Hang the two commands into the application."""
    app.command(
        "draft",
        help=DRAFT_HELP,
        epilog=examples(
            "ragmarket draft brief.json",
            """echo '{"product_code": "ARB-FD-001", "language": "hi", "channel": "whatsapp"}' | ragmarket draft -""",
            "ragmarket draft briefs.jsonl --json > results.jsonl",
        ),
    )(draft)
    app.command(
        "check",
        help=CHECK_HELP,
        epilog=examples(
            """echo '{"text": "Guaranteed 12% returns!", "language": "en", "product_class": "mutual_fund",""",
            """       "channel": "sms"}' | ragmarket check -""",
            "ragmarket check copy.jsonl --body-only --json",
        ),
    )(check)
