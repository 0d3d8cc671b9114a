"""What the `sessions` commands do: fit vectors, make the taxonomy, label visits, link them to customers.

A folder is either one that `ragmarket simulate` wrote or the feature tables that `ragmarket signals publish` wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.errors import InvalidInput, UndecodableOutput
from ragmarket.schemas.sessions import Proposal, SessionLabel, SessionReading, Taxonomy, ToldSession
from ragmarket.studies import tables

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.knowledge.profiles import Sessions as Vocabularies
    from ragmarket.protocols import TextEncoder
    from ragmarket.signals.sessions.linking import Linking
    from ragmarket.signals.sessions.model import SessionModel

Note = Callable[[str], None]
Progress = Callable[[str, int, int], None]
LEAST = 0.35
SURE = {"high": 0.95, "medium": 0.75, "low": 0.5}


class KeptTexts:
    """The house's sentence encoder, each different text read once and kept between runs.

    Args:
        encoder: Reads texts.
        folder: Where vectors are kept; None keeps them in memory.
    """

    def __init__(self, encoder: TextEncoder, folder: Path | None = None) -> None:
        from ragmarket.signals.segments.vectors import NarrativeVectors

        self._encoder = encoder
        self._vectors = NarrativeVectors(encoder, folder)

    @property
    def name(self) -> str:
        """The encoder's name."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """The encoder's fingerprint."""
        return self._encoder.fingerprint

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, width)."""
        return self._vectors.of(list(texts))


def home(house: House) -> Path:
    """Where session models, the taxonomy and links are kept."""
    return house.settings.home / "sessions"


def texts(house: House) -> KeptTexts:
    """The reader of queries and definitions."""
    return KeptTexts(house.encoder, home(house) / "texts")


def vocabularies() -> Vocabularies:
    """The closed words of sessions and the seed intents."""
    from ragmarket.knowledge.angles import load_angles
    from ragmarket.knowledge.profiles import load_sessions

    return load_sessions(load_angles())


def fit_vectors(
    house: House, folder: Path | None, note: Note, *, epochs: int | None = None, contrast: float = 0.0, seed: int = 0
) -> dict[str, Any]:
    """Learn session vectors from events alone and keep the encoder; a killed run goes on.

    Args:
        house: Gives the sentence encoder and the home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.
        epochs: Passes over the sessions.
        contrast: Weight of the contrastive loss.
        seed: Of everything random.

    Returns:
        The encoder's card.
    """
    from ragmarket.signals.sessions.encoder import SessionEncoder
    from ragmarket.signals.sessions.pretraining import PretrainingConfig

    events = tables(house, folder).read("session_events")
    note(f"reading {events['session_id'].n_unique():,} sessions, {events.height:,} events")
    plan = PretrainingConfig(contrast=contrast, seed=seed)
    if epochs is not None:
        plan = plan.model_copy(update={"epochs": epochs})
    checkpoint = home(house) / "encoder.checkpoint.pt"
    encoder = SessionEncoder.fit(
        events,
        texts(house),
        lambda row: note(f"epoch {row['epoch']:.0f} of {plan.epochs}: loss {row['loss']:.3f}"),
        plan=plan,
        checkpoint=checkpoint,
    )
    encoder.save(home(house))
    checkpoint.unlink(missing_ok=True)
    return encoder.card


class WriterHand:
    """Labels told sessions with the project's own writer, on the task that it was trained for.

    Args:
        house: Gives the engine.
        known: The vocabularies.
    """

    def __init__(self, house: House, known: Vocabularies) -> None:
        from ragmarket.generation.tasks.behaviour import Behaviour, SessionLabeller

        self._labeller = SessionLabeller(house.engine, Behaviour(known))

    def label(self, session_id: str, session: ToldSession, *, seed: int = 0) -> SessionLabel | None:
        """The writer's label; None where it cannot tell."""
        from ragmarket.generation.tasks.sessions import Event, Session
        from ragmarket.knowledge.profiles import UNCLEAR

        events = tuple(Event(**event.model_dump()) for event in session.events)
        found = self._labeller.label(Session(session.device, session.referrer, events), seed=seed)
        if found.label == UNCLEAR:
            return None
        return SessionLabel(
            session_id=session_id, intent=found.label, confidence=SURE[found.confidence], because=found.because
        )


