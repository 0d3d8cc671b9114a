"""Making a recorded draft again, under the documents, rules and knowledge of its day.

The line is the house's own, over parts that the audit log kept; this is where the two meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ragmarket.errors import RagmarketError
from ragmarket.knowledge.angles import Angles, load_angles
from ragmarket.knowledge.bundle import unbundle
from ragmarket.knowledge.catalogue import Catalogue, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.knowledge.own_segments import FILE, load_own_segments
from ragmarket.pipeline import Pipeline
from ragmarket.protocols import Engine
from ragmarket.schemas.replay import Replay
from ragmarket.workshops import Workshops

if TYPE_CHECKING:
    from ragmarket.audit.replay import RecordedRun
    from ragmarket.compliance.guard import GuardedReview
    from ragmarket.compliance.policy import PolicyBook


class Replayer:
    """Replays records of one house's log.

    Args:
        house: The workshops.
    """

    def __init__(self, house: Workshops) -> None:
        self._house = house

    def replay(self, draft_id: str) -> Replay:
        """Make a recorded draft again and compare, field by field.

        The text is written again where the very model is installed; else the recorded answers are reviewed again.

        Raises:
            NotFound: No such draft was recorded.
            InvalidInput: What is recorded there is no draft.
            AuditChainBroken: The record, or bytes that it cites, were altered.
        """
        from ragmarket.audit.comparison import outcome
        from ragmarket.audit.replay import RecordedRun

        house = self._house
        run = RecordedRun(house.audit.get(draft_id), house.audit.get_blob)
        try:
            installed = house.engine.identity if run.model else None
        except RagmarketError:
            installed = None
        same = installed is not None and installed == run.model
        self._line_of(run, house.engine if same else None).draft(run.brief)
        return outcome(run, installed, {one.name: one.sha256 for one in house.exhibits})

    @cached_property
    def _rules_of(self) -> Callable[[bytes], tuple[PolicyBook, GuardedReview]]:
        """The rules in a policy snapshot; those of a few days are kept, for they take seconds to read."""
        from ragmarket.compliance.guard import GuardedReview
        from ragmarket.compliance.paraphrase.model import SHIPPED
        from ragmarket.compliance.policy import PolicyBook

        def read(snapshot: bytes) -> tuple[PolicyBook, GuardedReview]:
            book = PolicyBook.from_snapshot(snapshot)
            return book, GuardedReview(book, self._house.settings.compliance.claims_model_dir or SHIPPED)

        return lru_cache(maxsize=4)(read)

    @cached_property
    def _words_of(self) -> Callable[[bytes | None], tuple[Catalogue, Mapping[str, LanguagePack], Angles]]:
        """The knowledge in a bundle, today's where there is none; that of a few days is kept."""

        def read(data: bytes | None) -> tuple[Catalogue, Mapping[str, LanguagePack], Angles]:
            if data is None:
                return self._house.catalogue, self._house.packs, self._house.angles
            with TemporaryDirectory() as folder:
                root = Path(folder)
                unbundle(data, root)
                catalogue = load_catalogue(root / "kinds.yaml")
                packs = load_languages(catalogue, root / "languages")
                angles = load_angles(root / "angles.yaml", root / "regions.yaml")
                return catalogue, packs, angles.like(load_own_segments(root / FILE))

        return lru_cache(maxsize=4)(read)

    def _line_of(self, run: RecordedRun, engine: Engine | None) -> Pipeline:
        """The line over a recorded run's own parts, under the rules and the knowledge of its day.

        Args:
            run: The run; takes the record that the line would write.
            engine: Writes again; without one the recorded answers are read again.
        """
        from ragmarket.audit.replay import RecordedDrafter
        from ragmarket.compliance.renderer import Renderer
        from ragmarket.compliance.reviewer import ComplianceReviewer
        from ragmarket.compliance.support import SupportCheck
        from ragmarket.generation.decoding import parse_draft
        from ragmarket.generation.drafter import GroundedDrafter

        book, rules = self._rules_of(run.snapshot)
        catalogue, packs, angles = self._words_of(run.knowledge)
        again = RecordedDrafter(run.generations, parse_draft)
        return Pipeline(
            predictor=run,
            policies=book,
            retriever=run,
            drafter=again
            if engine is None
            else GroundedDrafter(engine, packs, angles, self._house.free_attempts, catalogue),
            reviewer=ComplianceReviewer(
                Renderer(catalogue, packs),
                SupportCheck(packs),
                rules,
                run.text,
                verifier=self._house.verifier,
                not_verified=self._house.settings.compliance.not_verified,
            ),
            audit=run,
            customers=run,
            visits=run.visit,
            rewrites=self._house.settings.generation.rewrites if engine else max(0, len(run.generations) - 1),
        )
