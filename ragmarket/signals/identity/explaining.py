"""A scored pair in words: what each field says for or against one person, and what was made of it."""

from __future__ import annotations

from math import log2
from typing import Any

from ragmarket.schemas.identity import LinkDecision, PairExplanation
from ragmarket.signals.identity import evidence


def explain(row: dict[str, Any], prior: float, decision: LinkDecision | None = None) -> PairExplanation:
    """One scored pair in words.

    Args:
        row: Of `Resolution.pairs`.
        prior: Of the resolution.
        decision: What a person said of the pair.
    """
    return PairExplanation(
        left=row["left"],
        right=row["right"],
        weight=round(row["match_weight"], 2),
        probability=round(row["match_probability"], 6),
        prior=round(prior, 2),
        verdict=row["verdict"],
        reason=row["reason"],
        evidence=evidence.fields(row),
        decision=decision.decision if decision else None,
    )


def prior_of(settings: dict[str, Any]) -> float:
    """Log2 odds that two random records are one person, of a trained model's JSON."""
    share = float(settings["probability_two_random_records_match"])
    return log2(share / (1 - share))


def pair_lines(pair: PairExplanation) -> list[str]:
    """A pair as lines of text, for a terminal."""
    lines = [
        f"{pair.left} · {pair.right}: {pair.verdict} ({pair.reason})",
        f"  {pair.weight:+.1f} bits, probability {pair.probability:.3f}; before any field {pair.prior:+.1f} bits",
    ]
    lines += [f"  {one.weight:+6.1f}  {one.field}: {one.says}" for one in pair.evidence]
    if pair.decision:
        lines.append(f"  decided: {pair.decision}")
    return lines
