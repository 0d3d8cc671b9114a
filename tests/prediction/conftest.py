from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.prediction.predictor import TrainedPredictor
from ragmarket.prediction.training import Sample
from ragmarket.prediction.weights import SHIPPED
from ragmarket.signals.features import DEFAULT_SPEC
from ragmarket.signals.simulate.snapshots import simulate


def simulated_sample(count: int, seed: int) -> Sample:
    """What the composition root does for training: signals become vectors, hidden truth becomes labels."""
    customers = list(simulate(count, seed))
    labels = {
        name: [getattr(one, name) for one in customers] for name in ("segment", "intent", "product_class", "channel")
    }
    labels["response"] = ["yes" if one.responds else "no" for one in customers]
    return Sample([DEFAULT_SPEC.encode(one.signals) for one in customers], labels)


@pytest.fixture(scope="session")
def make_sample():
    return simulated_sample


@pytest.fixture(scope="session")
def make_predictor():
    def make(weights: Path = SHIPPED, **more) -> TrainedPredictor:
        values = {"encode": DEFAULT_SPEC.encode, "spec_sha256": DEFAULT_SPEC.sha256, **more}
        return TrainedPredictor(weights=weights, **values)

    return make


@pytest.fixture(scope="session")
def predictor(make_predictor):
    return make_predictor()
