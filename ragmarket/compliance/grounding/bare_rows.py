"""Table rows cited without their header: which column a figure stands in, and what it is of, is not to be seen.

A row keeps its bars only where nobody read it together with its header; alone, "| Joining fee | 299 | 750 |" bears out
neither figure for any variant, and "| Regular | 1.92% |" says nothing of what is 1.92 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size
from ragmarket.schemas.grounding import GroundingReason

_BAR = "|"
_ABSENT = frozenset({"subject_absent", "wording_absent"})


def headless(claim: Statement, evidence: Sequence[Statement], found: Outcome) -> GroundingReason | None:
    """What keeps rows without a header from bearing a claim out; None where nothing does.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        found: What exact comparison found.
    """
    # Where a cell names its own figure ("Exit load: 0.25%"), nothing is bare.
    rows = [one for one in evidence if one.text.count(_BAR) > 1 and ":" not in one.text]
    if not rows or len(rows) < len(evidence) or any(not one.quantities for one in rows):
        return None
    for row in rows:
        cells = _cells(row)
        for own in claim.quantities:
            at = [place for place, cell in enumerate(cells) if any(same_size(own, there) for there in cell)]
            others = [
                there
                for place, cell in enumerate(cells)
                if place not in at
                for there in cell
                if at and there.kind in {one.kind for one in cells[at[0]]} and not same_size(own, there)
            ]
            if any(not any(same_size(mine, there) for mine in claim.quantities) for there in others):
                message = f"the row holds {own.text} and {others[0].text} without a header that tells them apart"
                return _reason(message, own, row)
    if any(reason.code in _ABSENT for _, reason in found.faults):
        return _reason("the row does not say what its figures are of, and no header is cited", None, rows[0])
    return None


def _cells(row: Statement) -> list[list[Quantity]]:
    """The figures of each cell behind the row's label."""
    bars = [place for place, letter in enumerate(row.text) if letter == _BAR]
    edges = [*([0] if row.text[: bars[0]].strip() else []), *bars, len(row.text)]
    cells = [[one for one in row.quantities if start <= one.start < end] for start, end in pairwise(edges)]
    return [cell for (start, end), cell in zip(pairwise(edges), cells, strict=True) if row.text[start:end].strip(" |")][
        1:
    ]


def _reason(message: str, own: Quantity | None, row: Statement) -> GroundingReason:
    return GroundingReason(
        code="header_absent",
        message=message,
        claim_start=own.start if own else None,
        claim_end=own.end if own else None,
        evidence_index=row.index,
        evidence_start=0,
        evidence_end=len(row.text),
    )