def label_all(
    hand: Any, told: Mapping[str, ToldSession], progress: Progress, *, what: str = "labelling", seed: int = 0
) -> dict[str, SessionLabel]:
    """What one hand says of every told session; an answer that cannot be read is left out."""
    found: dict[str, SessionLabel] = {}
    for done, (session_id, session) in enumerate(told.items(), start=1):
        try:
            label = hand.label(session_id, session, seed=seed)
        except UndecodableOutput:
            label = None
        if label is not None:
            found[session_id] = label
        progress(what, done, len(told))
    return found


def without_last(told: Mapping[str, ToldSession], least: int = 3) -> dict[str, ToldSession]:
    """The sessions without their last event, where enough remain: a second look at the same visits."""
    return {
        id_: one.model_copy(update={"events": one.events[:-1]}) for id_, one in told.items() if len(one.events) > least
    }


def make_taxonomy(
    house: House, folder: Path | None, note: Note, progress: Progress, *, sample: int = 400, seed: int = 0
) -> dict[str, Any]:
    """Propose, merge, label, measure agreement, distil; keeps the taxonomy and the student.

    Without a configured server the project's own writer labels, on its closed task; a configured language model
    proposes intents in its own words first and then labels with the taxonomy's definitions.

    Args:
        house: Gives engine, encoder and home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.
        progress: Receives task, done and total.
        sample: Sessions shown to the language model.
        seed: Of the sample.

    Returns:
        The model's card: coverage, agreement, shares.

    Raises:
        ModelMissing: No vectors were fitted.
    """
    import polars as pl

    from ragmarket.signals.sessions.asking import EngineLabeller, EngineProposer
    from ragmarket.signals.sessions.book import TaxonomyBook
    from ragmarket.signals.sessions.encoder import SessionEncoder
    from ragmarket.signals.sessions.model import SessionModel
    from ragmarket.signals.sessions.sampling import diverse
    from ragmarket.signals.sessions.taxonomy import build_taxonomy
    from ragmarket.signals.sessions.telling import SearchKinds, tell

    reader, known = texts(house), vocabularies()
    encoder = SessionEncoder.load(home(house), reader)
    events = tables(house, folder).read("session_events")
    ids, vectors = encoder.embed(events)
    chosen = [ids[place] for place in diverse(vectors, sample, seed=seed)]
    kinds = SearchKinds(reader, known.queries)
    told = tell(events.filter(pl.col("session_id").is_in(chosen)), known, kinds)
    seeds = {name: one.definition for name, one in known.intents.items()}
    groups = {name: (group.about, group.intents) for name, group in known.groups.items()}
    served = house.settings.generation.base_url
    proposals: list[Proposal] = []
    hand: Any
    if served:
        proposer, names = EngineProposer(house.engine), list(seeds)
        for done, one in enumerate(told.values(), start=1):
            try:
                proposals.append(proposer.propose(one, names, seed=seed + done))
            except UndecodableOutput:
                continue
            names = list(dict.fromkeys([*names, proposals[-1].name]))[:40]
            progress("proposing", done, len(told))
    else:
        hand = WriterHand(house, known)
        first = label_all(hand, told, progress)
        proposals = [Proposal(name=one.intent, definition=seeds[one.intent]) for one in first.values()]
    author = (house.settings.generation.model or "a served model") if served else "ragmarket-writer"
    taxonomy = build_taxonomy(proposals, seeds, reader, groups=groups or None, written_by=author)
    taxonomy = TaxonomyBook(home(house)).write(taxonomy)
    if served:
        hand = EngineLabeller(house.engine, taxonomy)
        first = label_all(hand, told, progress)
    again = without_last(told)
    second = label_all(hand, again, progress, what="labelling again", seed=seed + 1)
    model, card = distil(events, taxonomy, known, kinds, first, second, vectors, ids)
    card = {**card, "told": len(told), "proposals": len(proposals), "labelled_by": taxonomy.written_by}
    SessionModel(model, taxonomy, encoder, card).save(home(house))
    note(f"taxonomy version {taxonomy.version}: {len(taxonomy.intents)} intents in {len(taxonomy.groups)} groups")
    return card


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
    from ragmarket.signals.sessions.student import Student

    resolved = {key: one.model_copy(update={"intent": taxonomy.resolve(one.intent)}) for key, one in first.items()}
    words = hands.from_words(events, known, kinds, taxonomy)
    typed = {key: one.intent for key, one in words.items()}
    model_says = {key: one.intent for key, one in resolved.items()}
    trusted = hands.calibrated(resolved, typed)
    joined = hands.together([words, trusted])
    columns = [name for name in ("page", "product", "referrer", "device", "tile_clicked") if name in events.columns]
    rows = by_session(checked(events).with_columns(pl.col(columns).cast(pl.String)).to_dicts())
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


