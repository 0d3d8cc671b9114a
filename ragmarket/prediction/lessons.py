"""Rows of customers as lessons for the network that serves, and what is measured on those it never met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.prediction.distillation import MISSING, figures, priors
from ragmarket.prediction.offers import OFFER, OfferLines, Scene
from ragmarket.prediction.student import SKETCHY

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.student import Student
    from ragmarket.prediction.temporal.student_fitting import Layout, Lesson
    from ragmarket.schemas.features import FeatureSpec

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

# ``key`` (customer, period), ``signals``, ``answers`` by head (None where not known), and of the month's message what
# was ``offered``, by part, and whether it was ``opened``.
Row = Mapping[str, Any]
Beliefs = Mapping[tuple[str, int], Mapping[str, Any]]


def lesson_of(
    blank: Student,
    rows: Sequence[Row],
    vectors: npt.NDArray[np.float16],
    beliefs: Beliefs,
) -> Lesson:
    """Rows as the network reads them.

    Args:
        blank: Names the heads and standardises.
        rows: Customers' months.
        vectors: (n, C) theirs, as the spec encodes them.
        beliefs: The teacher's, of those whom it did not learn from.
    """
    import numpy as np

    from ragmarket.prediction.temporal.student_fitting import Lesson as Made

    z = np.empty_like(vectors)
    for start in range(0, len(z), 4096):
        z[start : start + 4096] = blank.standardise(vectors[start : start + 4096])
    answers, soft = {}, {}
    for name, head in blank.heads.items():
        places: dict[str | None, int] = {value: place for place, value in enumerate(head.classes)}
        answers[name] = np.array([places.get(row["answers"][name], MISSING) for row in rows], dtype=np.int64)
        if beliefs:
            nobody = np.full(len(head.classes), np.nan, dtype=np.float32)
            soft[name] = np.stack([beliefs.get(row["key"], {}).get(name, nobody) for row in rows])
    return Made(z, answers, soft)


def standing_of_segments(
    student: Student, lesson: Lesson, some: Indices
) -> tuple[dict[str, Floats], Floats, Floats, Floats]:
    """Priors, centres in the trunk, spread around them, and mean features of segments, by customers' chances."""
    import numpy as np

    z = lesson.z[some].astype(np.float32)
    read = [student.read(part) for part in np.array_split(z, max(1, len(z) // 4096))]
    segment = np.concatenate([student.chances(one.logits, np.zeros(len(one.trunk), bool))["segment"] for one in read])
    trunk = np.concatenate([one.trunk for one in read])
    weight = segment / segment.sum(axis=0, keepdims=True)
    told = {name: codes[some] for name, codes in lesson.answers.items()}
    centres = weight.T @ trunk
    spread = np.sqrt(((trunk - centres[segment.argmax(axis=1)]) ** 2).mean(axis=0)) + 1e-3
    return priors(segment, told, student.heads), centres, spread, weight.T @ z


def messages(
    spec: FeatureSpec, student: Student, lesson: Lesson, rows: Sequence[Row]
) -> tuple[Scene, Indices, Flags, Flags]:
    """Messages that were sent: the scene before each, what was offered, whether it was opened, whether answered."""
    import numpy as np

    from ragmarket.prediction.temporal.student_fitting import readings

    sent = np.array([place for place, row in enumerate(rows) if row["answers"]["response"] is not None])
    z = lesson.z[sent].astype(np.float32)
    chances = student.chances(readings(student, z), np.zeros(len(z), dtype=bool))
    offered = [
        [student.heads[name].classes.index(rows[place]["offered"][name]) for name in OFFER] for place in sent.tolist()
    ]
    opened = np.array([rows[place]["opened"] for place in sent.tolist()])
    answered = np.array([rows[place]["answers"]["response"] == "yes" for place in sent.tolist()])
    return Scene.of(spec, student.heads, chances, z), np.array(offered), opened, answered


def judged(
    student: Student,
    lesson: Lesson,
    rows: Sequence[Row],
    beliefs: Beliefs,
    layout: Layout,
    spec: FeatureSpec,
    offers: OfferLines,
) -> dict[str, Any]:
    """Of customers nobody learnt from: by tables, by what a request tells, by standing alone, and the teacher's."""
    import numpy as np

    from ragmarket.prediction.temporal.student_fitting import hide, readings

    people = np.unique([row["key"][0] for row in rows], return_inverse=True)[1]
    z = lesson.z.astype(np.float32)
    count = len(layout.features)
    groups = {
        "held_out": np.zeros(count, dtype=bool),
        "held_out_request": ~layout.asked,
        "held_out_standing": np.arange(count) >= 13,
    }
    found: dict[str, Any] = {}
    for name, mask in groups.items():
        seen = hide(z, np.tile(mask, (len(z), 1)), layout) if mask.any() else z
        sketchy = np.full(len(z), mask.mean() > SKETCHY)
        found[name] = figures(student.chances(readings(student, seen), sketchy), lesson.answers, people)
    met, offered, _, answered = messages(spec, student, lesson, rows)
    yes = offers.chances(met, offered)
    sent = np.array([row["answers"]["response"] is not None for row in rows])
    chances = {"response": np.stack([1 - yes, yes], axis=1)}
    known = figures(chances, {"response": answered.astype(np.int64)}, people[sent])
    found["held_out_offer_known"] = known
    taught = {name: np.stack([beliefs[row["key"]][name] for row in rows]) for name in student.heads}
    found["teacher"] = figures(taught, lesson.answers, people)
    found["kept_of_the_teachers_auc"] = {
        name: round((known.get(name) or found["held_out"][name])["roc_auc"] / found["teacher"][name]["roc_auc"], 4)
        for name in student.heads
    }
    return found
