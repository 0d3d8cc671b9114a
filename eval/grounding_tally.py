"""Verdicts counted against what the writers of the claims meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from eval.intervals import percent, wilson
from ragmarket.compliance.grounding.model.claims import Claim
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.grounding import LABELS, GroundingVerdict

_FLAGS = ("contradicted", "unsupported")


class ClaimTally:
    """Counts.

    Args:
        claims: The claims.
        verdicts: One per claim, in order.
    """

    def __init__(self, claims: Sequence[Claim], verdicts: Sequence[GroundingVerdict]) -> None:
        self._pairs = list(zip(claims, verdicts, strict=True))

    @cached_property
    def languages(self) -> list[str]:
        """The languages, English first."""
        return [one for one in LANGUAGES if any(claim.language == one for claim, _ in self._pairs)]

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds."""
        return sorted({claim.kind for claim, _ in self._pairs})

    def _of(self, language: str | None, kind: str | None) -> list[tuple[Claim, GroundingVerdict]]:
        return [pair for pair in self._pairs if language in (None, pair[0].language) and kind in (None, pair[0].kind)]

    def share(self, label: str, *, language: str | None = None, kind: str | None = None) -> tuple[int, int]:
        """How many claims with a label came out right, and of how many: supported, or flagged where they are not."""
        rows = [verdict.verdict for claim, verdict in self._of(language, kind) if claim.label == label]
        right = ("supported",) if label == "supported" else _FLAGS
        return sum(one in right for one in rows), len(rows)

    def passed(self, label: str) -> tuple[int, int]:
        """How many claims with a label were called supported."""
        rows = [verdict.verdict for claim, verdict in self._pairs if claim.label == label]
        return rows.count("supported"), len(rows)

    def unverified(self, *, language: str | None = None, kind: str | None = None) -> tuple[int, int]:
        """How many claims were left not verified."""
        rows = [verdict.verdict for _, verdict in self._of(language, kind)]
        return rows.count("not_verified"), len(rows)

    def misses(self) -> list[dict[str, Any]]:
        """Every wrong verdict."""
        return [
            {
                "language": claim.language,
                "label": claim.label,
                "kind": claim.kind,
                "verdict": verdict.verdict,
                "score": verdict.score,
                "claim": claim.text,
                "evidence": claim.evidence,
                "reasons": [reason.message for reason in verdict.reasons],
            }
            for claim, verdict in self._pairs
            if (verdict.verdict == "supported") != (claim.label == "supported") or verdict.verdict == "not_verified"
        ]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many claims there are."""
        return {
            "language": dict(Counter(claim.language for claim, _ in self._pairs)),
            "kind": dict(Counter(claim.kind for claim, _ in self._pairs)),
            "label": dict(Counter(claim.label for claim, _ in self._pairs)),
        }

    def as_dict(self) -> dict[str, Any]:
        """All figures, with intervals."""

        def row(hits: int, of: int) -> dict[str, Any]:
            low, high = wilson(hits, of)
            return {"hits": hits, "of": of, "share": hits / of if of else None, "low": low, "high": high}

        def rows(language: str | None = None, kind: str | None = None) -> dict[str, Any]:
            found = {label: row(*self.share(label, language=language, kind=kind)) for label in LABELS}
            return {**found, "not_verified": row(*self.unverified(language=language, kind=kind))}

        return {
            "all": rows(),
            "languages": {one: rows(language=one) for one in self.languages},
            "kinds": {one: rows(kind=one) for one in self.kinds},
            "called_supported": {label: row(*self.passed(label)) for label in LABELS},
        }

    def page(self, times: dict[str, float], missing: Sequence[str]) -> str:
        """One self-contained HTML report."""
        from eval.pages import page, shares_plot, table

        head = ["", "supported recall", "contradicted flagged", "unsupported flagged", "not verified"]
        by_language = [
            [
                name,
                *(percent(*self.share(label, language=only)) for label in LABELS),
                percent(*self.unverified(language=only)),
            ]
            for name, only in (("all", None), *((one, one) for one in self.languages))
        ]
        by_kind = [
            [kind, *(percent(*self.share(label, kind=kind)) for label in LABELS), percent(*self.unverified(kind=kind))]
            for kind in self.kinds
        ]
        plots = [
            shares_plot(label, {one: self.share(label, language=one) for one in self.languages}) for label in LABELS
        ]
        lead = f"{len(self._pairs)} claims; milliseconds a claim: median {times['p50']}, p95 {times['p95']}."
        unmet = [f"<p>not met: {line}</p>" for line in missing]
        return page(
            "Claims against their evidence", lead, [table(head, by_language), *plots, table(head, by_kind), *unmet]
        )
