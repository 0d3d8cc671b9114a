"""Who answers a touch: what is believed of a customer against what was sent, as a chain of two lines and as trees.

A message is opened if it comes through the channel and at the time that is liked, as often as is welcome; it is
answered if its product is wanted. Both are products of a belief and a touch, which a line can weigh and trees must
guess at. How somebody answered earlier, beyond what was to be expected, tells how ready they are to act at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ragmarket.prediction.alimn.companions import Companion, Line, fit_companion
from ragmarket.prediction.calibration import sigmoid
from ragmarket.prediction.temporal.reader import Reader
from ragmarket.prediction.temporal.sequences import Sequences

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_TREES = {"learning_rate": 0.05}
_HISTORY = ("sent", "opened", "responded", "same product", "same product responded")


@dataclass(frozen=True, slots=True)
class Scene:
    """Cells with their beliefs, rows (n * T, ·): what is known before each touch is answered."""

    opening: Floats
    answering: Floats
    plain: Floats
    sent: Flags
    opened: Flags
    responded: Flags
    periods: int

    def take(self, rows: npt.NDArray[np.int64]) -> Scene:
        """Some rows; whole customers."""
        parts: dict[str, Any] = {
            name: getattr(self, name)[rows] for name in ("opening", "answering", "plain", "sent", "opened", "responded")
        }
        return Scene(**parts, periods=self.periods)


def scene(
    reader: Reader,
    sequences: Sequences,
    beliefs: Mapping[str, Floats],
    classes: Mapping[str, Sequence[str]],
    *,
    matches: bool = True,
) -> Scene:
    """Rows for both lines and for the trees.

    Args:
        reader: Names the columns and the touches' codes.
        sequences: n customers over T months.
        beliefs: (n, T, classes) of each head.
        classes: Their names.
        matches: Whether beliefs are multiplied with what was sent; else all stands side by side.
    """
    cells = int(np.prod(sequences.size))
    names = list(reader.names)
    columns = sequences.columns.reshape(cells, -1)
    known = {name: values.reshape(cells, -1) for name, values in beliefs.items()}
    touch = {name: sequences.touch[..., place].ravel() for place, name in enumerate(reader.codes)}
    sent = {name: np.eye(len(values))[touch[name]] for name, values in reader.codes.items()}
    activity = columns[:, [names.index(one) for one in (*reader.months, *_HISTORY)]]
    common = [activity, *([known["segment"]] if "segment" in known else [])]
    aside = [columns, *known.values(), *sent.values()]
    fits = {
        name: (known[name] @ _same(classes[name], values) * sent[name]).sum(axis=1, keepdims=True)
        for name, values in reader.codes.items()
        if name in known
    }
    opening = [*common, *(fits[name] for name in ("channel", "timing") if name in fits)]
    if "intensity" in known:
        opening.append(_crossed(known["intensity"], sent["intensity"]))
    held = np.zeros((cells, 1))
    for place, name in enumerate(reader.codes["product"]):
        if f"holds_{name}" in names:
            held[:, 0] += columns[:, names.index(f"holds_{name}")] * sent["product"][:, place]
    answering = [*common, held, sent["product"]]
    if "product" in fits:
        answering.append(fits["product"])
    if "intent" in known:
        answering.append(_crossed(known["intent"], sent["product"]))
    plain = np.hstack([*aside, *fits.values(), held] if matches else aside)
    return Scene(
        np.hstack(opening), np.hstack(answering), plain, sequences.sent.ravel(), sequences.opened.ravel(),
        sequences.responded.ravel(), sequences.size[1],
    )  # fmt: skip


def _same(classes: Sequence[str], codes: Sequence[str]) -> Floats:
    return np.array([[float(one == other) for other in codes] for one in classes])


def _crossed(belief: Floats, sent: Floats) -> Floats:
    return np.asarray((belief[:, :, None] * sent[:, None, :]).reshape(len(belief), -1))


@dataclass(frozen=True, slots=True)
class Responder:
    """``first``, ``second``: the lines of opening and answering, without and with the surplus; ``trees`` on it all."""

    first: tuple[Line, Line]
    second: tuple[Line, Line] | None
    trees: Companion

    def logits(self, scene: Scene) -> dict[str, Floats]:
        """Log odds of a response (n * T,) by the chain and by the trees; trees alone without a chain."""
        if self.second is None:
            return {"trees": self.trees.logits(scene.plain)}
        surplus = _surplus(scene, self.first)
        parts = [line.logits(np.hstack([rows, surplus])) for line, rows in
                 zip(self.second, (scene.opening, scene.answering), strict=True)]  # fmt: skip
        rows = np.hstack([scene.plain, surplus, np.stack(parts, axis=1)])
        return {"chain": _both(*parts), "trees": self.trees.logits(rows)}


def fit_responder(scene: Scene, watched: Scene, seed: int, *, chain: bool = True) -> Responder:
    """Fit on scenes whose beliefs were made without their own answers.

    Args:
        scene: Rows to learn from.
        watched: Rows for stopping the trees.
        seed: Of the trees.
        chain: False: trees alone, on what stands side by side.
    """
    extra, extra_watched = [], []
    first: tuple[Line, Line] | None = None
    second: tuple[Line, Line] | None = None
    if chain:
        first = _lines(scene, scene.opening, scene.answering)
        surplus = _surplus(scene, first)
        second = _lines(scene, np.hstack([scene.opening, surplus]), np.hstack([scene.answering, surplus]))
        extra, extra_watched = [_extra(one, first, second) for one in (scene, watched)]
    rows, rows_watched = np.hstack([scene.plain, *extra]), np.hstack([watched.plain, *extra_watched])
    trees = fit_companion(
        "trees",
        rows[scene.sent],
        scene.responded[scene.sent].astype(np.float64),
        (rows_watched[watched.sent], watched.responded[watched.sent].astype(np.float64)),
        seed,
        options=_TREES,
    )
    nothing = Line(np.zeros(0), 0.0)
    return Responder(first or (nothing, nothing), second, trees)


def _extra(scene: Scene, first: tuple[Line, Line], second: tuple[Line, Line]) -> list[Floats]:
    surplus = _surplus(scene, first)
    parts = [
        line.logits(np.hstack([rows, surplus]))[:, None]
        for line, rows in zip(second, (scene.opening, scene.answering), strict=True)
    ]
    return [surplus, *parts]


def _lines(scene: Scene, opening: Floats, answering: Floats) -> tuple[Line, Line]:
    pairs = ((opening, scene.sent, scene.opened, 1.0), (answering, scene.opened, scene.responded, 0.3))
    found = [
        fit_companion("linear", rows[seen], goal[seen].astype(np.float64), None, 0, options={"C": strength})
        for rows, seen, goal, strength in pairs
    ]
    assert isinstance(found[0], Line)  # noqa: S101
    assert isinstance(found[1], Line)  # noqa: S101
    return found[0], found[1]


def _surplus(scene: Scene, lines: tuple[Line, Line]) -> Floats:
    """(n * T, 2): messages opened, and opened ones answered, in earlier months, beyond what was expected."""
    pairs = (
        (lines[0].logits(scene.opening), scene.sent, scene.opened),
        (lines[1].logits(scene.answering), scene.opened, scene.responded),
    )
    found = []
    for logits, seen, goal in pairs:
        more = (seen * (goal - sigmoid(logits))).reshape(-1, scene.periods)
        found.append((more.cumsum(axis=1) - more).ravel())
    return np.stack(found, axis=1)


def _both(opened: Floats, answered: Floats) -> Floats:
    chance = np.clip(sigmoid(opened) * sigmoid(answered), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(chance / (1 - chance)))
