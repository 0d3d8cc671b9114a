"""The signs by which a claim is decided: what was borne out, what speaks against it, what the model says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.lexicon import Concepts
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import alike

VERSION = 1
FAULTS = (
    "figure_other", "figure_absent", "figure_of_another", "bound", "period", "negation", "polarity", "direction",
    "condition", "condition_dropped", "condition_added", "row", "slab", "exchanged", "name", "name_absent",
    "name_other", "number_absent", "subject_absent", "wording_absent",
)  # fmt: skip
BORNE = ("figure", "figure_in_range", "figure_within", "figure_derived", "words")
MARKS = ("only", "all", "must", "may", "conditions", "higher", "lower", "before", "after")
JUDGED = ("model_supported", "model_contradicted", "model_unsupported")
NAMES = (
    *(f"fault_{code}" for code in FAULTS),
    *(f"borne_{code}" for code in BORNE),
    *(f"claim_{mark}" for mark in MARKS),
    *(f"evidence_{mark}" for mark in MARKS),
    "touched", "rooted", "figures", "figures_open", "topics", "topics_missing", "shared", "shared_there",
    "audience_lost", "audience_added", "claim_denied", "evidence_denied", "evidence_affirmed", "beside_bounds",
    "beside_figures", "statements", "claim_words", "evidence_words", "english", "same_script",
    *(f"{name}_near" for name in JUDGED), *(f"{name}_joined" for name in JUDGED),
)  # fmt: skip
_MOST = 3.0


def signs(
    claim: Statement,
    evidence: Sequence[Statement],
    found: Outcome,
    known: Concepts,
    judged: Sequence[Sequence[float]],
    language: str,
) -> list[float]:
    """One row, in the order of `NAMES`.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        found: What exact comparison found.
        known: The concepts.
        judged: The model's three probabilities by the nearest sentence and by several joined; two rows.
        language: The claim's language.
    """
    faults = Counter(reason.code for _, reason in found.faults)
    borne = Counter(reason.code for reason in found.borne)
    best = found.best or max(evidence, key=lambda one: len(one.concepts & claim.concepts), default=claim)
    topics, audiences = frozenset(known.topic), frozenset(known.audience)
    said = known.closed(frozenset().union(*(one.concepts for one in evidence))) if evidence else frozenset()
    there = known.closed(best.concepts)
    own = claim.concepts
    about = [m for m in claim.mentions if m.ids & (topics | audiences)]
    figures = [q for q in claim.quantities if q.value]
    explained = {(reason.claim_start, reason.claim_end) for reason in found.borne if reason.code.startswith("figure")}
    beside = [q for q in best.quantities if not any(alike(q, mine) for mine in figures)]
    row = [
        *(min(_MOST, faults[code]) for code in FAULTS),
        *(min(_MOST, borne[code]) for code in BORNE),
        *(float(mark in claim.marks) for mark in MARKS),
        *(float(mark in best.marks) for mark in MARKS),
        float(found.touched),
        float(found.rooted),
        min(_MOST, len(figures)),
        min(_MOST, sum((q.start, q.end) not in explained for q in figures)),
        min(4.0, len(about)),
        min(4.0, sum(not m.ids & said for m in about)),
        len(own & said) / len(own) if own else 0.5,
        len(own & there) / len(own) if own else 0.5,
        min(_MOST, len((best.concepts & audiences) - own)),
        min(_MOST, len((own & audiences) - said)),
        float(claim.denied),
        float(any(clause.denied for clause in best.clauses)),
        float(any(not clause.denied for clause in best.clauses)),
        min(_MOST, sum(bool(q.sign or q.edge) for q in beside)),
        min(4.0, len(beside)),
        min(6.0, len(evidence)),
        math.log1p(len(claim.text.split())),
        math.log1p(sum(len(one.text.split()) for one in evidence)),
        float(language == "en"),
        float(claim.text.isascii() == best.text.isascii()),
        *(float(value) for values in judged for value in values),
    ]
    return [float(value) for value in row]
