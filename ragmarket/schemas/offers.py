"""Offers: which product class a customer may want next, what speaks for it, and how well the past was foretold."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen, ProductClass

OfferSource = Literal["rules", "recommender"]


class Offer(Frozen):
    """One product class with its evidence in plain words.

    ``score`` is a rule's weight or the recommender's probability, as ``source`` says; the two are not on one scale.
    """

    product_class: ProductClass
    score: float = Field(ge=0.0, le=1.0)
    evidence: tuple[str, ...] = ()
    source: OfferSource


class CustomerOffers(Frozen):
    """What one customer may want next.

    ``why_rules`` says why rules answered and not what was learned; it is empty where the recommender did. Whom the bank
    may not address has no offers and ``barred``, the rule that says so.
    """

    customer_id: str
    offers: tuple[Offer, ...] = ()
    answered_by: OfferSource
    why_rules: str = ""
    barred: str | None = None


class OfferSpec(Frozen):
    """What a recommender reads: the signs by name and order, the months that count as recent, and the tables.

    Two that differ in any of it do not mean the same by their columns.
    """

    signs: tuple[str, ...]
    recent_months: int
    tables: tuple[str, ...]

    def differences(self, other: OfferSpec) -> tuple[str, ...]:
        """In what another spec differs, as sentences; none where they agree."""
        told = []
        for what, lost in (("only the model reads", (self, other)), ("only the store has", (other, self))):
            for name in ("signs", "tables"):
                if missing := [one for one in getattr(lost[0], name) if one not in getattr(lost[1], name)]:
                    told.append(f"{what} the {name} {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}")
        if not told and self.signs != other.signs:
            told.append("the signs stand in another order")
        if self.recent_months != other.recent_months:
            told.append(f"{self.recent_months} months were recent to the model, {other.recent_months} are to the store")
        return tuple(told)


class OfferShape(Frozen):
    """How much is made of the examples: inverse strength of the L2 penalty, and pairs of signs at the most."""

    strength: float = Field(gt=0.0)
    pairs: int = Field(ge=0)


class Recall(Frozen):
    """Share of take-ups among the first ``k`` offers, with a 95 % bootstrap interval over customers."""

    k: int
    share: float
    low: float
    high: float


class OfferHoldout(Frozen):
    """The hold-out: take-ups of the last months, by what was known before each, ranked after learning on earlier ones.

    ``gains`` are recall of the recommender less that of the other, paired by take-up.
    """

    take_ups: int
    customers: int
    from_month_end: str
    recalls: dict[str, tuple[Recall, ...]]
    gains: dict[str, tuple[Recall, ...]]


class OfferCard(Frozen):
    """Where a recommender comes from: the bank's own history, the hold-out, and whether it may answer.

    ``why_not`` is empty where it may. ``left_out`` counts customers by reason.
    """

    fitted_at: str
    spec: OfferSpec
    shape: OfferShape
    month_ends: tuple[str, str]
    customers: int
    take_ups: int
    by_product: dict[str, int]
    left_out: dict[str, int]
    balances: bool = Field(description="whether balances of the past are known and were learned from")
    holdout: OfferHoldout
    why_not: str = ""
