"""Training examples of the tasks beyond drafting: segments described, sessions labelled; `task_samplers` has them all.

The teachers are readable: the rules of `profiles.yaml` and the exact posterior of the process that `sessions.yaml`
describes. Each example's key names the combination by which it is held
out.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from ragmarket.generation.tasks.behaviour import Behaviour
from ragmarket.generation.tasks.rewrites import load_rewrites
from ragmarket.generation.tasks.segments import (
    Choice,
    build_segment_prompt,
    name_parts,
    statement_text,
    supported,
    told,
)
from ragmarket.generation.tasks.sessions import (
    MAX_EVENTS,
    MIN_EVENTS,
    NONE,
    Event,
    Session,
    SessionLabel,
    build_session_prompt,
)
from ragmarket.generation.tasks.statistics import MAX_STATEMENTS, MAX_STATISTICS, SegmentTask, Statistic
from ragmarket.generation.writer.examples import Example, Sampler, compact
from ragmarket.generation.writer.rewrite_examples import RewriteSampler, flagged_sentences
from ragmarket.knowledge.angles import Angles
from ragmarket.knowledge.profiles import (
    DIRECTIONS,
    FIELDS,
    Direction,
    FieldName,
    Profiles,
    load_profiles,
    load_sessions,
)

# How often a field's rule is made to hold, so that rules that ask for two statistics are seen as often as others.
PLANTED = 0.45
DIRECTION_WEIGHTS = (4, 4, 2)
TASK_SHARES = {"segment": 0.12, "session": 0.12, "rewrite": 0.08}


def pick(rng: random.Random, weights: Mapping[str, float]) -> str:
    """One name, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


