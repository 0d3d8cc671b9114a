"""Whose visit was it? Links between sessions before login and customers, only where the customer agreed.

Deterministic first: a login in the session, a click id that a campaign gave to one customer, a device on which one
customer and no other was ever seen. Where several customers share a device, a logistic model over what it compares
(days since, hour of day, products, pages, referrer) decides; it learns from visits with a login whose login is hidden.
A customer who did not agree is never linked, and nothing about them is returned or kept: their logins count only as a
reason not to give a visit on their device to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput
from ragmarket.schemas.sessions import SessionLink

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_NEEDED = ("session_id", "event", "device_id", "at", "page")
_CLUES = ("nearness", "visits", "hour", "products", "pages", "referrer", "device")
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Linking:
    """What was found.

    Attributes:
        links: One per linked session, in the order of session ids.
        unlinked: How many sessions stay without one, for whatever reason.
    """

    links: tuple[SessionLink, ...]
    unlinked: int


@dataclass(frozen=True, slots=True)
class _Visit:
    session: str
    device: str
    start: float
    hour: float
    owners: frozenset[str]
    click: str | None
    products: Mapping[str, float]
    pages: Mapping[str, float]
    referrer: str
    kind: str

    @property
    def owner(self) -> str | None:
        """Who logged in, where exactly one customer did."""
        return next(iter(self.owners)) if len(self.owners) == 1 else None


class Linker:
    """Links sessions to customers.

    Args:
        least: Probability beneath which a session on a shared device stays unlinked.
    """

    def __init__(self, *, least: float = 0.8) -> None:
        self.least = least
        self._weights: NDArray[np.float64] | None = None

    def link(
        self,
        events: pl.DataFrame,
        consent: Mapping[str, bool],
        clicks: Mapping[str, str] | None = None,
    ) -> Linking:
        """Link what may be linked.

        Args:
            events: Session events with ``device_id`` and ``at``; ``click_id`` is read where it stands.
            consent: Whether each customer agreed to linking; who is not listed did not.
            clicks: The customer to whom each click id was sent.

        Raises:
            InvalidInput: A needed column is missing.
        """
        visits = _visits(events)
        agreed = {customer for customer, yes in consent.items() if yes}
        sent = {click: customer for click, customer in (clicks or {}).items() if customer in agreed}
        own: dict[str, list[_Visit]] = {}
        for visit in visits:
            if visit.owners:
                own.setdefault(visit.device, []).append(visit)
        self._learn(visits, own, agreed)
        links = []
        for visit in visits:
            found = self._owner(visit, own.get(visit.device, []), agreed, sent)
            if found is not None:
                links.append(found)
        return Linking(tuple(links), len(visits) - len(links))

    def _owner(
        self, visit: _Visit, seen: Sequence[_Visit], agreed: set[str], sent: Mapping[str, str]
    ) -> SessionLink | None:
        def made(customer: str, evidence: Any, probability: float) -> SessionLink:
            return SessionLink(
                session_id=visit.session, customer_id=customer, evidence=evidence, probability=probability
            )

        if visit.owner is not None:
            return made(visit.owner, "login", 1.0) if visit.owner in agreed else None
        if visit.click in sent:
            return made(sent[visit.click], "click", 1.0)  # type: ignore[index]
        if visit.owners:
            # Two customers logged in one after the other: the visit is neither's for certain.
            return None
        people = sorted({person for one in seen for person in one.owners})
        if len(people) == 1:
            # Others may use the device without ever logging in: how sure this is is measured, not assumed.
            return made(people[0], "device", self._alone(seen)) if people[0] in agreed else None
        if len(people) > 1 and self._weights is not None:
            chances = self._chances(visit, seen, people)
            best = max(people, key=lambda one: chances[one])
            if chances[best] >= self.least and best in agreed:
                return made(best, "behaviour", chances[best])
        return None

    @staticmethod
    def _alone(seen: Sequence[_Visit]) -> float:
        """Rule of succession: the chance that the next visit is the only customer's too, after so many that were."""
        return (len(seen) + 1) / (len(seen) + 2)

    def _chances(self, visit: _Visit, seen: Sequence[_Visit], people: Sequence[str]) -> dict[str, float]:
        import numpy as np

        table = np.array([_clues(visit, [one for one in seen if person in one.owners]) for person in people])
        scores = table @ self._weights
        power = np.exp(scores - scores.max())
        return dict(zip(people, (power / power.sum()).tolist(), strict=True))

    def _learn(self, visits: Sequence[_Visit], own: Mapping[str, list[_Visit]], agreed: set[str]) -> None:
        """A conditional logit over the customers of a device, on visits with a login, each told from all others.

        Only customers who agreed teach it.
        """
        import numpy as np
        from scipy.optimize import minimize

        cases: list[tuple[NDArray[np.float64], int]] = []
        for visit in visits:
            if visit.owner not in agreed:
                continue
            seen = [one for one in own.get(visit.device, []) if one.session != visit.session and one.owner in agreed]
            people = sorted({one.owner for one in seen if one.owner})
            if len(people) > 1 and visit.owner in people:
                table = np.array([_clues(visit, [one for one in seen if one.owner == person]) for person in people])
                cases.append((table, people.index(visit.owner)))
        if len(cases) < 30:
            self._weights = None
            return

        def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            total, slope = 0.05 * float(weights @ weights), 0.1 * weights
            for table, right in cases:
                scores = table @ weights
                power = np.exp(scores - scores.max())
                power /= power.sum()
                total -= float(np.log(max(power[right], 1e-12)))
                slope = slope + power @ table - table[right]
            return total / len(cases), slope / len(cases)

        self._weights = minimize(loss, np.zeros(len(_CLUES)), jac=True, method="L-BFGS-B").x


