"""A customer as the line may know one: whether it may be addressed at all, and the signals that a prediction reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ragmarket.schemas.base import Frozen


class CustomerView(Frozen):
    """What the published tables say of one customer on one day.

    ``barred`` says why nothing may be predicted or written for this customer (``customer.do_not_disturb`` or
    ``customer.no_consent``), and holds no signal then. ``signals`` fit `ragmarket.signals.features.DEFAULT_SPEC`; none
    of them ever reaches a prompt.
    """

    customer_id: str
    barred: str | None = None
    signals: Mapping[str, Any] = {}
