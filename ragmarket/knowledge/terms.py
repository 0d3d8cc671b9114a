"""Banking terms as customers use them, with the forms to avoid and why."""

from __future__ import annotations

from typing import Literal

from ragmarket.schemas.base import Frozen


class AvoidedForm(Frozen):
    """A form that the bank does not use, and why."""

    form: str
    why: str


class Term(Frozen):
    """A banking term: what customers say, what formal text says, what to avoid."""

    en: str
    customer: tuple[str, ...]
    formal: tuple[str, ...]
    avoid: tuple[AvoidedForm, ...] = ()
    status: Literal["guide", "common", "unconfirmed"] = "unconfirmed"
    source: str = "none"
