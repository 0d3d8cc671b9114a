"""The guided tour: index, drafts in nine languages over four channels, and a proof that nothing was altered."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import typer

from ragmarket.cli.copywriting import ensure_index
from ragmarket.cli.desk import DONE, FAULT, REFUSED, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.cli.records import chain_lines, verify_chain
from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import LANGUAGES, today
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import DocumentVersion

if TYPE_CHECKING:
    from ragmarket.bootstrap import House
    from ragmarket.schemas.message import Result

DEMO_HELP = """A guided tour of the demo bank, or of your own corpus.

Indexes the corpus, writes one message in each of nine languages over several products and all four channels, shows
where every sentence comes from, and verifies the audit chain. The same corpus and day give the same drafts.
"""
# The pairing keeps long mandatory texts off the short channels; what policy refuses all the same is shown as refused.
CHANNEL_ORDER = ("whatsapp", "sms", "email", "push")
INTENT_OF_CLASS = {
    "deposit": "grow_savings",
    "savings": "everyday_banking",
    "home_loan": "buy_home",
    "loan": "meet_expense",
    "mutual_fund": "start_investing",
    "gold_loan": "compare_costs",
    "insurance": "protect_family",
    "credit_card": "spend_and_travel",
    "nps": "plan_retirement",
    "securities": "start_investing",
    "ulip": "protect_family",
}
TRIES = 3


def demo_day(documents: Sequence[DocumentVersion], now: date) -> date:
    """``now`` if any product is in force then, else the day the newest product document came into force.

    Raises:
        InvalidInput: The corpus describes no product.
    """
    products = [document for document in documents if document.kind == "product" and document.product_code]
    if not products:
        raise InvalidInput("the corpus describes no product", hint="Add product documents and run `ragmarket index`.")
    if any(document.in_force(now) for document in products):
        return now
    return max(document.effective_from for document in products)


def demo_products(documents: Sequence[DocumentVersion], day: date) -> list[DocumentVersion]:
    """One document per product in force, its classes taking turns so that the first few differ."""
    by_class: dict[str, dict[str, DocumentVersion]] = defaultdict(dict)
    for document in sorted(documents, key=lambda item: (item.product_code or "", item.doc_id)):
        if document.kind == "product" and document.product_code and document.in_force(day):
            by_class[str(document.product_class)].setdefault(document.product_code, document)
    order = [name for name in INTENT_OF_CLASS if name in by_class]
    order += sorted(set(by_class) - set(order))
    rounds = zip_longest(*(by_class[name].values() for name in order))
    return [document for row in rounds for document in row if document is not None]


def demo_briefs(products: Sequence[DocumentVersion], day: date) -> Iterator[list[Brief]]:
    """Per language, the brief to write and the ones to fall back on when policy refuses it."""
    for number, language in enumerate(LANGUAGES):
        places = [(number + step * len(LANGUAGES)) % len(products) for step in range(TRIES)]
        yield [
            Brief.model_validate(
                {
                    "product_code": document.product_code,
                    "language": language,
                    "channel": CHANNEL_ORDER[number % len(CHANNEL_ORDER)],
                    "intent": INTENT_OF_CLASS.get(str(document.product_class), "general"),
                    "as_of": day,
                    "seed": number,
                }
            )
            for document in (products[place] for place in dict.fromkeys(places))
        ]


def _drafts(house: House, products: Sequence[DocumentVersion], day: date) -> Iterator[tuple[Brief, Result, float]]:
    for choices in demo_briefs(products, day):
        for brief in choices:
            start = time.perf_counter()
            with results_only():
                result = house.pipeline.draft(brief)
            yield brief, result, (time.perf_counter() - start) * 1000
            if result.status == "accepted":
                break


def _show_table(desk: Desk, rows: Sequence[tuple[Brief, Result, float]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    for column in ("product", "language", "channel", "intent", "result", "claims"):
        table.add_column(column)
    table.add_column("ms", justify="right")
    for brief, result, milliseconds in rows:
        cells = (brief.product_code, brief.language, brief.channel, brief.intent or "", result.status)
        table.add_row(*cells, str(len(result.claims)), f"{milliseconds:,.0f}")
    desk.out.print(table)


def demo(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """A guided tour of the demo bank, or of your own corpus."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    ensure_index(desk, house)
    documents = house.documents()
    day = demo_day(documents, today())
    products = demo_products(documents, day)
    names = {document.product_code: document.product_name or document.title for document in products}
    desk.note("loading the models")
    with results_only():
        house.warm_up()
    rows: list[tuple[Brief, Result, float]] = []
    for brief, result, milliseconds in _drafts(house, products, day):
        rows.append((brief, result, milliseconds))
        desk.note(f"{brief.language} {brief.channel} {brief.product_code}: {result.status}, {milliseconds:,.0f} ms")
        if not desk.as_json:
            from ragmarket.cli.pages import message_panel, titles_of

            heading = f"{names[brief.product_code]} · {brief.language} · {brief.channel} · {brief.intent}"
            desk.out.print(message_panel(result, titles_of(documents), heading))
    state = verify_chain(house.audit)
    written = {brief.language for brief, result, _ in rows if result.status == "accepted"}
    if desk.as_json:
        drafts: list[dict[str, Any]] = [result.model_dump(mode="json") for _, result, _ in rows]
        desk.json({"drafts": drafts, "chain": state})
    else:
        _show_table(desk, rows)
        typer.echo(f"{len(written)} of {len(LANGUAGES)} languages have an accepted message")
        for line in chain_lines(state):
            typer.echo(line)
    raise typer.Exit(FAULT if not state["holds"] else DONE if len(written) == len(LANGUAGES) else REFUSED)


def add_to(app: typer.Typer) -> None:
    """Hang the command into the application."""
    epilog = examples("ragmarket demo", "ragmarket demo --json | jq '.drafts[].text'")
    app.command("demo", help=DEMO_HELP, epilog=epilog)(demo)
