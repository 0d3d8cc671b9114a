"""Who the message is for: the predictor, the published customers and their visits."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import NotFound
from ragmarket.rooms.reading import ReadingRoom
from ragmarket.schemas.customers import VisitIntent, VisitView

if TYPE_CHECKING:
    from ragmarket.prediction.predictor import TrainedPredictor
    from ragmarket.signals.customers import CustomerBook
    from ragmarket.signals.sessions.model import SessionModel

PREDICTOR_WEIGHTS = Path(__file__).parents[1] / "prediction" / "weights"


class CustomerRoom(ReadingRoom):
    """Customers, their visits and what is predicted of them."""

    @cached_property
    def predictor(self) -> TrainedPredictor:
        """Segment, intent and propensities."""
        from ragmarket.prediction.predictor import TrainedPredictor
        from ragmarket.signals.features import DEFAULT_SPEC

        return TrainedPredictor(
            spec=DEFAULT_SPEC,
            weights=self.settings.prediction.model_dir or PREDICTOR_WEIGHTS,
            angles=self.angles,
            max_age_days=self.settings.prediction.max_signal_age_days,
            max_model_age_days=self.settings.prediction.max_model_age_days,
        )

    @cached_property
    def customers(self) -> CustomerBook:
        """Customers as `ragmarket signals publish` left them."""
        from ragmarket.signals.customers import CustomerBook

        home = self.settings.home
        return CustomerBook(home / "signals" / "tables", home / "sessions" / "links.parquet")

    @property
    def session_model(self) -> SessionModel:
        """Reads visits, under the taxonomy in force, people's edits included.

        Raises:
            ModelMissing: No sessions were fitted.
        """
        from ragmarket.signals.sessions.book import TaxonomyBook
        from ragmarket.signals.sessions.model import SessionModel

        folder = self.settings.home / "sessions"
        with contextlib.suppress(NotFound):
            return SessionModel.load(folder, None, taxonomy=TaxonomyBook(folder).read())
        return SessionModel.load(folder, None)

    def visit(self, session_id: str) -> VisitView | None:
        """One visit of the published tables and what it is for; None for one that they do not hold.

        Raises:
            ModelMissing: No sessions were fitted.
        """
        found = self.customers.visit(session_id) if self.customers.exists else None
        if found is None or found.barred:
            return found
        reading = self.session_model.read(found.events, vector=False)
        return found.model_copy(update={"shows": VisitIntent.of(reading, self.angles.intents)})
