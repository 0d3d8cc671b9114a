"""Cross-selling as a bank's people would write it down: readable rules, the baseline of the learned recommender."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, field_validator, model_validator

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen, ProductClass
from ragmarket.schemas.offers import Offer
from ragmarket.signals.offers.signs import AMOUNTS, words

if TYPE_CHECKING:
    import polars as pl


class Bound(Frozen):
    """A range of an amount in INR: at least the one, below the other."""

    at_least: float | None = Field(default=None, ge=0)
    below: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_least is None and self.below is None:
            raise ValueError("a bound needs at_least or below")
        return self

    def holds(self, value: float) -> bool:
        """Whether an amount lies within."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class OfferRule(Frozen):
    """Offer a product class to those who show all signs of ``when``."""

    id: str = Field(pattern=r"^[a-z_]+$")
    offer: ProductClass
    score: float = Field(gt=0, le=1)
    when: dict[str, bool | Bound] = Field(min_length=1)
    why: str

    @field_validator("when")
    @classmethod
    def _known(cls, when: dict[str, bool | Bound]) -> dict[str, bool | Bound]:
        for name, wanted in when.items():
            if name not in words():
                raise ValueError(f"there is no sign {name!r}")
            if isinstance(wanted, Bound) != (name in AMOUNTS):
                raise ValueError(f"{name} needs {'a bound' if name in AMOUNTS else 'true or false'}")
        return when

    def fits(self, row: dict[str, object]) -> bool:
        """Whether a customer shows all the signs, and does not hold the product yet; an unknown amount shows none."""
        if row.get(f"holds_{self.offer}"):
            return False
        return all(
            row[name] is not None and wanted.holds(float(row[name]))  # type: ignore[arg-type]
            if isinstance(wanted, Bound)
            else bool(row[name]) == wanted
            for name, wanted in self.when.items()
        )


class OfferRules(Frozen):
    """All rules, in order."""

    rules: tuple[OfferRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(set(ids)) < len(ids):
            raise ValueError("two rules share an id")
        return self

    def offers(self, table: pl.DataFrame) -> dict[str, tuple[Offer, ...]]:
        """Offers for each customer of a table of signs, best first; none where no rule fits."""
        found: dict[str, tuple[Offer, ...]] = {}
        for row in table.iter_rows(named=True):
            best: defaultdict[ProductClass, list[OfferRule]] = defaultdict(list)
            for rule in self.rules:
                if rule.fits(row):
                    best[rule.offer].append(rule)
            offers = [
                Offer(
                    product_class=product,
                    score=max(rule.score for rule in rules),
                    evidence=tuple(rule.why for rule in sorted(rules, key=lambda rule: -rule.score)),
                    source="rules",
                )
                for product, rules in best.items()
            ]
            found[str(row["customer_id"])] = tuple(sorted(offers, key=lambda one: -one.score))
        return found


@lru_cache(maxsize=2)
def load_offer_rules(path: Path = ROOT / "crosssell.yaml") -> OfferRules:
    """Read the rules.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(path, OfferRules)
