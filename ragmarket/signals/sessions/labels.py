"""Labels from several hands: put together, held against one another, and spread to sessions that nobody labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ragmarket.schemas.sessions import OTHER, SessionLabel

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.knowledge.profiles import Sessions as Vocabularies
    from ragmarket.schemas.sessions import Taxonomy
    from ragmarket.signals.sessions.telling import SearchKinds

# A kind of search speaks for an intent where the intent holds this share of the kind's weight.
_CLEAR = 0.6


def from_words(
    events: pl.DataFrame, vocabularies: Vocabularies, kinds: SearchKinds, taxonomy: Taxonomy
) -> dict[str, SessionLabel]:
    """Labels of the sessions whose visitor typed what they want: the kind of search, and the intent that it belongs to.

    Args:
        events: Session events.
        vocabularies: Which intent makes which kind of search, from ``sessions.yaml``.
        kinds: Reads queries.
        taxonomy: The intents in force.
    """
    import polars as pl

    weights: dict[str, Counter[str]] = {}
    for intent, behaviour in vocabularies.intents.items():
        for kind, weight in behaviour.searches.items():
            weights.setdefault(kind, Counter())[intent] += weight  # type: ignore[assignment]
    meaning: dict[str, tuple[str, float]] = {}
    for kind, found in weights.items():
        intent, weight = found.most_common(1)[0]
        share = weight / sum(found.values())
        if share >= _CLEAR and taxonomy.resolve(intent) != OTHER:
            meaning[kind] = (taxonomy.resolve(intent), share)
    asked = events.filter(pl.col("text").is_not_null()).select("session_id", "text").rows()
    read = kinds.of([text for _, text in asked])
    labels: dict[str, SessionLabel] = {}
    for session, text in asked:
        if read[text] in meaning:
            intent, share = meaning[read[text]]
            labels[session] = SessionLabel(session_id=session, intent=intent, confidence=0.9 * share)
    return labels


def together(passes: Sequence[Mapping[str, SessionLabel]], *, least: float = 0.5) -> dict[str, SessionLabel]:
    """One label per session from several hands: the intent with the greatest sum of confidences.

    Args:
        passes: Labels by session from each hand.
        least: Confidence beneath which a session stays without a label.

    Returns:
        Labels whose confidence is the sum's share of all that was said, at most the greatest single one.
    """
    found: dict[str, SessionLabel] = {}
    for session in dict.fromkeys(key for one in passes for key in one):
        said = [one[session] for one in passes if session in one]
        votes: Counter[str] = Counter()
        for label in said:
            votes[label.intent] += label.confidence  # type: ignore[assignment]
        intent, weight = votes.most_common(1)[0]
        if weight <= 0:
            continue
        sure = weight / sum(votes.values()) * max(label.confidence for label in said if label.intent == intent)
        if intent != OTHER and sure >= least:
            because = tuple(dict.fromkeys(event for label in said if label.intent == intent for event in label.because))
            found[session] = SessionLabel(session_id=session, intent=intent, confidence=sure, because=because)
    return found


def calibrated(
    hand: Mapping[str, SessionLabel], reference: Mapping[str, str], *, least: int = 20
) -> dict[str, SessionLabel]:
    """A hand's labels with confidences that are what they say.

    A confidence becomes how often the hand, where it states that confidence, agrees with one that is trusted
    more. A model that is sure and wrong loses its say, one that is right keeps it, and no truth is needed.

    Args:
        hand: Labels to calibrate.
        reference: Intents by session from the trusted hand.
        least: Sessions in common beneath which a stated confidence is not believed at all.
    """
    stated = {label.confidence for label in hand.values()}
    rates: dict[float, float] = {}
    for level in stated:
        own = [key for key, label in hand.items() if label.confidence == level and key in reference]
        hits = sum(hand[key].intent == reference[key] for key in own)
        rates[level] = hits / len(own) if len(own) >= least else 0.0
    return {key: label.model_copy(update={"confidence": rates[label.confidence]}) for key, label in hand.items()}


def agreement(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[float, float, int]:
    """Cohen's kappa of two hands, the share of equal labels, and on how many sessions.

    Returns:
        NaN, NaN and 0 where they labelled nothing in common.
    """
    both = [key for key in first if key in second]
    if not both:
        return float("nan"), float("nan"), 0
    equal = sum(first[key] == second[key] for key in both) / len(both)
    left, right = Counter(first[key] for key in both), Counter(second[key] for key in both)
    chance = sum(left[name] * right[name] for name in left) / len(both) ** 2
    return (equal - chance) / (1 - chance) if chance < 1 else 1.0, equal, len(both)


def nearest_centroid(
    vectors: NDArray[np.float32], ids: Sequence[str], labels: Mapping[str, str], *, folds: int = 5, seed: int = 0
) -> dict[str, str]:
    """What the vectors alone say of the labelled sessions: the intent of the nearest mean, of means made without them.

    Args:
        vectors: Shape (sessions, width).
        ids: Sessions in the order of the rows.
        labels: Intents of some of them.
        folds: How many parts are left out in turn.
        seed: Of the parts.
    """
    import numpy as np

    rows = np.array([row for row, id_ in enumerate(ids) if id_ in labels], dtype=np.int64)
    if not len(rows):
        return {}
    scaled = (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-6)
    names = np.array([labels[ids[row]] for row in rows])
    part = np.random.default_rng(seed).integers(0, folds, len(rows))
    found: dict[str, str] = {}
    for number in range(folds):
        inside = part == number
        known = [name for name in sorted(set(names)) if ((names == name) & ~inside).any()]
        if not known:
            continue
        means = np.stack([scaled[rows[(names == name) & ~inside]].mean(axis=0) for name in known])
        far = ((scaled[rows[inside]][:, None] - means[None]) ** 2).sum(axis=2)
        for row, place in zip(rows[inside], far.argmin(axis=1), strict=True):
            found[ids[row]] = known[place]
    return found


def coverage_drift(before: Sequence[str], after: Sequence[str]) -> dict[str, float]:
    """How the taxonomy covers two spans of time: the share of ``other`` in each, and the stability index of all shares.

    The population stability index is the sum of (p - q) ln(p / q) over the intents; .1 is worth a look, .25 a refit.
    """
    import math

    left, right = Counter(before), Counter(after)
    index = 0.0
    names = {*left, *right}
    for name in names:
        p = (left[name] + 0.5) / (len(before) + 0.5 * len(names))
        q = (right[name] + 0.5) / (len(after) + 0.5 * len(names))
        index += (p - q) * math.log(p / q)
    return {
        "other_before": left[OTHER] / max(len(before), 1),
        "other_after": right[OTHER] / max(len(after), 1),
        "psi": index,
    }
