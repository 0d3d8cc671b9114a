"""The ground that all schemas stand on: frozen models and the closed vocabularies of the trade."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "hi", "ta", "te", "kn", "ml", "bn", "mr", "gu"]
Channel = Literal["sms", "whatsapp", "email", "push"]
ProductClass = Literal[
    "mutual_fund",
    "securities",
    "insurance",
    "ulip",
    "loan",
    "gold_loan",
    "home_loan",
    "credit_card",
    "deposit",
    "savings",
    "nps",
]
Severity = Literal["block", "review", "info"]

LANGUAGES: tuple[str, ...] = get_args(Language)
CHANNELS: tuple[str, ...] = get_args(Channel)
PRODUCT_CLASSES: tuple[str, ...] = get_args(ProductClass)


class Frozen(BaseModel):
    """A value: immutable, closed to unknown fields, compared by content."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def today() -> date:
    """The date in India: the day on which policy, documents and wordings are in force, wherever the server stands."""
    return datetime.now(ZoneInfo("Asia/Kolkata")).date()
