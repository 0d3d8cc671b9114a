"""Predictions over HTTP, by the real predictor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragmarket.api.app import create_app
from ragmarket.api.routes.predictions import MOST
from ragmarket.bootstrap import House
from ragmarket.settings import Settings

SENIOR = {
    "age_band": "60+",
    "tenure_months": 240,
    "holdings": ["savings", "deposit"],
    "deposits_inr": 900_000.0,
    "txn_counts": {"branch": 9, "atm": 12},
}


class Warm(House):
    """The house without the models that no prediction needs."""

    def warm_up(self) -> None:
        self.predictor.warm_up()


@pytest.fixture(scope="module")
def predicting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with TestClient(create_app(settings, build=Warm), raise_server_exceptions=False) as client:
        yield client


def test_signals_become_a_prediction_with_reasons(predicting: TestClient) -> None:
    answer = predicting.post("/v1/predictions", json=SENIOR)
    assert answer.status_code == 200
    told = answer.json()
    assert told["segment"] != "neutral"
    assert told["reasons"]


def test_what_is_no_signal_is_refused_by_its_name(predicting: TestClient) -> None:
    answer = predicting.post("/v1/predictions", json=SENIOR | {"shoe_size": 43})
    assert answer.status_code == 422
    assert "shoe_size" in answer.text


def test_an_unknown_customer_is_not_found(predicting: TestClient) -> None:
    assert predicting.post("/v1/predictions", json={"customer_id": "nobody"}).status_code == 404


def test_drift_tells_which_features_moved(predicting: TestClient) -> None:
    answer = predicting.post("/v1/predictions/drift", json=[SENIOR] * 300)
    assert answer.status_code == 200
    report = answer.json()
    assert report["customers"] == 300
    assert report["alarms"]


@pytest.mark.parametrize("body", [[], {"customers": []}, [1]])
def test_drift_wants_a_list_of_customers(predicting: TestClient, body: object) -> None:
    assert predicting.post("/v1/predictions/drift", json=body).status_code == 422


def test_too_long_a_list_is_refused(predicting: TestClient) -> None:
    assert predicting.post("/v1/predictions/drift", json=[{}] * (MOST + 1)).status_code in (413, 422)


def test_the_description_names_the_routes(predicting: TestClient) -> None:
    paths = predicting.get("/openapi.json").json()["paths"]
    assert {"/v1/predictions", "/v1/predictions/drift"} <= set(paths)
