"""From match weights to a verdict: what may be linked without a person looking, and what may not.

A household shares a surname, a roof, a telephone and sometimes a mailbox. The weights take fields for independent, so
such pairs score high; therefore a link needs evidence of the person (`person_evidence`), and a contradiction about the
person (`contradiction`) sends the pair to a reviewer or keeps it apart, whatever the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ragmarket.errors import InvalidInput
from ragmarket.schemas.identity import FieldEvidence, PairVerdict
from ragmarket.signals.identity.model import COMPARISONS, LEVELS

SILENT = -1
OTHER_PAN = "two different PANs"
# Places in `model.LEVELS`.
_SAME_NAME, _WHOLE_NAME, _LIKE_NAME = frozenset((0, 1)), frozenset((0, 1, 2)), frozenset((3, 4, 5))
_PART_AND_ALIKE, _ONE_PART, _OTHER_NAME = 6, 7, 8
_SAME_BIRTH, _SAME_YEAR, _OTHER_BIRTH = frozenset((0, 1, 2)), 4, 5
_OTHER_GENDER, _OTHER_PAN = 1, 2
_SAME_MAILBOX = frozenset((0, 2))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Match weights in bits (log2 odds): 3 is a probability of .89, 0 an even chance.

    Raises:
        InvalidInput: Pairs would be linked before they were worth a review.
    """

    link: float = 3.0
    review: float = -1.0

    def __post_init__(self) -> None:
        if not self.review <= self.link:
            raise InvalidInput(
                f"thresholds: review ({self.review:g} bits) lies above link ({self.link:g} bits)",
                hint="Pairs between the two wait for a person.",
            )


def level(row: Mapping[str, Any], field: str) -> int:
    """How far down its list of levels a field stands, 0 the best; `SILENT` when a record does not say."""
    gamma = row[f"gamma_{field}"]
    return SILENT if gamma is None or gamma < 0 else len(LEVELS[field]) - 1 - int(gamma)


def contradiction(row: Mapping[str, Any]) -> str | None:
    """What of a pair cannot well be true of one person, in words; None when nothing is."""
    name, born, number, gender = (level(row, field) for field in ("name", "birth_date", "pan", "gender"))
    if number == _OTHER_PAN:
        return OTHER_PAN
    if number != SILENT:
        return None
    if born == _OTHER_BIRTH or (born == _SAME_YEAR and name not in _SAME_NAME):
        return "different dates of birth"
    if name == _OTHER_NAME:
        return "different names"
    if name == _ONE_PART:
        return "names that share one part only"
    if gender == _OTHER_GENDER and name not in _SAME_NAME:
        return "different genders"
    return None


def person_evidence(row: Mapping[str, Any]) -> bool:
    """Whether something that a family does not share agrees."""
    name, born, number = (level(row, field) for field in ("name", "birth_date", "pan"))
    if number != SILENT and number != _OTHER_PAN:
        return True
    if name in _WHOLE_NAME:
        return True
    own = level(row, "phone") == 0 or level(row, "email") in _SAME_MAILBOX
    if name in _LIKE_NAME:
        return born in _SAME_BIRTH or own
    # Brothers share a part and sound alike otherwise; only a birthday tells them from one person with a slip.
    return name == _PART_AND_ALIKE and born in _SAME_BIRTH and own


def verdict(row: Mapping[str, Any], thresholds: Thresholds) -> tuple[PairVerdict, str]:
    """What to do with a scored pair, and why, in words."""
    weight = row["match_weight"]
    against = contradiction(row)
    if against == OTHER_PAN:
        return "apart", against
    if weight < thresholds.review:
        return "apart", f"the fields together speak against it ({weight:.1f} bits)"
    if against:
        return ("review" if weight >= thresholds.link else "apart"), against
    if weight < thresholds.link:
        return "review", f"not enough evidence for a link ({weight:.1f} of {thresholds.link:.1f} bits)"
    if not person_evidence(row):
        return "review", "only what a household shares agrees"
    return "link", f"the fields together speak for it ({weight:.1f} bits)"


def fields(row: Mapping[str, Any]) -> tuple[FieldEvidence, ...]:
    """Each field's part of the weight, in words, the strongest first."""
    found = []
    for field in COMPARISONS:
        place = level(row, field)
        if place == SILENT:
            found.append(FieldEvidence(field=field, weight=0.0, says="not recorded in both"))
            continue
        weight = float(row.get(f"mw_{field}") or 0.0)
        rare = float(row.get(f"mw_tf_adj_{field}") or 0.0)
        says = LEVELS[field][place]
        if abs(rare) >= 1.0:
            says += ", a rare one" if rare > 0 else ", a common one"
        found.append(FieldEvidence(field=field, weight=round(weight + rare, 2), says=says))
    return tuple(sorted(found, key=lambda one: -abs(one.weight)))
