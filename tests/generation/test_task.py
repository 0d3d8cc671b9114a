"""Evidence becomes a writing task, and policy's demands survive the way."""

from __future__ import annotations

from datetime import date

from ragmarket.generation.prompt import build_prompt
from ragmarket.generation.task import Fact, WritingTask, facts_of, needs_of, tellable
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot

FIGURE = Figure.model_validate({"type": "rate", "value": 1, "unit": "percent", "start": 0, "end": 1, "text": "1"})


def evidence(number: int, kind: str | None, *, phrasable: bool = True, slab: bool = False) -> Evidence:
    slots = [Slot(name=f"S{number}a", role="rate", low=FIGURE)]
    conditions = []
    if slab:
        slots.append(Slot(name=f"S{number}b", role="amount_slab", low=FIGURE))
        conditions.append(Condition(id="amount_slab", slot=f"S{number}b", start=0, end=1))
    return Evidence.model_validate(
        {
            "id": f"S{number}", "doc_id": "d", "version": "1", "sha256": "0", "title": "t", "product_code": "p",
            "doc_kind": "product", "start": 0, "end": 1, "quote": "1", "text": "1", "kind": kind, "kind_score": 1.0,
            "phrasable": phrasable, "slots": slots, "conditions": conditions,
        }
    )  # fmt: skip


def policy(**more: object) -> Policy:
    return Policy.model_validate(
        {
            "snapshot_id": "x", "product_class": "loan", "channel": "email", "language": "en",
            "as_of": date(2026, 11, 21), "disclaimers": (), "max_claims": 5, **more,
        }
    )  # fmt: skip


def test_only_phrasable_evidence_becomes_a_fact_and_conditions_keep_their_slots() -> None:
    facts = facts_of(
        [evidence(1, "loan_rate_from", slab=True), evidence(2, None), evidence(3, "gold_ltv", phrasable=False)], ()
    )
    assert [fact.id for fact in facts] == ["S1"]
    assert dict(facts[0].roles) == {"rate": "S1a"}
    assert facts[0].conditions == (("amount_slab", "S1b"),)
    assert facts[0].slots == ("S1a", "S1b")


def test_a_demanded_kind_is_demanded_once() -> None:
    facts = facts_of([evidence(n, "processing_fee_rate") for n in (1, 2, 3)], ("processing_fee_rate",))
    assert [fact.must for fact in facts] == [True, False, False]


def test_a_fact_without_its_companion_is_not_told_and_takes_its_dependants_along() -> None:
    facts = [Fact("S1", "a", {}), Fact("S2", "b", {}), Fact("S3", "c", {})]
    kept, needs = tellable(facts, {"S1": frozenset({"S2"}), "S2": frozenset({"S9"})})
    assert [fact.id for fact in kept] == ["S3"]
    assert needs == {}


def test_never_without_groups_become_fact_ids() -> None:
    facts = facts_of([evidence(1, "loan_rate_from"), evidence(2, "processing_fee_rate"), evidence(3, "loan_apr")], ())
    groups = policy(must_say_with={"loan_rate_from": ("processing_fee_rate", "loan_apr")})
    assert needs_of(facts, groups) == {"S1": frozenset({"S2", "S3"})}


def test_the_prompt_is_what_it_was() -> None:
    """A snapshot: the weights were trained on exactly this text, so changing it is a visible decision."""
    facts = (
        Fact("S1", "exit_load", {"rate": "S1b", "duration": "S1a"}, (("gst_extra", None), ("amount_slab", "S1c"))),
        Fact("S2", "zero_balance", {}, must=True),
    )
    task = WritingTask("hi", "email", "mutual_fund", "save_tax", "learn", ("tax", "cost"), "full", 1, 4, facts)
    assert build_prompt(task) == (
        "<task> draft <lang> hi <channel> email <register> customer <style> full\n"
        "<class> mutual_fund <intent> save_tax <aim> learn\n"
        "<angle> tax cost\n"
        "<claims> 4\n"
        "<facts>\n"
        "S1 exit_load duration={S1a} rate={S1b} +gst_extra +amount_slab={S1c}\n"
        "S2 zero_balance must\n"
        "<write>\n"
    )
