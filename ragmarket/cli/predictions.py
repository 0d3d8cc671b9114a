"""The commands that ask who customers are: one, many, all of them, and whether they still look as in training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragmarket.cli.batches import Answering, answer_all, read_all
from ragmarket.cli.desk import DONE, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.cli.reading import Item, read_items
from ragmarket.errors import InvalidInput, RagmarketError
from ragmarket.schemas.base import today

if TYPE_CHECKING:
    from ragmarket.bootstrap import House
    from ragmarket.schemas.prediction import DriftReport, Prediction

PREDICT_HELP = """Who is the customer, and what would serve them?

Takes customer signals as JSON objects, from a file or (-) standard input, and answers segment, intent and
propensities. A prediction chooses emphasis, never text; without enough signals the answer is the neutral segment.

Fields, all optional: age_band, income_band, city_tier, language, gender, state, occupation, tenure_months, balance_inr,
deposits_inr, loans_inr, investments_inr, app_logins, holdings (a list), and as name to count: txn_counts, payments,
page_views, messages_sent, messages_opened, messages_answered; words: a list of texts. An unknown field is refused; a
value never seen in training counts as not known, and the answer says so. customer_id alone looks the customer up in the
published tables; whoever did not agree is not predicted for. events (a list of page views, each with its page), or
session_id (a visit of the published tables), lets the intent of this visit count. segment names a segment: it wins over
a predicted one, and alone it answers what its members did in training. offer (product, channel, timing, intensity, as
far as known) is the message of which the response is asked. id and customer_id are handed through to the answer.

--all predicts for every customer of the published tables. --drift predicts nothing: it compares the customers with
those of training, feature by feature (population stability index: above .1 watch, above .25 alarm).
"""
_AHEAD = 1_000


def predict(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="SIGNALS.json|-", hidden=True)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="All customers of the published tables.")] = False,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="With --all: the day; today by default.")
    ] = None,
    drift: Annotated[bool, typer.Option("--drift", help="Compare the customers with those of training.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Who is the customer, and what would serve them?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if (source is None) != everybody:
        hint = "For example `ragmarket predict - < customers.jsonl`, or `ragmarket predict --all`."
        raise InvalidInput("predict takes a file, - for standard input, or --all", hint=hint)
    if as_of is not None and not everybody:
        raise InvalidInput("--as-of belongs to --all", hint="In a list, give each customer its as_of.")
    if everybody:
        raise typer.Exit(_everybody(desk, as_of.date() if as_of else today(), drift=drift))
    assert source is not None  # noqa: S101
    batch = read_items(source, "a set of signals")
    entries = read_all(batch, signals_of)
    house = desk.house()
    if drift:
        wrong = next((entry.error for entry in entries if entry.error is not None), None)
        if wrong is not None:
            raise wrong
        with results_only():
            report = house.drift([unnamed(entry.value or {}) for entry in entries])
        raise typer.Exit(_show_drift(desk, report))

    def show(_: dict[str, Any], prediction: Prediction) -> None:
        from ragmarket.cli.pages import prediction_lines

        desk.out.print(prediction_lines(prediction), soft_wrap=True)

    ahead = _ahead(house, [unnamed(entry.value) for entry in entries if entry.value is not None])
    how: Answering[dict[str, Any], Prediction] = Answering(
        work=lambda signals: house.predict(unnamed(signals)) if batch.single else _next(ahead),
        as_json=lambda signals, prediction: _named(signals) | prediction.model_dump(mode="json"),
        show=show,
        code=lambda _: DONE,
        word=lambda prediction: prediction.segment,
    )
    raise typer.Exit(answer_all(desk, entries, how, single=batch.single))


def _ahead(house: House, asked: Sequence[dict[str, Any]]) -> Iterator[Prediction | RagmarketError]:
    for start in range(0, len(asked), _AHEAD):
        yield from house.predict_many(asked[start : start + _AHEAD])


def _next(ahead: Iterator[Prediction | RagmarketError]) -> Prediction:
    found = next(ahead)
    if isinstance(found, RagmarketError):
        raise found
    return found


def _everybody(desk: Desk, day: date, *, drift: bool) -> int:
    from ragmarket.cli.pages import prediction_lines

    house = desk.house()
    if drift:
        with results_only():
            report = house.drift_of_all(day)
        return _show_drift(desk, report)
    answers = house.predict_all(day)
    done = 0
    while block := list(islice(answers, _AHEAD)):
        for customer, prediction in block:
            if desk.as_json:
                desk.json({"customer_id": customer, "as_of": day.isoformat()} | prediction.model_dump(mode="json"))
            else:
                desk.out.print(f"{customer}:", prediction_lines(prediction), soft_wrap=True)
        done += len(block)
        if desk.watched:
            desk.note(f"{done:,} customers")
    return DONE


def _show_drift(desk: Desk, report: DriftReport) -> int:
    from ragmarket.cli.pages import drift_table

    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
    else:
        desk.out.print(drift_table(report))
    return DONE


def signals_of(item: Item) -> dict[str, Any]:
    """An item's signals.

    Raises:
        InvalidInput: It is no JSON object.
    """
    if item.error is not None or item.value is None:
        raise item.error or InvalidInput(f"{item.place}: signals are a JSON object")
    return item.value


def _named(signals: dict[str, Any]) -> dict[str, Any]:
    """The caller's own names for the customer, so that answers can be joined to signals."""
    return {key: signals[key] for key in ("id", "customer_id", "session_id") if key in signals}


def unnamed(signals: dict[str, Any]) -> dict[str, Any]:
    """Signals without the name that a list gives its items."""
    return {key: value for key, value in signals.items() if key != "id"}


def one_object(source: str) -> dict[str, Any]:
    """The signals of one customer, from a file.

    Raises:
        InvalidInput: There is not exactly one object.
    """
    batch = read_items(source, "a set of signals")
    if not batch.single:
        raise InvalidInput(f"{source}: --signals takes one JSON object", hint="Draft each customer's brief on its own.")
    return unnamed(signals_of(batch.items[0]))


def add_to(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command(
        "predict",
        help=PREDICT_HELP,
        epilog=examples(
            """echo '{"age_band": "25-34", "tenure_months": 40, "holdings": ["savings"], "app_logins": 26,""",
            """       "page_views": {"mutual_fund": 3}}' | ragmarket predict -""",
            """echo '{"customer_id": "SIM00000004", "as_of": "2026-03-31"}' | ragmarket predict -""",
            """echo '{"session_id": "S000000000003"}' | ragmarket predict -""",
            """echo '{"segment": "senior"}' | ragmarket predict -""",
            "ragmarket predict - --json < customers.jsonl",
            "ragmarket predict --all --as-of 2026-03-31 --json > base.jsonl",
            "ragmarket predict - --drift < customers.jsonl",
        ),
    )(predict)
