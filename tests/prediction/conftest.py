from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ragmarket.prediction.checkpoint import SHIPPED
from ragmarket.prediction.predictor import TrainedPredictor
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.features import DEFAULT_SPEC
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import write
from ragmarket.signals.standing import TABLES_READ, signals_on

# The last day of the simulated months, when half a year is known.
LAST_DAY = date(2026, 3, 31)


@pytest.fixture(scope="session")
def make_predictor():
    def make(weights: Path = SHIPPED, **more) -> TrainedPredictor:
        return TrainedPredictor(**{"spec": DEFAULT_SPEC, "weights": weights, **more})

    return make


@pytest.fixture(scope="session")
def predictor(make_predictor):
    return make_predictor()


@pytest.fixture(scope="session")
def unseen_bank(tmp_path_factory) -> Path:
    """Simulated customers of a seed that training never saw."""
    folder = tmp_path_factory.mktemp("served") / "bank"
    write(preset("small", customers=600), 99, folder, lambda *_: None, bounds=False)
    return folder


@pytest.fixture(scope="session")
def bank_signals(unseen_bank) -> dict[str, dict[str, object]]:
    """Their signals at the end of the last month, by customer."""
    tables = Tables(unseen_bank)
    return signals_on({name: tables.maybe(name) for name in TABLES_READ}, LAST_DAY)