def _clues(visit: _Visit, seen: Sequence[_Visit]) -> list[float]:
    """What a visit has in common with what a customer did on the device, in the order of `_CLUES`."""
    import math

    def overlap(mine: Mapping[str, float], theirs: Sequence[Mapping[str, float]]) -> float:
        total: dict[str, float] = {}
        for one in theirs:
            for name, value in one.items():
                total[name] = total.get(name, 0.0) + value
        norm = math.hypot(*mine.values()) * math.hypot(*total.values()) if mine and total else 0.0
        return sum(value * total.get(name, 0.0) for name, value in mine.items()) / norm if norm else 0.0

    near = min(abs(visit.start - one.start) for one in seen) / _DAY_S
    hours = [math.cos(2 * math.pi * (visit.hour - one.hour) / 24) for one in seen]
    # What was on somebody's mind lasts days, not months.
    recent = sorted(seen, key=lambda one: abs(one.start - visit.start))[:5]
    return [
        math.exp(-near / 3),
        math.log(len(seen)),
        sum(hours) / len(hours),
        overlap(visit.products, [one.products for one in recent]),
        overlap(visit.pages, [one.pages for one in recent]),
        sum(one.referrer == visit.referrer for one in seen) / len(seen),
        sum(one.kind == visit.kind for one in seen) / len(seen),
    ]


def _visits(events: pl.DataFrame) -> list[_Visit]:
    import polars as pl

    if missing := [name for name in _NEEDED if name not in events.columns]:
        raise InvalidInput(f"session events: columns are missing: {', '.join(missing)}")
    wanted = ("customer_id", "click_id", "product", "referrer", "device")
    names = [*_NEEDED, *(one for one in wanted if one in events.columns)]
    words = [name for name in names if name not in ("event", "at")]
    table = events.select(names).sort("session_id", "event").with_columns(pl.col(words).cast(pl.String))
    found: list[_Visit] = []
    for rows in _grouped(table):
        first = rows[0]
        products: dict[str, float] = {}
        pages: dict[str, float] = {}
        for row in rows:
            pages[row["page"]] = pages.get(row["page"], 0.0) + 1.0
            if row.get("product"):
                products[row["product"]] = products.get(row["product"], 0.0) + 1.0
        owners = frozenset(str(row["customer_id"]) for row in rows if row.get("customer_id"))
        at = first["at"]
        found.append(
            _Visit(
                session=first["session_id"],
                device=first["device_id"],
                start=at.timestamp(),
                hour=at.hour + at.minute / 60,
                owners=owners,
                click=next((row["click_id"] for row in rows if row.get("click_id")), None),
                products=products,
                pages=pages,
                referrer=first.get("referrer") or "",
                kind=first.get("device") or "",
            )
        )
    return found


def _grouped(table: pl.DataFrame) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dicts():
        found.setdefault(row["session_id"], []).append(row)
    return list(found.values())
