"""A customer as the line may know one: whether it may be addressed at all, and the signals that a prediction reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.prediction import Prediction
from ragmarket.schemas.sessions import SessionReading


class CustomerView(Frozen):
    """What the published tables say of one customer on one day.

    ``barred`` says why nothing may be predicted or written for this customer (``customer.do_not_disturb`` or
    ``customer.no_consent``), and holds no signal then. ``signals`` fit `ragmarket.signals.features.DEFAULT_SPEC`; none
    of them ever reaches a prompt.
    """

    customer_id: str
    barred: str | None = None
    signals: Mapping[str, Any] = {}


class VisitIntent(Frozen):
    """What a visit is for; ``intent`` is None where it shows none that the bank knows."""

    intent: str | None = None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, reading: SessionReading, known: Collection[str]) -> Self:
        """What a reading says, as far as the bank knows its intent."""
        if reading.intent not in known:
            return cls()
        return cls(intent=reading.intent, confidence=reading.confidence, reasons=reading.reasons)

    def told_in(self, found: Prediction) -> Prediction:
        """A prediction with the visit's intent, which wins over that of past behaviour: it is the newer of the two."""
        if self.intent is None:
            reason = "this visit shows no intent that the bank knows"
            return found.model_copy(update={"reasons": (*found.reasons, reason)})
        return found.model_copy(
            update={
                "intent": self.intent,
                "predicted_intent": self.intent,
                "confidence": self.confidence,
                "source": "model",
                "reasons": (*(f"this visit: {one}" for one in self.reasons), *found.reasons),
            }
        )


class VisitView(Frozen):
    """What one visit of the published tables says, and whose it is.

    ``customer_id`` is None where nobody logged in and no link was made, or where the customer did not agree to linking.
    ``barred`` says why nothing may be predicted for the one who logged in; nothing of the visit was read then.
    ``shows`` is what the visit is for, once it was read.
    """

    session_id: str
    customer_id: str | None = None
    barred: str | None = None
    events: tuple[Mapping[str, Any], ...] = ()
    shows: VisitIntent | None = None
