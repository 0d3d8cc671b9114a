"""How well does the writer name segments, label sessions and choose rewrites, on combinations it never saw?

Every share stands beside what a guess would reach: the most frequent answer, and a random one that the grammar admits.
Much is not left to the writer: the parts of a segment's name, the statistics told and the closed fields follow from
rules over the statistics, a session's label is one of the intents that its posterior leaves plausible, and a rewrite
is one of the nearest. Where the random choice does as well, the share says what the rules decide, nothing of the
writer. For sessions the best that anybody could reach is computed from the generative process itself (its exact
posterior). The data are the project's own teachers, so the figures say how well they are met, not how well they fit a
bank.

    python eval/tasks.py                       # the configured writer, 200 examples per task
    python eval/tasks.py --model DIR --count 50 --json out.json
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.shares import Share, Tally, tables
from ragmarket.errors import UndecodableOutput
from ragmarket.generation.tasks.behaviour import Behaviour, SessionLabeller
from ragmarket.generation.tasks.rewrites import TrainedRewriter, load_rewrites, near
from ragmarket.generation.tasks.segments import Profile, SegmentNamer, name_parts
from ragmarket.generation.tasks.sessions import SessionLabel
from ragmarket.generation.writer.rewrite_examples import RewriteSampler, flagged_sentences
from ragmarket.generation.writer.task_examples import SegmentSampler, SessionSampler
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.profiles import FIELDS, UNCLEAR, Profiles, load_profiles, load_sessions
from ragmarket.protocols import Engine

MAJORITY_FROM = 2_000


def _kept(sampler: Any, count: int, seed: int, *, held_out: bool = True) -> Iterator[Any]:
    """The first ``count`` samples of the held-out combinations, or of the others."""
    rng = random.Random(seed)
    while count:
        found = sampler.sample(rng)
        if found[-1].held_out == held_out:
            count -= 1
            yield found


def _told(profile: Profile | None) -> tuple[str, ...]:
    return tuple(item.cite for item in profile.statements) if profile else ()


def measure_segments(engine: Engine, profiles: Profiles, *, count: int, seed: int = 7) -> dict[str, Share]:
    """Name, statements and closed fields on held-out segments.

    Args:
        engine: The writer.
        profiles: The catalogue.
        count: How many segments.
        seed: Of the segments.

    Returns:
        ``name`` (adjective and noun are those of the foremost statistics), ``statements`` (exactly the foremost
        statistics are told, in order), and per field ``<field>`` (value and evidence as the rules decide), with
        ``name:random`` and ``<field>:majority``. An answer that cannot be read misses everything. The teacher is a
        function of the prompt, so the best that anybody could reach is all of them.
    """
    sampler, namer, tally = SegmentSampler(profiles), SegmentNamer(engine, profiles), Tally()
    dice = random.Random(seed + 1)
    common = _common_choices(sampler)
    for task, _ in _kept(sampler, count, seed):
        try:
            profile: Profile | None = namer.describe(task)
        except UndecodableOutput:
            profile = None
        adjectives, nouns = sampler.parts(task)
        apt = {f"{adjective} {noun}" for adjective in adjectives for noun in nouns}
        tally.add("name", profile is not None and profile.name in apt)
        tally.add("name:random", " ".join(dice.choice(part) for part in name_parts(task, profiles)) in apt)
        wanted = tuple(item.id for item in sampler.told(task))
        tally.add("statements", _told(profile) == wanted)
        for field, choice in sampler.choices(task).items():
            tally.add(field, profile is not None and profile.fields[field] == choice)
            tally.add(f"{field}:majority", common[field] == choice.value)
    return tally.shares()


def _common_choices(sampler: SegmentSampler) -> dict[str, str]:
    rng, seen = random.Random(0), {field: Counter[str]() for field in FIELDS}
    for _ in range(MAJORITY_FROM):
        for field, choice in sampler.choices(sampler.task(rng)).items():
            seen[field][choice.value] += 1
    return {field: counter.most_common(1)[0][0] for field, counter in seen.items()}


def bayes_sessions(behaviour: Behaviour, *, count: int, seed: int = 7) -> Share:
    """How often the likeliest intent under the exact posterior is the true one: no labeller can do better."""
    sampler, rng, hits = SessionSampler(behaviour), random.Random(seed), 0
    for _ in range(count):
        session, intent = sampler.session(rng)
        posterior = behaviour.posterior(session)
        hits += max(posterior, key=lambda name: posterior[name]) == intent
    return Share(hits, count)


def measure_sessions(engine: Engine, behaviour: Behaviour, *, count: int, seed: int = 7) -> dict[str, Share]:
    """Labels on held-out sessions.

    Args:
        engine: The writer.
        behaviour: The generative process.
        count: How many sessions.
        seed: Of the sessions.

    Returns:
        ``agreement`` and ``confidence`` (the same label, and the same confidence, as the Bayes-optimal labeller's),
        ``because`` (of the events cited, those that the posterior's best label rests on), ``answered`` (not unclear),
        ``truth`` (the intent that the session was drawn with; unclear counts as wrong) with ``truth:bayes`` (the
        optimal labeller with the same right to be unclear), ``truth:bayes-always`` (without it), ``truth:majority``
        and ``truth:random``.
    """
    sampler, labeller, tally = SessionSampler(behaviour), SessionLabeller(engine, behaviour), Tally()
    dice = random.Random(seed + 1)
    majority = max(behaviour.priors, key=lambda name: behaviour.priors[name])
    for session, intent, best, _ in _kept(sampler, count, seed):
        try:
            found: SessionLabel | None = labeller.label(session)
        except UndecodableOutput:
            found = None
        posterior = behaviour.posterior(session)
        tally.add("agreement", found is not None and found.label == best.label)
        tally.add("confidence", found is not None and found.confidence == best.confidence)
        for id_ in found.because if found else ():
            tally.add("because", id_ in best.because)
        tally.add("answered", found is not None and found.label != UNCLEAR)
        tally.add("answered:bayes", best.label != UNCLEAR)
        tally.add("truth", found is not None and found.label == intent)
        tally.add("truth:bayes", best.label == intent)
        tally.add("truth:bayes-always", max(posterior, key=lambda name: posterior[name]) == intent)
        tally.add("truth:majority", majority == intent)
        tally.add("truth:random", dice.choice(sorted(behaviour.plausible(session)) or [UNCLEAR]) == intent)
    return tally.shares()


def measure_rewrites(
    engine: Engine, sampler: RewriteSampler, *, count: int, seed: int = 7, held_out: bool = True
) -> dict[str, Share]:
    """Rewrites of held-out flagged sentences that leave a choice.

    Args:
        engine: The writer.
        sampler: Flagged sentences and the rules' lawful ones.
        count: How many sentences; those with one lawful sentence are drawn but not counted.
        seed: Of the sentences.
        held_out: Whether to take sentences that training never sees (else those that it does).

    Returns:
        ``nearest`` (the lawful sentence that shares most with the flagged one), also per tongue as ``nearest/hi``, with
        ``nearest:random`` and ``nearest:first`` (always the first that is kept); nothing when no sentence is held out.
    """
    tally, dice = Tally(), random.Random(seed + 1)
    rewriter = TrainedRewriter(engine, sampler.rewrites)
    if not any(example.held_out == held_out and len(task.choices) > 1 for task, example in sampler.every()):
        return {}
    for task, example in _kept(sampler, count, seed, held_out=held_out):
        if len(task.choices) == 1:
            continue
        wanted = json.loads(example.completion)["text"]
        try:
            found = rewriter.rewrite(task.tongue, task.product_class, task.rule, task.sentence)
        except UndecodableOutput:
            found = None
        tally.add("nearest", found == wanted)
        tally.add(f"nearest/{task.tongue}", found == wanted)
        tally.add("nearest:random", dice.choice(near(task.sentence, task.choices)) == wanted)
        tally.add("nearest:first", task.choices[0] == wanted)
    return tally.shares()


def measure_tasks(engine: Engine, *, count: int, seed: int = 7) -> dict[str, dict[str, Share]]:
    """All tasks with the shipped knowledge; rewriting only when it holds lawful sentences and flagged ones."""
    behaviour = Behaviour(load_sessions(load_angles()))
    found = {
        "segment": measure_segments(engine, load_profiles(), count=count, seed=seed),
        "session": measure_sessions(engine, behaviour, count=count, seed=seed),
    }
    rewrites = load_rewrites()
    if flagged := flagged_sentences(rewrites):
        found["rewrite"] = measure_rewrites(engine, RewriteSampler(rewrites, flagged), count=count, seed=seed)
    return found


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a writer's folder (default: the configured engine)")
    parser.add_argument("--count", type=int, default=200, help="examples per task (default %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the examples (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write all figures there")
    arguments = parser.parse_args()
    if arguments.model:
        from ragmarket.generation.engines.embedded import EmbeddedEngine

        engine: Engine = EmbeddedEngine(arguments.model)
    else:
        from ragmarket.bootstrap import build
        from ragmarket.settings import read_settings

        engine = build(read_settings()).engine
    found = measure_tasks(engine, count=arguments.count, seed=arguments.seed)
    out = Console()
    for table in tables(found):
        out.print(table)
    if arguments.json:
        body = {task: {name: share.as_dict() for name, share in own.items()} for task, own in found.items()}
        arguments.json.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
