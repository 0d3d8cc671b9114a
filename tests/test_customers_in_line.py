"""A brief that names a customer: who may be addressed is asked first, and signals reach the prediction alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.reviewer import ComplianceReviewer
from ragmarket.compliance.support import SupportCheck
from ragmarket.generation.drafter import GroundedDrafter
from ragmarket.knowledge.angles import load_angles
from ragmarket.pipeline import Pipeline
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.customers import CustomerView, VisitIntent, VisitView
from ragmarket.schemas.prediction import Prediction
from ragmarket.testing import FixedPredictor, MemoryAuditLog, MemoryRetriever, ScriptedEngine
from tests.test_pipeline import CATALOGUE, DAY, DOCUMENT, EVIDENCE, PACKS, POLICIES, RULES, TEXT, answer, brief


class Seen(FixedPredictor):
    def __init__(self) -> None:
        super().__init__()
        self.signals: list[Mapping[str, object] | None] = []

    def predict(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Prediction:
        self.signals.append(signals)
        return super().predict(brief, signals)


class Book:
    def __init__(self, view: CustomerView | None) -> None:
        self.view = view

    def find(self, customer_id: str, as_of: date) -> CustomerView | None:
        assert as_of == DAY
        return self.view if self.view and self.view.customer_id == customer_id else None


def line(
    view: CustomerView | None, visit: VisitView | None = None
) -> tuple[Pipeline, Seen, ScriptedEngine, MemoryAuditLog]:
    predictor, engine, audit = Seen(), ScriptedEngine([answer("en", "sms", (1,))]), MemoryAuditLog()
    retriever = MemoryRetriever({"fd": (DOCUMENT, TEXT)}, EVIDENCE)
    pipeline = Pipeline(
        predictor=predictor,
        policies=POLICIES,
        retriever=retriever,
        drafter=GroundedDrafter(engine, PACKS, load_angles()),
        reviewer=ComplianceReviewer(Renderer(CATALOGUE, PACKS), SupportCheck(PACKS), RULES, retriever.text),
        audit=audit,
        today=lambda: DAY,
        customers=Book(view),
        visits={visit.session_id: visit}.get if visit else None,
    )
    return pipeline, predictor, engine, audit


@pytest.mark.parametrize("reason", ["customer.do_not_disturb", "customer.no_consent"])
def test_a_barred_customer_gets_a_recorded_refusal_and_no_prediction(reason: str) -> None:
    pipeline, predictor, engine, audit = line(CustomerView(customer_id="C1", barred=reason))
    result = pipeline.draft(brief(channel="sms", customer_id="C1"), {"age_band": "25-34"})
    assert result.status == "refused"
    assert result.text is None
    assert [one.rule for one in result.findings] == [reason]
    assert result.findings[0].authority
    assert predictor.signals == [None], "what the caller knows of them is not read either"
    assert engine.prompts == []
    assert audit.get(result.draft_id)["status"] == "refused"


def test_the_signals_of_a_known_customer_reach_the_prediction_and_nothing_else() -> None:
    signals = {"age_band": "60+", "balance_inr": 987_654.0}
    pipeline, predictor, engine, audit = line(CustomerView(customer_id="C1", signals=signals))
    result = pipeline.draft(brief(channel="sms", customer_id="C1"))
    assert result.status == "accepted"
    assert predictor.signals == [signals]
    assert "987654" not in engine.prompts[0] + (result.text or "") + str(audit.get(result.draft_id))


def test_signals_that_the_caller_gives_win_over_looked_up_ones() -> None:
    pipeline, predictor, _, _ = line(CustomerView(customer_id="C1", signals={"age_band": "60+"}))
    pipeline.draft(brief(channel="sms", customer_id="C1"), {"age_band": "25-34"})
    assert predictor.signals == [{"age_band": "25-34"}]


@pytest.mark.parametrize("named", [None, "C2"])
def test_without_a_known_name_nothing_is_looked_up(named: str | None) -> None:
    pipeline, predictor, _, _ = line(CustomerView(customer_id="C1", barred="customer.do_not_disturb"))
    assert pipeline.draft(brief(channel="sms", customer_id=named)).status == "accepted"
    assert predictor.signals == [None]


HOME = VisitIntent(intent="buy_home", confidence=0.9, reasons=("the calculator",))


def test_a_visit_gives_the_intent_and_the_customer_who_agreed() -> None:
    signals = {"age_band": "60+"}
    view = CustomerView(customer_id="C1", signals=signals)
    pipeline, predictor, _, audit = line(view, VisitView(session_id="S1", customer_id="C1", shows=HOME))
    result = pipeline.draft(brief(channel="sms", session_id="S1"))
    assert result.status == "accepted"
    assert result.prediction.intent == "buy_home"
    assert result.prediction.reasons[0] == "this visit: the calculator"
    assert predictor.signals == [signals]
    assert audit.get(result.draft_id)["brief"]["session_id"] == "S1"


def test_the_intent_of_the_brief_wins_over_that_of_the_visit() -> None:
    pipeline, _, _, _ = line(None, VisitView(session_id="S1", shows=HOME))
    assert pipeline.draft(brief(channel="sms", session_id="S1", intent="save_tax")).prediction.intent == "save_tax"


def test_a_visit_of_a_barred_customer_ends_in_a_recorded_refusal() -> None:
    barred = VisitView(session_id="S1", barred="customer.no_consent")
    pipeline, predictor, engine, _ = line(None, barred)
    result = pipeline.draft(brief(channel="sms", session_id="S1"), {"age_band": "25-34"})
    assert (result.status, [one.rule for one in result.findings]) == ("refused", ["customer.no_consent"])
    assert (predictor.signals, engine.prompts) == ([None], [])


def test_an_unknown_visit_changes_nothing() -> None:
    pipeline, predictor, _, _ = line(None, VisitView(session_id="S1", shows=HOME))
    assert pipeline.draft(brief(channel="sms", session_id="S9")).prediction.intent == "general"
    assert predictor.signals == [None]
