"""Records in, customers out: on people that no rule has seen, with decisions that are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from eval.identity import raw_frame
from eval.identity_counts import count_pairs
from ragmarket.errors import InvalidInput, NotFound, RagmarketError
from ragmarket.schemas.identity import LinkDecision
from ragmarket.signals.identity.corruption import Corruptor
from ragmarket.signals.identity.explaining import explain, pair_lines
from ragmarket.signals.identity.linking import IdentityResolver, Resolution
from ragmarket.signals.identity.people import simulate_people
from ragmarket.signals.identity.register import CustomerRegister
from ragmarket.signals.identity.systems import SourceRecord

SEED = 424_242
THREADS = 2
Bank = tuple[list[SourceRecord], Resolution]


@pytest.fixture(scope="module")
def bank() -> Bank:
    records = list(Corruptor(SEED).records(simulate_people(400, SEED)))
    return records, IdentityResolver(threads=THREADS).resolve(raw_frame(records))


def customers(found: Resolution) -> dict[str, str]:
    return dict(found.customers.select("record_id", "customer_id").iter_rows())


def again(bank: Bank, *decisions: LinkDecision, shuffled: bool = False) -> Resolution:
    raw = raw_frame(bank[0])
    raw = raw.sample(fraction=1.0, shuffle=True, seed=3) if shuffled else raw
    return IdentityResolver(threads=THREADS).resolve(raw, decisions, trained=bank[1].settings)


def decision(left: str, right: str, said: str) -> LinkDecision:
    fields = {"left": left, "right": right, "decision": said, "by": "R. Iyer", "reason": "form seen"}
    return LinkDecision.model_validate({**fields, "at": datetime(2026, 11, 1, tzinfo=UTC)})


def test_unseen_people_are_found_without_a_label(bank: Bank) -> None:
    records, found = bank
    measured = count_pairs({one.record_id: one.person_id for one in records}, customers(found)).as_dict()
    assert measured["precision"]["share"] >= 0.98
    assert measured["recall"]["share"] >= 0.93, "400 people: the bench holds .95 on thousands"
    assert found.report.customers == len(set(customers(found).values()))


def test_the_same_records_give_the_same_customers_in_any_order(bank: Bank) -> None:
    assert again(bank, shuffled=True).customers.equals(bank[1].customers)


def test_a_pair_explains_itself_to_the_last_bit(bank: Bank) -> None:
    found = bank[1]
    for row in found.pairs.head(200).iter_rows(named=True):
        told = explain(row, found.prior)
        assert told.prior + sum(one.weight for one in told.evidence) == pytest.approx(told.weight, abs=0.1)
        assert told.reason
        assert all(one.says for one in told.evidence)


def test_what_a_person_decided_is_kept_whatever_the_weights_say(bank: Bank) -> None:
    found = bank[1]
    sure = found.pairs.filter(pl.col("verdict") == "link").sort("match_weight").row(-1, named=True)
    group = customers(found)
    strangers = [one for one in group if group[one] != group[sure["left"]]][:1]
    apart = decision(sure["left"], sure["right"], "different")
    same = decision(*sorted((sure["left"], strangers[0])), "same")
    now = customers(again(bank, apart, same))
    assert now[sure["left"]] != now[sure["right"]]
    assert now[sure["left"]] == now[strangers[0]]
    back = customers(again(bank, apart, apart.model_copy(update={"decision": "same"})))
    assert back[sure["left"]] == back[sure["right"]], "the last decision counts"


def test_two_different_pans_are_never_one_customer(bank: Bank) -> None:
    records, found = bank
    group = customers(found)
    typed = {one.record_id: one.pan for one in records if one.pan}
    held: dict[str, set[str]] = {}
    for record, number in typed.items():
        held.setdefault(group[record], set()).add(number)
    for numbers in held.values():
        for one in numbers:
            assert all(sum(a != b for a, b in zip(one, other, strict=True)) <= 1 for other in numbers)


def test_too_little_or_wrong_input_is_refused_by_name() -> None:
    few = raw_frame(list(Corruptor(1).records(simulate_people(20, 1))))
    with pytest.raises(InvalidInput, match="too few to learn from"):
        IdentityResolver().resolve(few)
    with pytest.raises(InvalidInput, match="'name'"):
        IdentityResolver().resolve(few.drop("name"))
    with pytest.raises(InvalidInput, match="stands twice"):
        IdentityResolver().resolve(pl.concat([few, few]))
    many = raw_frame(list(Corruptor(1).records(simulate_people(100, 1))))
    with pytest.raises(InvalidInput, match="SparkSession"):
        IdentityResolver(backend="spark").resolve(many)


def test_the_register_keeps_pairs_decisions_and_reasons(bank: Bank, tmp_path: Path) -> None:
    records, found = bank
    register = CustomerRegister(tmp_path, now=lambda: datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(NotFound):
        register.review()
    (tmp_path / "model.json").write_text(json.dumps(found.settings))
    resolver = IdentityResolver(threads=THREADS)
    first = register.link(raw_frame(records), resolver, lambda *_: None)
    waiting = register.review()
    assert len(waiting) == first.review > 0
    assert [one.weight for one in waiting] == sorted((one.weight for one in waiting), reverse=True)
    pair = waiting[0]
    assert "bits" in "\n".join(pair_lines(pair))
    register.decide(pair.right, pair.left, "different", by="R. Iyer", reason="two people")
    assert len(register.review()) == first.review - 1
    register.link(raw_frame(records), resolver, lambda *_: None)
    known = dict(register.customers().select("record_id", "customer_id").iter_rows())
    assert known[pair.left] != known[pair.right]
    for left, right, said in (("nobody", pair.left, "same"), (pair.left, pair.left, "same")):
        with pytest.raises(InvalidInput):
            register.decide(left, right, said, by="x", reason="y")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="reason"):
        register.decide(pair.left, pair.right, "same", by="x", reason="")
    # A line that a crash cut off is no decision; one in the middle that is none stops everything.
    place = tmp_path / "decisions.jsonl"
    place.write_bytes(place.read_bytes() + b'{"left": "a", "ri')
    assert len(register.decisions()) == 1
    register.decide(pair.left, pair.right, "same", by="x", reason="y")
    assert [one.decision for one in register.decisions()] == ["different", "same"]
    place.write_bytes(b"nonsense\n" + place.read_bytes())
    with pytest.raises(RagmarketError, match=r"decisions\.jsonl:1"):
        register.decisions()
