"""Who is asked about: by signals, by a customer's reference, by what a visit showed, or by a segment's name.

Customers live in the tables that `ragmarket signals publish` wrote, visits are read by the model that
`ragmarket sessions fit` made. Whoever did not agree is not predicted for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, NotFound, RagmarketError
from ragmarket.schemas.base import today
from ragmarket.schemas.customers import CustomerView, VisitIntent
from ragmarket.schemas.prediction import DriftReport, Prediction

if TYPE_CHECKING:
    from ragmarket.workshops import Workshops

# What names somebody or a day, and is no signal.
NAMES = frozenset({"customer_id", "session_id", "as_of", "events", "offer", "segment"})
# What says whose, when and of what, beside the signals.
ASIDE = ("as_of", "session_id", "events", "offer", "segment")
# What is looked up or read for each by itself.
_ALONE = frozenset({"session_id", "events", "segment"})
_BLOCK = 2_000


def predict(house: Workshops, asked: Mapping[str, Any]) -> Prediction:
    """Predict from signals, from ``customer_id`` alone, from a visit, for a named ``segment``, or from these together.

    A visit is given by its ``events``, or by the ``session_id`` of a published one. An intent that a visit shows wins
    over the one that past behaviour suggests: it is the newer of the two. A customer who may not be addressed is not
    predicted for, whatever the caller says of them.

    Raises:
        NotFound: Only a reference was given, and no table knows it.
        InvalidInput: A signal or an event is wrong.
        ModelMissing: A visit was given and no sessions were fitted.
    """
    day = _day(asked.get("as_of"))
    barred = None
    if "session_id" in asked:
        asked, barred = _with_events(house, asked)
    signals = _signals(asked)
    if "customer_id" in asked and not barred:
        if set(asked) - NAMES:
            barred = _barred(house, [asked]).get(str(asked["customer_id"]))
        else:
            signals, barred = _known(house, str(asked["customer_id"]), day, visit="events" in asked)
    if barred:
        neutral = house.predictor.score(None, as_of=day)
        return neutral.model_copy(update={"reasons": (f"{barred}: nothing is predicted",)})
    if "segment" in asked:
        found = house.predictor.of_segment(str(asked["segment"]))
    if signals or "segment" not in asked:
        own = house.predictor.score(signals or None, as_of=day, offer=_offer(asked))
        found = _named(own, found.segment) if "segment" in asked else own
    return _intent(house, asked["events"]).told_in(found) if "events" in asked else found


def predict_many(house: Workshops, many: Sequence[Mapping[str, Any]]) -> list[Prediction | RagmarketError]:
    """As `predict`, for a list: what is wrong with one answers in its place and leaves the others alone."""
    found: list[Prediction | RagmarketError | None] = [None] * len(many)
    plain: dict[tuple[date, tuple[tuple[str, str], ...]], list[int]] = {}
    barred = _barred(house, many)
    for place, asked in enumerate(many):
        try:
            alone = _ALONE & set(asked) or ("customer_id" in asked and not set(asked) - NAMES)
            if alone or str(asked.get("customer_id")) in barred:
                found[place] = predict(house, asked)
            else:
                plain.setdefault((_day(asked.get("as_of")), tuple(_offer(asked).items())), []).append(place)
        except RagmarketError as error:
            found[place] = error
    for (day, offer), places in plain.items():
        try:
            asked_of = [_signals(many[place]) or None for place in places]
            answers = house.predictor.score_many(asked_of, as_of=day, offer=dict(offer))
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        except InvalidInput:  # one of them is wrong: each for itself
            for place in places:
                try:
                    found[place] = predict(house, many[place])
                except RagmarketError as error:
                    found[place] = error
    return [one for one in found if one is not None]


def predict_all(house: Workshops, day: date) -> Iterator[tuple[str, Prediction]]:
    """Predict for every customer of the published tables, without the explanations.

    Raises:
        NotFound: There are none.
    """
    waiting: list[CustomerView] = []
    for view in _everybody(house, day):
        waiting.append(view)
        if len(waiting) == _BLOCK:
            yield from _scored(house, waiting, day)
            waiting = []
    yield from _scored(house, waiting, day)


def drift_of_all(house: Workshops, day: date) -> DriftReport:
    """Compare the customers of the published tables with those of training; those who did not agree are left out.

    Raises:
        NotFound: There are none.
    """
    return house.predictor.drift_of([view.signals for view in _everybody(house, day) if not view.barred])


def drift(house: Workshops, many: Sequence[Mapping[str, Any]]) -> DriftReport:
    """Compare a batch of signals with those of training.

    Raises:
        InvalidInput: A signal is wrong; names which of the batch.
    """
    found = [_signals(asked) for asked in many]
    try:
        return house.predictor.drift_of(found)
    except InvalidInput:
        for place, signals in enumerate(found):
            try:
                house.predictor.drift_of([signals])
            except InvalidInput as error:
                raise InvalidInput(f"customer {place + 1}: {error.message}", hint=error.hint) from error
        raise


def _everybody(house: Workshops, day: date) -> Iterator[CustomerView]:
    if not house.customers.exists:
        raise NotFound("there are no published customers", hint="Run `ragmarket signals publish` first.")
    return house.customers.every(day)


def _scored(house: Workshops, views: Sequence[CustomerView], day: date) -> Iterator[tuple[str, Prediction]]:
    asked = [None if view.barred else view.signals for view in views]
    for view, found in zip(views, house.predictor.score_many(asked, as_of=day, explain=False), strict=True):
        reasons = {"reasons": (f"{view.barred}: nothing is predicted",)}
        yield view.customer_id, found.model_copy(update=reasons) if view.barred else found


def _signals(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in asked.items() if key not in ASIDE}


def _offer(asked: Mapping[str, Any]) -> dict[str, str]:
    offer = asked.get("offer") or {}
    if not isinstance(offer, Mapping) or not all(isinstance(value, str) for value in offer.values()):
        hint = 'For example {"product": "loan", "channel": "sms"}.'
        raise InvalidInput("offer must be a mapping from product, channel, timing or intensity to a name", hint=hint)
    return dict(offer)


def _day(value: object) -> date:
    if value is None:
        return today()
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidInput("as_of must be a date (YYYY-MM-DD)") from error


def _known(house: Workshops, customer_id: str, day: date, *, visit: bool) -> tuple[dict[str, Any], str | None]:
    found = house.customers.find(customer_id, day) if house.customers.exists else None
    if found is None:
        if visit:
            return {}, None  # a visit can be read without knowing whose it is
        hint = "Run `ragmarket signals publish`, or give signals."
        raise NotFound(f"no table knows the customer {customer_id!r}", hint=hint)
    return dict(found.signals), found.barred


def _barred(house: Workshops, many: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Who of these may not be predicted for, and why."""
    named = {str(asked["customer_id"]) for asked in many if "customer_id" in asked}
    return house.customers.barred(sorted(named)) if named and house.customers.exists else {}


def _with_events(house: Workshops, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What was asked with the events of the visit that it names, and with the customer whose visit it is."""
    if "events" in asked:
        raise InvalidInput("session_id and events are two visits", hint="Give one of them.")
    found = house.customers.visit(str(asked["session_id"])) if house.customers.exists else None
    if found is None:
        hint = "Run `ragmarket signals publish`, or give the visit's events."
        raise NotFound(f"no table knows the session {asked['session_id']!r}", hint=hint)
    whole = {key: value for key, value in asked.items() if key != "session_id"} | {"events": found.events}
    if found.customer_id is not None:
        whole.setdefault("customer_id", found.customer_id)
    return whole, found.barred


def _named(found: Prediction, segment: str) -> Prediction:
    """A prediction under the segment that the caller names."""
    reasons = ("the caller named the segment", *found.reasons)
    return found.model_copy(update={"segment": segment, "source": "caller", "reasons": reasons})


def _intent(house: Workshops, events: object) -> VisitIntent:
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise InvalidInput("events must be a list", hint='For example [{"page": "calculator", "product": "loan"}].')
    return VisitIntent.of(house.session_model.read(events, vector=False), house.angles.intents)
