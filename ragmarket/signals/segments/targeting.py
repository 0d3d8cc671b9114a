"""Whom a campaign may address, and why not: noise, since a segment forced on it misdirects, and whoever said no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ragmarket.schemas.segments import CustomerSegment, TargetedCustomer
from ragmarket.signals.customers import DO_NOT_DISTURB, NO_CONSENT

NOISE_RULE = "segment.noise"
REASONS = {
    NOISE_RULE: "behaves like no segment closely enough",
    DO_NOT_DISTURB: "stands on the do-not-disturb register",
    NO_CONSENT: "did not agree to marketing",
}


def why_not(noise: bool, barred: str | None, *, noise_too: bool = False) -> tuple[str, ...]:
    """The rules against addressing a customer; none where it may be.

    Args:
        noise: Whether the customer is noise.
        barred: The rule by which the bank may not address the customer, as `CustomerBook.barred` gives it.
        noise_too: Whether noise was asked for; consent and the register bind all the same.
    """
    own = (NOISE_RULE,) if noise and not noise_too else ()
    return (*own, *([barred] if barred else ()))


def targeting(
    found: Iterable[CustomerSegment], barred: Mapping[str, str], *, noise_too: bool = False
) -> tuple[TargetedCustomer, ...]:
    """Assigned customers, each with whether a campaign may address it and why not."""
    told = ((one, why_not(one.noise, barred.get(one.customer_id), noise_too=noise_too)) for one in found)
    return tuple(TargetedCustomer(**one.model_dump(), may_be_targeted=not rules, why_not=rules) for one, rules in told)


def counted(rules: Iterable[tuple[str, ...]]) -> tuple[int, dict[str, int]]:
    """How many may be addressed, and how many not by each rule; a customer may break several."""
    listed = list(rules)
    broken = Counter(rule for one in listed for rule in one)
    return sum(not one for one in listed), {rule: broken[rule] for rule in REASONS if broken[rule]}
