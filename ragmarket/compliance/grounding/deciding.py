"""What exact comparison and the model's probabilities mean together.

Figures, bounds, conditions and names are the exact comparison's: a model never overrules it there. Where nothing speaks
against a claim but words that the evidence does not use, the model decides. Thresholds were chosen on `eval/claims/dev`
by cross-validation (`eval/grounding.py --calibrate`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.schemas.grounding import GroundingReason

# Below it a model's second look, at several sentences together, may still find more.
ENOUGH = 0.6
Judged = tuple[str, float, list[GroundingReason]]


@dataclass(frozen=True, slots=True)
class Words:
    """The model's probabilities."""

    supported: float
    contradicted: float
    unsupported: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How probable support has to be, by what exact comparison left open.

    Args:
        rooted: One figure is borne out and so is its subject; two figures need no model.
        borne: Figures are borne out, and claim and evidence share a word that is no subject.
        strange: Figures are borne out, but the evidence names no subject of the claim.
        words: No figure; the evidence speaks of the subject in the same sense.
        loose: Turns of phrase are missing, figures are borne out.
        loose_words: Turns of phrase are missing, and there is no figure.
        firm: A subject is missing, figures are borne out.
        firm_words: A subject is missing, and there is no figure.
        refuted: How probable it has to be that the words are not supported, to say so.
    """

    rooted: float = 0.02
    borne: float = 0.02
    strange: float = 0.15
    words: float = 0.2
    loose: float = 0.35
    loose_words: float = 0.9
    firm: float = 0.78
    firm_words: float = 0.93
    refuted: float = 0.55


THRESHOLDS = Thresholds()


def without_model(claim: Statement, found: Outcome) -> Judged:
    """The verdict where concepts alone decide and nothing speaks against the claim."""
    if found.borne and (found.touched or found.figured):
        return "supported", 0.9, found.borne
    if found.best is None and claim.mentions:
        message = "the evidence speaks of nothing that the claim speaks of"
        return "unsupported", 0.06, [GroundingReason(code="subject_absent", message=message)]
    return "not_verified", 0.5, [GroundingReason(code="words", message="nothing to compare exactly")]


def question(found: Outcome) -> str:
    """What exact comparison left open: the name of the threshold that decides, empty where nothing is."""
    if found.firm:
        return "firm" if found.figured else "firm_words"
    if found.faults:
        return "loose" if found.figured else "loose_words"
    if found.figured:
        if sum(one.code == "figure" for one in found.borne) > 1:
            return ""
        return "rooted" if found.rooted else ("borne" if found.touched else "strange")
    return "words" if found.borne else "loose_words"


def with_model(found: Outcome, ask: Callable[[], Words], limits: Thresholds = THRESHOLDS) -> Judged:
    """The verdict where the model may be asked.

    Args:
        found: What exact comparison found: nothing, or nothing but missing words.
        ask: Asks the model.
        limits: The thresholds.
    """
    asked = question(found)
    if not asked:
        return "supported", 0.9, found.borne
    words = ask()
    if words.supported >= getattr(limits, asked):
        reason = GroundingReason(code="model", message=f"the words say the same (probability {words.supported:.2f})")
        return "supported", max(words.supported, 0.5), found.borne or [reason]
    if found.faults:
        return "unsupported", min(words.supported, 0.4), [reason for _, reason in found.faults]
    worst, word = max((words.contradicted, "contradicted"), (words.unsupported, "unsupported"))
    if worst >= limits.refuted:
        reason = GroundingReason(code="model", message=f"the words are {word} (probability {worst:.2f})")
        return word, words.supported, [reason]
    message = f"the words could not be verified (probability of support {words.supported:.2f})"
    return "not_verified", words.supported, [GroundingReason(code="words", message=message)]
