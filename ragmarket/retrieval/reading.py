"""From a unit and what was read in it to evidence; the seam between cutting documents and reading facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Condition, DocumentVersion, Evidence, Figure, Slot


class UnitReading(Protocol):
    """What the reading of facts says of one unit (``facts.Reading``)."""

    @property
    def kind(self) -> str | None:
        """Id of the kind of fact, or None."""
        ...

    @property
    def kind_score(self) -> float:
        """How sure the kind is."""
        ...

    @property
    def phrasable(self) -> bool:
        """Whether a phrasing of the kind says no more and no less."""
        ...

    @property
    def why_not(self) -> str | None:
        """Why it is not phrasable."""
        ...

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures of the unit."""
        ...

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Figures in their roles; slots are named S0a, S0b and so on."""
        ...

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Qualifications that the words must carry."""
        ...


class UnitReader(Protocol):
    """Reads facts from units (``facts.FactReader``)."""

    def read(
        self, units: Sequence[Unit], product_class: str | None, language: str, names: Sequence[str] = ()
    ) -> Sequence[UnitReading]:
        """One reading per unit, in order."""
        ...


def names_of(version: DocumentVersion) -> tuple[str, ...]:
    """What a document calls itself, its product and its bank."""
    return tuple(name for name in (version.title, version.product_name, version.issuer) if name)


def evidence_of_unit(unit: Unit, reading: UnitReading, version: DocumentVersion) -> Evidence:
    """Evidence under the stand-in id S0; what a regulation says is never a fact to be put into words."""
    rule = version.kind == "regulatory"
    return Evidence(
        id="S0",
        doc_id=version.doc_id,
        version=version.version,
        sha256=version.sha256,
        title=version.title,
        product_code=version.product_code,
        doc_kind=version.kind,
        start=unit.start,
        end=unit.end,
        quote=unit.quote,
        context=unit.context,
        text=unit.view,
        kind=None if rule else reading.kind,
        kind_score=0.0 if rule else round(float(reading.kind_score), 6),
        phrasable=reading.phrasable and not rule,
        figures=tuple(reading.figures),
        slots=() if rule else tuple(reading.slots),
        conditions=() if rule else tuple(reading.conditions),
        why_not="a rule is never put into words" if rule else reading.why_not,
    )
