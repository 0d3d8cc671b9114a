"""Tables, preprocessing, context rates: fitted on training rows only, clear about what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput
from ragmarket.prediction.contexts import ContextRates, extend_training
from ragmarket.prediction.preprocessing import Pca, Preprocessor
from ragmarket.prediction.tables import Table, TableSpec, narrate, read_table

SPEC = TableSpec(
    numeric=("age", "income"),
    categorical=("city",),
    target="bought",
    positive="yes",
    sentences=("A customer of {age} from {city}.", "Income {income}."),
    steps={"age": 5},
    contexts=(("city",),),
)


def make(count: int, seed: int = 0) -> tuple[Table, np.ndarray]:
    rng = np.random.default_rng(seed)
    age, city = rng.integers(18, 80, count).astype(float), rng.choice(["Pune", "Surat", "Kochi"], count)
    answer = (rng.random(count) < 0.2 + 0.4 * (city == "Pune")).astype(float)
    return Table({"age": age, "income": age * 10 + rng.normal(size=count), "city": city.astype(object)}), answer


def test_a_table_is_read_and_narrated(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("age,income,city,bought\n33,,st.marys_road,yes\n41,7.5,Pune,no\n", encoding="utf-8")
    table, target = read_table(path, SPEC)
    assert target.tolist() == [1.0, 0.0]
    assert np.isnan(table.columns["income"][0])
    assert narrate(table, SPEC)[0] == ("A customer of 35 from st marys road.", "Income unknown.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age,city,bought\n1,a,yes\n", "income"),
        ("age,income,city,bought\nold,1,a,yes\n2,2,b,no\n", "numeric column 'age'"),
        ("age,income,city,bought\n1,1,a,no\n2,2,b,no\n", "0 of 2"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_name(tmp_path, text, words):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=words):
        read_table(path, SPEC)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_table(tmp_path / "absent.csv", SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"numeric": ("age", "age")},
        {"numeric": ("bought",)},
        {"numeric": (), "categorical": (), "sentences": (), "contexts": (), "steps": {}},
        {"sentences": ("{shoe_size}",)},
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(change):
    with pytest.raises(ValueError, match=r"twice|target|at least one|shoe_size"):
        TableSpec(**{**SPEC.model_dump(), **change})


def test_without_takes_sentences_and_contexts_along():
    less = SPEC.without("city")
    assert less.categorical == ()
    assert less.sentences == ("Income {income}.",)
    assert less.contexts == ()


def test_only_training_rows_teach_the_preprocessor():
    table, _ = make(200)
    train = table.take(np.arange(100))
    spoilt = {name: values.copy() for name, values in table.columns.items()}
    spoilt["age"][100:] = 1e6
    spoilt["city"][100:] = "Mars"
    one, other = (Preprocessor.fit(Table(c).take(np.arange(100)), SPEC) for c in (table.columns, spoilt))
    assert one.as_dict() == other.as_dict()
    z = one.transform(train)
    assert z.numeric.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert z.numeric.std(axis=0) == pytest.approx([1, 1])
    assert z.flat[:, 2:].sum(axis=1).tolist() == [1.0] * 100
    assert len(one.flat_names) == z.flat.shape[1]


def test_unseen_categories_and_gaps_have_their_documented_fallback():
    table, _ = make(50)
    table.columns["income"][3] = np.nan
    fitted = Preprocessor.fit(table, SPEC)
    new = Table({"age": np.array([np.inf]), "income": np.array([np.nan]), "city": np.array(["Mars"], dtype=object)})
    found = fitted.transform(new)
    assert found.codes.tolist() == [[0]]
    assert found.unseen == {"city": 1}
    assert found.flat[0].tolist() == [0, 0, 1.0, 0, 0, 0]
    with pytest.raises(InvalidInput, match="'city' is missing"):
        fitted.transform(Table({"age": np.ones(1), "income": np.ones(1)}))
    with pytest.raises(InvalidInput, match="numeric column 'age'"):
        fitted.transform(Table({"age": np.array(["x"], dtype=object), "income": np.ones(1), "city": np.array(["a"])}))


def test_a_preprocessor_survives_json():
    import json

    table, _ = make(60)
    fitted = Preprocessor.fit(table, SPEC)
    again = Preprocessor.from_dict(json.loads(json.dumps(fitted.as_dict())))
    np.testing.assert_array_equal(again.transform(table).flat, fitted.transform(table).flat)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 30), st.integers(2, 6), st.integers(0, 999))
def test_pca_explains_as_scikit_learn_does(rows, columns, seed):
    from sklearn.decomposition import PCA

    data = np.random.default_rng(seed).normal(size=(rows, columns)) * np.arange(1, columns + 1)
    count = min(rows - 1, columns)
    ours, theirs = Pca.fit(data, count), PCA(count).fit(data)
    assert ours.explained == pytest.approx(theirs.explained_variance_ratio_, abs=1e-6)
    assert np.abs(ours.transform(data)) == pytest.approx(np.abs(theirs.transform(data)), abs=1e-5)


def test_weighted_pca_is_pca_of_repeated_rows():
    data = np.random.default_rng(0).normal(size=(5, 3))
    times = np.array([1, 4, 2, 1, 3])
    one, other = Pca.fit(data, 2, times.astype(float)), Pca.fit(np.repeat(data, times, axis=0), 2)
    assert one.explained == pytest.approx(other.explained)
    np.testing.assert_allclose(one.components, other.components, atol=1e-9)


def test_context_rates_never_see_the_rows_own_answer():
    table, answer = make(400)
    flipped = answer.copy()
    flipped[7] = 1 - flipped[7]
    one, other = (extend_training(table, given, SPEC, seed=0) for given in (answer, flipped))
    assert one.columns["context 0 rate"][7] == other.columns["context 0 rate"][7]
    assert (one.columns["context 0 rate"] != other.columns["context 0 rate"]).any()
    pune = table.columns["city"] == "Pune"
    assert one.columns["context 0 rate"][pune].mean() > one.columns["context 0 rate"][~pune].mean() + 0.5


def test_a_context_never_met_has_the_overall_rate():
    table, answer = make(400)
    rates = ContextRates.fit(table, answer, SPEC)
    new = Table({"age": np.ones(1), "income": np.ones(1), "city": np.array(["Mars"], dtype=object)})
    found = rates.extend(new).columns
    assert found["context 0 rate"][0] == pytest.approx(np.log(answer.mean() / (1 - answer.mean())))
    assert found["context 0 count"][0] == 0
    assert rates.extended.numeric[-2:] == ("context 0 rate", "context 0 count")
