"""The same people on Spark as on DuckDB; nothing of them stays behind."""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eval.identity import raw_frame
from eval.identity_engines import groups, held_against
from ragmarket.errors import BackendUnavailable, InvalidInput, MissingDependency
from ragmarket.signals.identity.corruption import Corruptor
from ragmarket.signals.identity.linking import IdentityResolver
from ragmarket.signals.identity.model import carried, settings
from ragmarket.signals.identity.people import simulate_people
from ragmarket.signals.identity.spark import demand_session, spark_session

SEED = 515_151
INSTALLED = importlib.util.find_spec("pyspark") is not None
needs_spark = pytest.mark.skipif(not INSTALLED, reason="pyspark is not installed: pip install 'ragmarket[spark]'")
needs_java = pytest.mark.skipif(
    shutil.which("java") is None and not os.environ.get("JAVA_HOME"), reason="there is no Java: install Java 17"
)
# Py4J leaves its sockets to the collector; pandas 3 is warned of and not used.
QUIET = ("ignore::ResourceWarning", "ignore:PySpark does not yet fully support pandas:FutureWarning")


def learnt(dialect: str) -> dict[str, Any]:
    """A model as splink keeps it, with weights that tell every level from every other."""
    made: dict[str, Any] = settings().create_settings_dict(dialect)
    for number, comparison in enumerate(made["comparisons"]):
        for place, level in enumerate(comparison["comparison_levels"]):
            if not level.get("is_null_level"):
                level |= {"m_probability": 0.5 / (1 + number + place), "u_probability": 0.01 * (1 + number + place)}
    return made | {"sql_dialect": dialect, "probability_two_random_records_match": 0.002}


@pytest.mark.parametrize(("of", "to"), [("duckdb", "spark"), ("spark", "duckdb")])
def test_a_model_learnt_on_one_serves_the_other(of: str, to: str) -> None:
    known, own = learnt(of), settings().create_settings_dict(to)
    made = carried(known, to)
    assert made["probability_two_random_records_match"] == 0.002
    for before, after, plain in zip(known["comparisons"], made["comparisons"], own["comparisons"], strict=True):
        for one, other, written in zip(*(row["comparison_levels"] for row in (before, after, plain)), strict=True):
            assert other["sql_condition"] == written["sql_condition"], "the level is written in the other's SQL"
            assert (one.get("m_probability"), one.get("u_probability")) == (
                other.get("m_probability"),
                other.get("u_probability"),
            )
    assert carried(known, of) is known


def test_a_model_of_other_levels_is_refused() -> None:
    other = copy.deepcopy(learnt("duckdb"))
    other["comparisons"][0]["comparison_levels"].pop()
    with pytest.raises(InvalidInput, match="other levels"):
        carried(other, "spark")
    other["comparisons"].pop()
    with pytest.raises(InvalidInput, match="other fields"):
        carried(other, "spark")


@pytest.mark.skipif(INSTALLED, reason="pyspark is installed")
def test_without_pyspark_the_extra_is_named() -> None:
    with pytest.raises(MissingDependency, match="pyspark") as told, spark_session("local[1]"):
        pass
    assert "ragmarket[spark]" in told.value.hint


@needs_spark
def test_what_is_missing_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="scratch folder"), spark_session("spark://nowhere:7077"):
        pass
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BackendUnavailable, match="Java"), spark_session("local[1]"):
        pass


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark") / "scratch"


@pytest.fixture(scope="module")
def session(scratch: Path) -> Iterator[Any]:
    with spark_session("local[2]", folder=scratch) as opened:
        yield opened
    assert not any(scratch.iterdir()), "names and telephones stay on disk"


@pytest.mark.slow
@needs_spark
@needs_java
@pytest.mark.filterwarnings(*QUIET)
def test_spark_finds_the_customers_that_duckdb_finds(session: Any, scratch: Path) -> None:
    raw = raw_frame(list(Corruptor(SEED).records(simulate_people(250, SEED))))
    here = IdentityResolver(threads=2).resolve(raw)
    there = IdentityResolver(backend="spark", session=session).resolve(raw, trained=here.settings)
    held = held_against(here, there)
    assert held["links"] > 500
    # Jaro-Winkler rounds otherwise there (eval/identity_engines.py): names and mailboxes at an edge may differ.
    fields = [name for name in here.pairs.columns if name.startswith("gamma_")]
    both = here.pairs.join(there.pairs, on=["left", "right"], suffix="_there")
    unlike = {name: both.filter(pl.col(name) != pl.col(f"{name}_there")).height for name in fields}
    assert {name for name, count in unlike.items() if count} <= {"gamma_name", "gamma_email"}
    same = both.filter(pl.all_horizontal(pl.col(name) == pl.col(f"{name}_there") for name in fields))
    assert same.height >= 0.995 * both.height
    assert (same["match_weight"] - same["match_weight_there"]).abs().max() < 1e-6  # type: ignore[operator]
    assert held["pairs_one_alone"] <= 0.005 * both.height
    assert held["links_differ"] <= 0.005 * held["links"]
    assert held["records_elsewhere"] <= 0.005 * raw.height
    alike = {one for one, customer in groups(here).items() if groups(there)[one] == customer}
    assert len(alike) >= 0.995 * raw.height, "ids too"
    back = IdentityResolver(threads=2).resolve(raw, trained=there.settings)
    assert groups(back) == groups(here), "what Spark kept serves DuckDB"
    assert any(scratch.rglob("*.parquet")), "splink's tables lie in the scratch while the session lasts"


@pytest.mark.slow
@needs_spark
@needs_java
@pytest.mark.filterwarnings(*QUIET)
def test_a_session_that_runs_already_is_neither_taken_nor_stopped(session: Any) -> None:
    with pytest.raises(InvalidInput, match="runs already"), spark_session("local[1]"):
        pass
    assert session.range(3).count() == 3


@pytest.mark.slow
@needs_spark
@needs_java
@pytest.mark.filterwarnings(*QUIET)
def test_a_session_without_splinks_functions_is_refused(session: Any) -> None:
    from splink import SparkAPI

    SparkAPI(spark_session=session)
    demand_session(session)
    session.sql("DROP TEMPORARY FUNCTION damerau_levenshtein")
    with pytest.raises(InvalidInput, match="damerau_levenshtein"):
        demand_session(session)
