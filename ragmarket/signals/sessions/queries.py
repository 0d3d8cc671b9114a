"""What visitors type, read by what they do: queries that mean the same take the intent that their visits speak for.

A query that resembles no example leaves its visit without a label, or with a wrong one. Yet visits that typed alike
were for the same thing, and each shows in its pages, weakly, what that was. So queries are grouped by meaning; a
student that learned from other groups reads the pages of a group's visits, words left out; and what they say together
labels, or corrects, the whole group. Reading by students that did not see the group is what confident learning
(Northcutt et al. 2021) does for single rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.sessions import SessionLabel
from ragmarket.signals.sessions.student import Student

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

    Floats = NDArray[np.float64]

Event = Mapping[str, Any]
# Visits of one query are not independent witnesses, and no student is as sure as it says.
_WITNESS = 0.5
# What the resemblance to an example is worth against them: a handful of visits that are sure of something else.
_RESEMBLANCE = 3.0
_FLOOR = -6.0
_MOST = 4_000


def agreed(
    sessions: Mapping[str, Sequence[Event]], hand: Mapping[str, SessionLabel], texts: TextEncoder, *,
    alike: float = 0.75, least: float = 0.8, rounds: int = 2, folds: int = 4, seed: int = 0,
) -> dict[str, SessionLabel]:  # fmt: skip
    """Labels of the sessions whose visitor typed something.

    Args:
        sessions: Events of every session, by id.
        hand: What the queries' resemblance to examples says (see `ragmarket.signals.sessions.labels.from_words`).
        texts: Reads queries.
        alike: Cosine from which two queries are one.
        least: Confidence beneath which a group stays without a label.
        rounds: How often labels are read again with what they became.
        folds: Parts of groups; each part is read by a student of the others.
        seed: Of the parts.

    Returns:
        At least as many labels as can be agreed on; ``hand`` itself where it knows fewer than two intents.
    """
    groups = _groups(sessions, texts, alike)
    where = {session: name for name, own in groups.items() for session in own}
    found = {key: one for key, one in hand.items() if key in sessions}
    for turn in range(rounds):
        part = _parts(groups, found, folds, seed + turn)
        agreed_on: dict[str, SessionLabel] = {}
        for fold in range(folds):
            others = [key for key in found if key not in where or part[where[key]] != fold]
            if len({found[key].intent for key in others}) < 2:
                return dict(hand)
            student, common = _student(sessions, found, others, seed)
            for name in (name for name in groups if part[name] == fold):
                said = [hand[key].intent for key in groups[name] if key in hand]
                if said and Counter(said).most_common(1)[0][0] not in student.intents:
                    # No other query of its intent: nobody could speak for it, so nobody may speak against it.
                    agreed_on |= {key: found[key] for key in groups[name] if key in found}
                    continue
                intent, sure = _verdict(student, common, [sessions[key] for key in groups[name]], said)
                if sure >= least:
                    agreed_on |= {
                        key: SessionLabel(session_id=key, intent=intent, confidence=sure) for key in groups[name]
                    }
        found = agreed_on
    return found


def _parts(
    groups: Mapping[str, Sequence[str]], labels: Mapping[str, SessionLabel], folds: int, seed: int
) -> dict[str, int]:
    """A fold for each group; the groups of one intent are spread over all, so that each is known from the others."""
    import numpy as np

    dice = np.random.default_rng(seed)
    own = {
        name: Counter(labels[key].intent for key in keys if key in labels).most_common(1)
        for name, keys in groups.items()
    }
    order = sorted(groups, key=lambda name: (own[name][0][0] if own[name] else "", dice.random()))
    return {name: place % folds for place, name in enumerate(order)}


def _groups(sessions: Mapping[str, Sequence[Event]], texts: TextEncoder, alike: float) -> dict[str, list[str]]:
    """Sessions by the commonest query of those that mean the same as what was typed first."""
    typed = {key: next((str(row["text"]) for row in rows if row.get("text")), "") for key, rows in sessions.items()}
    counted = Counter(text for text in typed.values() if text)
    order = sorted(counted, key=lambda text: (-counted[text], text))
    if not order:
        return {}
    vectors = texts.embed(order)
    leaders: list[int] = []
    leader: dict[str, str] = {}
    for place, text in enumerate(order):
        if leaders:
            near = vectors[leaders] @ vectors[place]
            best = int(near.argmax())
            if near[best] >= alike:
                leader[text] = order[leaders[best]]
                continue
        leaders.append(place)
        leader[text] = text
    found: dict[str, list[str]] = {}
    for key, text in typed.items():
        if text:
            found.setdefault(leader[text], []).append(key)
    return found


def _student(
    sessions: Mapping[str, Sequence[Event]], labels: Mapping[str, SessionLabel], keys: Sequence[str], seed: int
) -> tuple[Student, Floats]:
    """A student of these sessions, and how common it found each intent (logarithms)."""
    import numpy as np

    if len(keys) > _MOST:
        keys = [keys[place] for place in np.random.default_rng(seed).choice(len(keys), _MOST, replace=False)]
    names, sure = [labels[key].intent for key in keys], [labels[key].confidence for key in keys]
    student = Student.fit([sessions[key] for key in keys], names, sure, seed=seed)
    weight = np.array([sum(w for n, w in zip(names, sure, strict=True) if n == one) for one in student.intents])
    return student, np.log(weight / weight.sum())


def _verdict(
    student: Student, common: Floats, visits: Sequence[Sequence[Event]], resembles: Sequence[str]
) -> tuple[str, float]:
    import numpy as np

    total = np.zeros(len(student.intents))
    for events in visits:
        chances, _ = student.scores([{**row, "text": None} for row in events if row["page"] != "search"])
        total += _WITNESS * (np.maximum(np.log(np.maximum(chances, 1e-12)), _FLOOR) - common)
    for intent, count in Counter(resembles).items():
        if intent in student.intents:
            total[student.intents.index(intent)] += _RESEMBLANCE * count / len(visits)
    power = np.exp(total - total.max())
    best = int(power.argmax())
    return student.intents[best], float(power[best] / power.sum())
