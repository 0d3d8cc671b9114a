"""How figures stand in a language's running text: units, cases, bounds, ranges, periods, and what follows a name."""

from __future__ import annotations

import string
from typing import Literal, Self

from pydantic import model_validator

from ragmarket.schemas.base import Frozen


class Plural(Frozen):
    """A unit with its plural forms; ``{n}`` is the number."""

    one: str
    other: str


class Case(Frozen):
    """Figures in one grammatical case, for the bounds and ranges that govern it ("₹75 லட்சத்துக்கு", "3 কোটির")."""

    units: dict[str, Plural]
    amount: dict[Literal["plain", "lakh", "crore"], str | Plural]
    rate: str
    number: str


class AfterName(Frozen):
    """What stands right behind a product's name and depends on how the name ends.

    ``vowel`` gives, for an ending of the phrasings, the form that follows a vowel. ``carriers`` gives, for the last
    words of a name, what stays of a noun that only carries an ending and that the name holds already ("Credit Card
    കാർഡിൽ" is "Credit Card-ൽ").
    """

    vowel: dict[str, str] = {}
    carriers: dict[str, dict[str, str]] = {}


class Formats(Frozen):
    """How figures stand in running text; every pattern gives a phrase that can stand where the bare figure can.

    ``bound_inside`` says that the bound belongs to the figure and the period goes around both. A pattern of ``bounds``
    or ``ranges`` may name the case that it governs: ``{x:dative}``, ``{low:dative}``, ``{high:dative}``.
    ``rate_periods`` are the periods that a rate says otherwise: 8.5% p.a., but ₹499 a year.
    """

    bound_inside: bool = False
    units: dict[str, Plural]
    amount: dict[Literal["plain", "lakh", "crore"], str | Plural]
    cases: dict[str, Case] = {}
    bounds: dict[Literal["from", "up_to", "above", "below", "within", "after"], str]
    ranges: dict[Literal["between", "to_below", "above_to"], str]
    periods: dict[str, str]
    rate_periods: dict[str, str] = {}
    after_name: AfterName = AfterName()

    def period(self, period: str, figure_type: str) -> str | None:
        """How a figure of a type is said per period; None where the language has no pattern for it."""
        own = self.rate_periods if figure_type == "rate" else {}
        return own.get(period) or self.periods.get(period)

    @model_validator(mode="after")
    def _cases_there(self) -> Self:
        governed = {case for pattern in (*self.bounds.values(), *self.ranges.values()) for _, case in places(pattern)}
        unknown = sorted(case for case in governed if case is not None and case not in self.cases)
        if unknown:
            raise ValueError(f"a bound or a range governs a case that cases does not have: {', '.join(unknown)}")
        for name, case in self.cases.items():
            missing = sorted(self.units.keys() ^ case.units.keys()) + sorted(self.amount.keys() ^ case.amount.keys())
            if missing:
                raise ValueError(f"cases.{name} and the plain forms differ in {', '.join(missing)}")
        # A case bends the figure itself, so nothing may stand between it and the bound that governs it.
        around = (*self.periods.items(), *self.rate_periods.items())
        parted = [period for period, pattern in around if not pattern.endswith("{x}")]
        if self.cases and parted and not self.bound_inside:
            raise ValueError(f"the period {parted[0]} would part the figure from the bound that governs its case")
        return self


def places(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """The places of a pattern with the case that it governs there, None for the plain form: (("x", "dative"),)."""
    return tuple((name, case or None) for _, name, case, _ in string.Formatter().parse(pattern) if name)


class FormalForms(Frozen):
    """What plain words (`Phrasings.formal`) say otherwise than warm ones: units, periods and conditions by name."""

    units: dict[str, Plural] = {}
    periods: dict[str, str] = {}
    cases: dict[str, dict[str, Plural]] = {}
    conditions: dict[str, str] = {}
