"""The taxonomy of intents: proposed, merged, labelled with, distilled, and read as it is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ragmarket.bootstrap import House
from ragmarket.errors import UndecodableOutput
from ragmarket.schemas.sessions import Proposal, Taxonomy
from ragmarket.studies.home import tables
from ragmarket.visits.distilling import distil
from ragmarket.visits.hands import WriterHand, label_all, without_last
from ragmarket.visits.home import Note, Progress, home, texts, vocabularies


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


def taxonomy_in_force(house: House) -> Taxonomy:
    """The taxonomy, people's edits included.

    Raises:
        BadKnowledge: The file is wrong; names its line.
        NotFound: There is none.
    """
    from ragmarket.signals.sessions.book import TaxonomyBook

    return TaxonomyBook(home(house)).read()
