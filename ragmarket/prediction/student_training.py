"""Training the network that serves: from rows of customers and a teacher's beliefs to a checkpoint with its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.prediction import distillation
from ragmarket.prediction.checkpoint import groups_of, save
from ragmarket.prediction.drift import learn_reference
from ragmarket.prediction.lessons import Beliefs, Row, judged, lesson_of, messages, standing_of_segments
from ragmarket.prediction.offers import fit_offers
from ragmarket.prediction.student import HEADS, Head, Student
from ragmarket.schemas.features import FeatureSpec

Report = Callable[[dict[str, Any]], None]


def train_student(
    folder: Path,
    rows: Mapping[str, Sequence[Row]],
    beliefs: Mapping[str, Beliefs],
    classes: Mapping[str, tuple[str, ...]],
    *,
    spec: FeatureSpec,
    asked: Sequence[str],
    data: Mapping[str, Any],
    trained_on: date,
    seed: int = 0,
    report: Report = lambda _row: None,
) -> dict[str, Any]:
    """Train the network that serves, calibrate and measure it; returns its card.

    Args:
        folder: Receives ``card.json`` and ``weights.npz``.
        rows: Customers' months by part: ``teach`` and ``transfer`` to learn from, ``calibrate``, and ``judge``.
        beliefs: The teacher's, of all but ``calibrate``; of those it learnt from, the fold's that left them out.
        classes: Those of each head but the response.
        spec: The features, without the vocabularies that are learnt here.
        asked: The features that a request usually has.
        data: What the card says of the customers.
        trained_on: The day on which the checkpoint begins to age.
        seed: Of everything random.
        report: Receives rows of progress.

    Raises:
        InvalidInput: The messages of ``calibrate`` do not tell who opens or answers.
    """
    import numpy as np

    from ragmarket.prediction.temporal.student_fitting import (
        Layout,
        StudentPlan,
        fit_student,
        hidden,
        hide,
        readings,
    )

    learning = [*rows["teach"], *rows["transfer"]]
    spec = distillation.with_vocabularies(spec, (row["signals"] for row in learning))
    heads, start = {}, 0
    for name in HEADS:
        found = ("no", "yes") if name == "response" else tuple(classes[name])
        heads[name] = Head(found, start)
        start += len(found)
    vectors = distillation.encoded(spec, [row["signals"] for row in learning])
    report({"rows": len(vectors), "columns": vectors.shape[1]})
    mean, inverse = distillation.scales(spec, vectors)
    # Earlier months know less than half a year: serving is compared with the last one.
    latest = max(row["key"][1] for row in learning)
    reference = learn_reference(spec, vectors[[row["key"][1] == latest for row in learning]])
    plan = StudentPlan(seed=seed)
    flag = np.ones(vectors.shape[1], dtype=np.float32)
    usual = np.array([feature.name in asked for feature in spec.features])
    sizes = {name: len(head.classes) for name, head in heads.items()}
    layout = Layout(tuple(spec.spans.values()), groups_of(spec), sizes, usual, flag)
    blank = Student(heads, groups_of(spec), {"mean": mean, "inverse": inverse})
    lesson = lesson_of(blank, learning, vectors, {**beliefs["teach"], **beliefs["transfer"]})
    del vectors
    others = {
        name: lesson_of(blank, rows[name], distillation.encoded(spec, [row["signals"] for row in rows[name]]), {})
        for name in ("calibrate", "judge")
    }
    arrays, curve = fit_student(layout, lesson, others["calibrate"], plan, report)
    student = Student(heads, groups_of(spec), {**arrays, "mean": mean, "inverse": inverse})

    gaps = np.random.default_rng(seed + 2)
    shown = hide(
        others["calibrate"].z.astype(np.float32), hidden(layout, len(others["calibrate"].z), plan, gaps), layout
    )
    heads = distillation.calibrated(
        heads, readings(student, shown), readings(student, others["calibrate"].z), others["calibrate"].answers
    )
    student = Student(heads, student.groups, student.arrays)
    offers = fit_offers(*messages(spec, student, others["calibrate"], rows["calibrate"]))
    some = np.arange(0, len(lesson.z), max(1, len(lesson.z) // 30_000))
    priors, centres, spread, means = standing_of_segments(student, lesson, some)
    card = {
        "data": dict(data),
        **judged(student, others["judge"], rows["judge"], beliefs["judge"], layout, spec, offers),
        "plan": plan.model_dump(mode="json"),
        "curve": curve,
    }
    report({"held_out": card["held_out"]})
    return save(
        folder, name="customer-student", trained_on=trained_on, spec=spec, student=student, reference=reference,
        priors=priors, centres=centres, spread=spread, means=means, offers=offers, card=card,
    )  # fmt: skip
