"""Who is asked about: by signals, by a customer's reference, or by what a visit showed.

Customers live in the tables that `ragmarket signals publish` wrote, visits are read by the model that
`ragmarket sessions fit` made. Whoever did not agree is not predicted for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, NotFound
from ragmarket.schemas.base import today
from ragmarket.schemas.prediction import Prediction

if TYPE_CHECKING:
    from ragmarket.schemas.sessions import SessionReading
    from ragmarket.workshops import Workshops

# What names somebody or a day, and is no signal.
NAMES = frozenset({"customer_id", "as_of", "events"})


def predict(house: Workshops, asked: Mapping[str, Any]) -> Prediction:
    """Predict from signals, from ``customer_id`` alone, from a visit's ``events``, or from these together.

    An intent that a visit shows wins over the one that past behaviour suggests: it is the newer of the two.

    Raises:
        NotFound: Only a reference was given, and no table knows it.
        InvalidInput: A signal or an event is wrong.
        ModelMissing: Events were given and no sessions were fitted.
    """
    day = _day(asked.get("as_of"))
    signals = {key: value for key, value in asked.items() if key not in ("as_of", "events")}
    barred = None
    if "customer_id" in asked and not set(asked) - NAMES:
        signals, barred = _known(house, str(asked["customer_id"]), day, visit="events" in asked)
    if barred:
        neutral = house.predictor.score(None, as_of=day)
        return neutral.model_copy(update={"reasons": (f"{barred}: nothing is predicted",)})
    found = house.predictor.score(signals or None, as_of=day)
    if "events" not in asked:
        return found
    return _with_visit(house, found, _read(house, asked["events"]))


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


def _read(house: Workshops, events: object) -> SessionReading:
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise InvalidInput("events must be a list", hint='For example [{"page": "calculator", "product": "loan"}].')
    return house.session_model.read(events, vector=False)


def _with_visit(house: Workshops, found: Prediction, visit: SessionReading) -> Prediction:
    reasons = tuple(f"this visit: {one}" for one in visit.reasons)
    if visit.intent not in house.angles.intents:
        return found.model_copy(update={"reasons": (*found.reasons, "this visit shows no intent that the bank knows")})
    return found.model_copy(
        update={
            "intent": visit.intent,
            "predicted_intent": visit.intent,
            "confidence": visit.confidence,
            "source": "model",
            "reasons": (*reasons, *found.reasons),
        }
    )
