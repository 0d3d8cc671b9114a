"""No customer's data in a marketing text."""

from __future__ import annotations

from ragmarket.personal_data import find_identifiers
from ragmarket.schemas.compliance import Finding

AUTHORITY = "Digital Personal Data Protection Act 2023; RBI directions on customer data"
# A branch's IFSC is the bank's own, but in a message it most often stands beside somebody's account.
REVIEWED = frozenset({"IFSC"})


def check_personal_data(text: str) -> tuple[Finding, ...]:
    """Identifiers of persons in ``text``, in any script's digits. The message names the kind, never the value."""
    return tuple(
        Finding(
            rule=f"personal_data.{kind.split()[0].lower().replace('-', '')}",
            severity="review" if kind in REVIEWED else "block",
            message=f"the text holds an {kind}" if kind in REVIEWED else f"the text seems to hold a person's {kind}",
            start=start,
            end=end,
            authority=AUTHORITY,
        )
        for kind, start, end in find_identifiers(text)
    )
