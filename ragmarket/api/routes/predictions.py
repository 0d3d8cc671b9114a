"""Predictions: who is the customer, what would serve them, and are these still the customers of training?"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.prediction import DriftReport, Prediction

router = APIRouter(prefix="/v1/predictions", tags=["predictions"])
MOST = 10_000
_EXAMPLE = {
    "age_band": "25-34",
    "tenure_months": 40,
    "holdings": ["savings"],
    "app_logins": 26,
    "page_views": {"mutual_fund": 3},
}
Signals = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "signals": {"summary": "What the caller knows of somebody", "value": _EXAMPLE},
            "customer": {
                "summary": "A customer of the published tables",
                "value": {"customer_id": "SIM00000004", "as_of": "2026-03-31"},
            },
        }
    ),
]
Customers = Annotated[list[dict[str, Any]], Body(min_length=1, max_length=MOST, examples=[[_EXAMPLE]])]


@router.post(
    "",
    summary="Predict for one customer",
    response_model=Prediction,
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)
def predict(signals: Signals, doors: Open) -> Prediction:
    """By signals, by `customer_id` alone, by a visit or by `segment`: segment, intent, product, channel, reasons.

    A visit is given by its `events`, or by the `session_id` of a published one.

    Whoever did not consent is not predicted for; the answer is the neutral segment and says so. An unknown signal is
    refused by its name.
    """
    return doors.house.predict(signals)


@router.post(
    "/drift",
    summary="Compare customers with those of training",
    response_model=DriftReport,
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def drift(customers: Customers, doors: Open) -> DriftReport:
    """The population stability index of every feature over the given customers' signals; nothing is predicted."""
    return doors.house.drift(customers)