def session_model(house: House, *, vectors: bool = True) -> SessionModel:
    """The fitted model under the taxonomy in force, people's edits included.

    Raises:
        ModelMissing: None was fitted.
        BadKnowledge: The taxonomy's file is wrong.
    """
    from ragmarket.errors import NotFound
    from ragmarket.signals.sessions.book import TaxonomyBook
    from ragmarket.signals.sessions.model import SessionModel

    try:
        taxonomy = TaxonomyBook(home(house)).read()
    except NotFound:
        taxonomy = None
    return SessionModel.load(home(house), texts(house) if vectors else None, taxonomy=taxonomy)


def label_sessions(
    house: House, folder: Path | None, sessions: Sequence[str] | None, *, vectors: bool = False
) -> tuple[SessionReading, ...]:
    """Intent, confidence and reasons of sessions, all or these.

    Raises:
        InvalidInput: None of them is in the tables.
        ModelMissing: No model was fitted.
    """
    import polars as pl

    model = session_model(house, vectors=vectors)
    events = tables(house, folder).read("session_events")
    if sessions is not None:
        events = events.filter(pl.col("session_id").is_in(list(sessions)))
        if events.is_empty():
            raise InvalidInput("none of these sessions is in the tables", hint="Check the ids and the folder.")
    return model.read_all(events, vectors=vectors)


def taxonomy_in_force(house: House) -> Taxonomy:
    """The taxonomy, people's edits included.

    Raises:
        BadKnowledge: The file is wrong; names its line.
        NotFound: There is none.
    """
    from ragmarket.signals.sessions.book import TaxonomyBook

    return TaxonomyBook(home(house)).read()


def link_sessions(house: House, folder: Path | None, *, least: float = 0.8, keep: bool = True) -> Linking:
    """Link visits to customers who agreed to it, and keep the links.

    A later run replaces them, so that a consent that was withdrawn leaves nothing behind.

    Args:
        house: Gives the home.
        folder: Tables with ``customers`` and ``session_events``.
        least: Probability beneath which a visit on a shared device stays unlinked.
        keep: Whether to write ``links.parquet``.
    """
    import os

    import polars as pl

    from ragmarket.signals.sessions.linking import Linker

    source = tables(house, folder)
    agreed = source.read("customers").select("customer_id", "consent_linking")
    found = Linker(least=least).link(source.read("session_events"), dict(agreed.iter_rows()))
    if keep:
        home(house).mkdir(parents=True, exist_ok=True)
        schema = {"session_id": pl.String, "customer_id": pl.String, "evidence": pl.String, "probability": pl.Float64}
        fresh = home(house) / "links.fresh.parquet"
        pl.DataFrame([one.model_dump() for one in found.links], schema=schema).write_parquet(fresh)
        os.replace(fresh, home(house) / "links.parquet")  # noqa: PTH105 (a rename that replaces, on every system)
    return found
