"""A block of customers: codes and numbers as they were drawn, hidden ones included, before any table is made of them.

Rows of the long parts carry ``cell``, the customer's place in the block times the number of periods plus the period,
and stand in its order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hidden:
    """What no bank sees; (customers,) but for ``intent`` (customers, periods)."""

    kind: Codes
    segment: Codes
    stage: Codes
    engagement: Codes
    channel: Codes
    timing: Codes
    tolerance: Codes
    intent: Codes


@dataclass(frozen=True, slots=True)
class Standing:
    """Columns that hold for good, (customers,); `holds` is (customers, products), before the first month."""

    age: Codes
    gender: Codes  # -1: not recorded
    income: Codes
    city: Codes
    state: Codes
    language: Codes
    occupation: Codes
    months: Codes  # with the bank
    consent_marketing: Flags
    consent_linking: Flags
    do_not_disturb: Flags
    holds: Flags


@dataclass(frozen=True, slots=True)
class Payments:
    """Transactions that hold information; salaries and instalments follow from the columns and are added later."""

    cell: Codes
    category: Codes
    channel: Codes
    recurring: Flags
    phase: Codes
    amount: Floats
    day: Codes
    minute: Codes


@dataclass(frozen=True, slots=True)
class Visits:
    """Sessions, and their pages in order with ``session`` as row number of the first part."""

    cell: Codes
    intent: Codes
    kind: Codes  # place in SESSION_KINDS
    slot: Codes
    referrer: Codes
    device: Codes
    own_device: Flags
    day: Codes
    minute: Codes
    converted: Codes  # -1: not
    search: Codes  # -1: none
    tiles: Codes  # (sessions, 4), -1: not shown
    clicked: Codes  # -1: none
    session: Codes
    page: Codes  # place in PAGES
    chain: Codes  # place in PRODUCT_PAGES, -1: no product page
    product: Codes  # -1: none
    known: Flags  # who is logged in is known on this page
    dwell: Floats


@dataclass(frozen=True, slots=True)
class Remarks:
    """CRM notes: enquiries with a ``core``, complaints with a ``complaint`` line (-1: the other)."""

    cell: Codes
    intent: Codes  # -1: complaint
    core: Codes
    contact: Flags  # a complaint about being contacted too often
    line: Codes  # of the complaint
    day: Codes
    minute: Codes


@dataclass(frozen=True, slots=True)
class Touches:
    """The month's touch, all (customers, periods); chances are given everything hidden."""

    product: Codes
    channel: Codes
    timing: Codes
    intensity: Codes
    sent: Flags
    opened: Flags
    responded: Flags
    chance: Floats
    product_next: Codes


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive customers, from number ``first`` on."""

    first: int
    hidden: Hidden
    standing: Standing
    holdings: Flags  # (customers, periods, products) at the start of the month
    balance: Floats  # (customers, periods): log INR
    payments: Payments
    visits: Visits
    remarks: Remarks
    touches: Touches

    @property
    def size(self) -> tuple[int, int]:
        """Customers and periods."""
        customers, periods = self.hidden.intent.shape
        return customers, periods
