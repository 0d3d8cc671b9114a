"""Whatever form a language gives a figure, the recogniser reads the same figure back from it: the proof does so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.formats import slot_text
from ragmarket.knowledge.language import LanguagePack, load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.evidence import Figure, Slot

BOUNDS = ("exact", "from", "up_to", "above", "below", "within", "after")
PERIODS = ("day", "week", "month", "quarter", "half_year", "year", "transaction", "order", "request")
LENGTHS = ("day", "working_day", "week", "month", "year", "hour", "minute")
SIDES = {"from": 1, "above": 1, "after": 1, "up_to": -1, "below": -1, "within": -1, "exact": 0}


def figure(type_: str, value: str, unit: str, **more: object) -> Figure:
    return Figure.model_validate(
        {"type": type_, "value": Decimal(value), "unit": unit, "start": 0, "end": 1, "text": "x", **more}
    )


def slot(low: Figure, high: Figure | None = None, range_kind: str = "between") -> Slot:
    return Slot.model_validate({"name": "S1a", "role": "r", "low": low, "high": high, "range_kind": range_kind})


def shown(low: Figure, pack: LanguagePack, high: Figure | None = None, range_kind: str = "between") -> str:
    return slot_text(slot(low, high, range_kind), None, pack).text


def same(read: Figure, meant: Figure) -> bool:
    # Years are an age by the words around them, which a bare figure does not have.
    alike = read.type == meant.type or (read.type, meant.type) == ("duration", "age")
    return alike and read.value == meant.value and read.unit == meant.unit


def amounts() -> st.SearchStrategy[str]:
    scaled = st.tuples(st.integers(1, 999), st.sampled_from(("1", "100", "1000", "1E+5", "250000", "1E+7", "25000000")))
    return st.one_of(st.integers(1, 99_999_999).map(str), scaled.map(lambda one: str(one[0] * Decimal(one[1]))))


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    bound = draw(st.sampled_from(BOUNDS))
    period = draw(st.none() | st.sampled_from(PERIODS))
    match draw(st.sampled_from(("amount", "rate", "duration", "age", "weight"))):
        case "amount" if bound not in ("within", "after"):
            return figure("amount", draw(amounts()), "INR", bound=bound, period=period)
        case "rate" if bound not in ("within", "after"):
            value = draw(st.integers(1, 9999).map(lambda one: str(Decimal(one) / 100)))
            return figure("rate", value, "percent", bound=bound, period=period)
        case "age" if bound not in ("within", "after"):
            return figure("age", str(draw(st.integers(1, 99))), "year", bound=bound)
        case "weight" if bound not in ("within", "after"):
            return figure(
                "count", str(draw(st.integers(1, 99))), draw(st.sampled_from(("gram", "kilogram"))), bound=bound
            )
        case _:
            unit = draw(st.sampled_from(LENGTHS))
            return figure("duration", str(draw(st.integers(1, 999 if unit == "day" else 99))), unit, bound=bound)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=15, deadline=None)
@given(meant=figures(), formal=st.booleans())
def test_a_figure_is_read_back_with_its_bound_and_period(language: str, meant: Figure, formal: bool) -> None:
    pack = load_language(language).plain if formal else load_language(language)
    text = shown(meant, pack)
    found = recognise(text, language)
    assert len(found) == 1, text
    (read,) = found
    assert same(read, meant), text
    # "within" and "up to" are one word in some languages; the side that they bound is what must not change.
    assert SIDES[read.bound] == SIDES[meant.bound], text
    assert read.bound == meant.bound or {read.bound, meant.bound} == {"up_to", "within"}, text
    assert read.period == meant.period, text


# Under ₹100 a lower end would read as "₹5 to ₹10 lakh", which means lakhs twice.
ENDS = {
    "amount": st.tuples(
        *[amounts().filter(lambda one: Decimal(one) >= 100).map(lambda one: ("amount", one, "INR"))] * 2
    ),
    "rate": st.tuples(*[st.integers(1, 9999).map(lambda one: ("rate", str(Decimal(one) / 100), "percent"))] * 2),
    "age": st.tuples(*[st.integers(10, 99).map(lambda one: ("age", str(one), "year"))] * 2),
    "one unit": st.sampled_from(LENGTHS).flatmap(
        lambda unit: st.tuples(*[st.integers(1, 99).map(lambda one: ("duration", str(one), unit))] * 2)
    ),
    "two units": st.tuples(st.integers(1, 364), st.integers(1, 30)).map(
        lambda pair: [("duration", str(pair[0]), "day"), ("duration", str(pair[1]), "year")]
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["between", "to_below", "above_to"])
@settings(max_examples=15, deadline=None)
@given(pair=st.sampled_from(sorted(ENDS)).flatmap(lambda name: ENDS[name]))
def test_both_ends_of_a_range_are_read_back(language: str, kind: str, pair: list[tuple[str, str, str]]) -> None:
    low, high = sorted((figure(*one) for one in pair), key=lambda one: (one.unit != "day", one.value))
    if (low.value, low.unit) == (high.value, high.unit):
        return
    pack = load_language(language)
    text = shown(low, pack, high, kind)
    found = recognise(text, language)
    assert len(found) == 2, text
    assert all(same(read, meant) for read, meant in zip(found, (low, high), strict=True)), text
    # An open end must not close, a closed one not open.
    if kind == "to_below":
        assert found[1].bound == "below", text
    if kind == "above_to":
        assert found[0].bound == "above", text
        assert found[1].bound != "below", text


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=15, deadline=None)
@given(meant=figures())
def test_the_part_is_where_the_figure_stands(language: str, meant: Figure) -> None:
    pack = load_language(language)
    told = slot_text(slot(meant), None, pack)
    ((start, end, part),) = told.parts
    assert part is meant
    assert recognise(told.text, language)[0].start >= start
    digits = [char for char in told.text[start:end] if char.isdecimal()]
    assert digits == [char for char in told.text if char.isdecimal()]