class SegmentSampler:
    """Segments with random statistics, described by the catalogue's words and rules.

    Args:
        profiles: The catalogue.
    """

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def task(self, rng: random.Random) -> SegmentTask:
        """A segment: typical statistics stand behind those that set it apart, as measured ones do."""
        kinds = self._profiles.statistics
        wanted: dict[str, Direction] = {}
        for field in FIELDS:
            if rng.random() < PLANTED:
                for kind, side in rng.choice(self._profiles.fields[field].rules).when.items():
                    wanted.setdefault(kind, side)
        count = rng.randint(3, MAX_STATISTICS)
        chosen = list(wanted)[:count]
        chosen += rng.sample([kind for kind in kinds if kind not in wanted], max(0, count - len(chosen)))
        ordinary = rng.random() < 0.02
        directions: dict[str, Direction] = {
            kind: "typical" if ordinary else wanted.get(kind) or rng.choices(DIRECTIONS, DIRECTION_WEIGHTS)[0]
            for kind in chosen
        }
        rng.shuffle(chosen)
        chosen.sort(key=lambda kind: directions[kind] == "typical")
        statistics = tuple(Statistic(f"S{at}", kind, directions[kind]) for at, kind in enumerate(chosen, start=1))
        return SegmentTask(statistics, rng.randint(1, MAX_STATEMENTS))

    def parts(self, task: SegmentTask) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names a copywriter would take: an adjective of the first statistic that lends one, a noun of the next."""
        return name_parts(task, self._profiles)

    def told(self, task: SegmentTask) -> tuple[Statistic, ...]:
        """The statistics to tell: those furthest from everybody; the first typical one when all are typical."""
        return told(task)

    def choices(self, task: SegmentTask) -> dict[FieldName, Choice]:
        """The closed fields as the rules decide them."""
        return {field: supported(task, self._profiles, field)[0] for field in FIELDS}

    def answer(self, rng: random.Random, task: SegmentTask) -> str:
        """The profile that a copywriter would write."""
        adjectives, nouns = self.parts(task)
        statements = [
            {
                "cite": item.id,
                "fact": item.body,
                "text": statement_text(item, rng.choice(self._profiles.statistics[item.kind].phrases[item.direction])),
            }
            for item in self.told(task)
        ]
        fields = {name: {"value": one.value, "cites": list(one.cites)} for name, one in self.choices(task).items()}
        return compact({"name": f"{rng.choice(adjectives)} {rng.choice(nouns)}", "statements": statements} | fields)

    def key(self, task: SegmentTask) -> str:
        """The two foremost statistics with their directions, in either order."""
        front = sorted(f"{item.kind}:{item.direction}" for item in task.statistics[:2])
        return f"segment/{'/'.join(front)}"

    def sample(self, rng: random.Random) -> tuple[SegmentTask, Example]:
        """A segment and its example."""
        task = self.task(rng)
        return task, Example(build_segment_prompt(task), self.answer(rng, task), "en", self.key(task))

    def draw(self, rng: random.Random) -> Example:
        """One segment and its profile."""
        return self.sample(rng)[-1]


class SessionSampler:
    """Sessions drawn from the process of `sessions.yaml`, labelled by its exact posterior.

    Args:
        behaviour: The process.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    def session(self, rng: random.Random) -> tuple[Session, str]:
        """A session and the intent that it was drawn with."""
        process = self.behaviour
        intent = pick(rng, process.priors)
        other = rng.choice([name for name in process.intents if name != intent])
        noise, distraction = process.sessions.noise, process.sessions.distraction
        events = []
        for _ in range(rng.randint(MIN_EVENTS, MAX_EVENTS)):
            whose = rng.choices([None, other, intent], [noise, distraction, 1 - noise - distraction])[0]
            events.append(self._event(rng, whose))
        referrer = pick(rng, process.habits[intent].referrers)
        return Session(pick(rng, process.devices), referrer, tuple(events)), intent

    def _event(self, rng: random.Random, intent: str | None) -> Event:
        process = self.behaviour
        habit = process.anybody if intent is None else process.habits[intent]
        page, tile = pick(rng, habit.pages), pick(rng, process.tiles)
        shown = habit if tile == "clicked" else process.anybody
        return Event(
            page=page,
            dwell=pick(rng, habit.dwell),
            product=pick(rng, habit.products) if page in process.sessions.product_pages else None,
            tile=tile,
            tile_product=pick(rng, shown.products) if tile != NONE else None,
            search=pick(rng, habit.searches),
        )

    def answer(self, label: SessionLabel) -> str:
        """A label as the writer writes it."""
        return compact({"label": label.label, "confidence": label.confidence, "because": list(label.because)})

    def key(self, session: Session, label: SessionLabel) -> str:
        """The label with the pages, products and searches of the events that speak for it, in any order."""
        events = dict(zip(session.ids, session.events, strict=True))
        spoken = sorted({f"{one.page}:{one.product}:{one.search}" for one in (events[id_] for id_ in label.because)})
        return f"session/{label.label}/{'/'.join(spoken or sorted(one.page for one in session.events))}"

    def sample(self, rng: random.Random) -> tuple[Session, str, SessionLabel, Example]:
        """A session, the intent that it was drawn with, its best label and its example."""
        session, intent = self.session(rng)
        label = self.behaviour.best_label(session)
        example = Example(build_session_prompt(session), self.answer(label), "en", self.key(session, label))
        return session, intent, label, example

    def draw(self, rng: random.Random) -> Example:
        """One session and its label."""
        return self.sample(rng)[-1]


def task_samplers(angles: Angles) -> list[tuple[Sampler, float]]:
    """The samplers of all tasks with their shares of a mixture; rewriting only when there are sentences to learn from.

    Raises:
        BadKnowledge: A knowledge file is wrong.
    """
    parts: list[tuple[Sampler, float]] = [
        (SegmentSampler(load_profiles()), TASK_SHARES["segment"]),
        (SessionSampler(Behaviour(load_sessions(angles))), TASK_SHARES["session"]),
    ]
    rewrites = load_rewrites()
    if flagged := flagged_sentences(rewrites):
        parts.append((RewriteSampler(rewrites, flagged), TASK_SHARES["rewrite"]))
    return parts
