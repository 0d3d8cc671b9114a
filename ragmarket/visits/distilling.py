"""One student of all hands, and how far the hands agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.sessions import SessionLabel, Taxonomy

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.knowledge.profiles import Sessions as Vocabularies

LEAST = 0.35


def distil(
    events: pl.DataFrame,
    taxonomy: Taxonomy,
    known: Vocabularies,
    kinds: Any,
    first: Mapping[str, SessionLabel],
    second: Mapping[str, SessionLabel],
    vectors: NDArray[np.float32],
    ids: Sequence[str],
) -> tuple[Any, dict[str, Any]]:
    """A student of all hands, and how far they agree.

    The language model's confidences are set to how often it agrees with what visitors typed themselves.

    Args:
        events: All sessions.
        taxonomy: The intents.
        known: Vocabularies.
        kinds: Reads queries.
        first: The language model's labels.
        second: Its labels at the second look.
        vectors: Shape (sessions, width).
        ids: Sessions in the order of the vectors.

    Returns:
        The student and the card.
    """
    import polars as pl

    from ragmarket.signals.sessions import labels as hands
    from ragmarket.signals.sessions.events import checked
    from ragmarket.signals.sessions.features import by_session
    from ragmarket.signals.sessions.queries import agreed
    from ragmarket.signals.sessions.student import Student

    resolved = {key: one.model_copy(update={"intent": taxonomy.resolve(one.intent)}) for key, one in first.items()}
    columns = [name for name in ("page", "product", "referrer", "device", "tile_clicked") if name in events.columns]
    rows = by_session(checked(events).with_columns(pl.col(columns).cast(pl.String)).to_dicts())
    words = agreed(rows, hands.from_words(events, known, kinds, taxonomy), kinds.texts)
    typed = {key: one.intent for key, one in words.items()}
    model_says = {key: one.intent for key, one in resolved.items()}
    trusted = hands.calibrated(resolved, typed)
    joined = hands.together([words, trusted])
    labelled = [key for key in joined if key in rows]
    student = Student.fit(
        [rows[key] for key in labelled],
        [joined[key].intent for key in labelled],
        [joined[key].confidence for key in labelled],
        least=LEAST,
    )
    final = {key: student.label(own)[0] for key, own in rows.items()}
    central = hands.nearest_centroid(vectors, ids, {key: one.intent for key, one in joined.items()})
    start = (
        checked(events).group_by("session_id").agg(pl.col("at").min()).sort("at") if "at" in events.columns else None
    )
    order = start["session_id"].to_list() if start is not None else list(rows)
    half = len(order) // 2

    def told(pair: tuple[float, float, int]) -> dict[str, float | int]:
        return {"kappa": round(pair[0], 4), "equal": round(pair[1], 4), "sessions": pair[2]}

    shares: dict[str, int] = {}
    for intent in final.values():
        shares[intent] = shares.get(intent, 0) + 1
    card = {
        "sessions": len(rows),
        "labelled_by_model": len(resolved),
        "labelled_by_words": len(words),
        "learned_from": len(labelled),
        "taxonomy": taxonomy.version,
        "shares": {name: round(count / len(final), 4) for name, count in sorted(shares.items())},
        "other": round(shares.get("other", 0) / len(final), 4),
        "agreement": {
            "model, two looks": told(
                hands.agreement(model_says, {k: taxonomy.resolve(v.intent) for k, v in second.items()})
            ),
            "model and visitors' words": told(hands.agreement(model_says, typed)),
            "labels and nearest centroid": told(hands.agreement({k: v.intent for k, v in joined.items()}, central)),
            "labels and student": told(hands.agreement({k: v.intent for k, v in joined.items()}, final)),
        },
        "drift": hands.coverage_drift([final[key] for key in order[:half]], [final[key] for key in order[half:]]),
    }
    return student, card
