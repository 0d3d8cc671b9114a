"""Identity resolution from end to end: records in, customers, explanations and a review queue out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.identity import IdentityReport, LinkDecision
from ragmarket.signals.identity import evidence, model, spark
from ragmarket.signals.identity.clusters import cluster
from ragmarket.signals.identity.evidence import Thresholds
from ragmarket.signals.identity.explaining import prior_of
from ragmarket.signals.identity.records import RecordReader, load_reader

if TYPE_CHECKING:
    import polars as pl
    from splink import Linker

Backend = Literal["duckdb", "spark"]
Progress = Callable[[str, int, int], None]
STEPS = ("reading names and addresses", "learning the weights", "comparing records", "joining customers")
_FEWEST = 200  # below this EM has too little to learn from


@dataclass(frozen=True, slots=True)
class Resolution:
    """What came out.

    Attributes:
        customers: ``record_id``, ``source``, ``customer_id``; one row per record, sorted.
        pairs: Scored pairs that are linked, for review or contradict themselves: ids, ``match_weight``, ``verdict``,
            ``reason``, each field's ``gamma_`` and ``mw_`` columns.
        report: Counts and seconds.
        settings: The trained model as splink's JSON.
        prior: Log2 odds that two random records are one person.
    """

    customers: pl.DataFrame
    pairs: pl.DataFrame
    report: IdentityReport
    settings: dict[str, Any]
    prior: float


def _quiet(_: str, __: int, ___: int) -> None:
    return None


def open_linker(
    prepared: pl.DataFrame, backend: Backend = "duckdb", session: Any = None, trained: dict[str, Any] | None = None,
    threads: int | None = None,
) -> Linker:  # fmt: skip
    """A splink linker over prepared records.

    Args:
        prepared: Of `RecordReader.prepare`.
        backend: Where the comparisons run; ``spark`` needs pyspark and a session.
        session: A SparkSession, for ``spark``; `ragmarket.signals.identity.spark.spark_session` opens one.
        trained: A trained model's JSON, learnt on either backend; none starts from the untrained settings.
        threads: Of DuckDB; none takes all cores.

    Raises:
        MissingDependency: The backend's package is not installed.
        InvalidInput: ``spark`` without a session, or with one that lacks what is needed; the model is another's.
    """
    try:
        from splink import DuckDBAPI, Linker
    except ImportError as error:
        raise MissingDependency("splink", "signals") from error
    # It warns of every level that no pair reaches, which is as it should be for, say, two PANs of one person.
    logging.getLogger("splink").setLevel(logging.ERROR)
    table = prepared.to_arrow()
    if backend == "spark":
        if session is None:
            raise InvalidInput("the Spark backend needs a SparkSession", hint="Pass the session of your cluster.")
        try:
            from splink import SparkAPI
        except ImportError as error:
            raise MissingDependency("pyspark", spark.EXTRA) from error
        api: Any = SparkAPI(spark_session=session)  # type: ignore[no-untyped-call]
        spark.demand_session(session)
    else:
        import duckdb

        api = DuckDBAPI(duckdb.connect(config={"threads": threads} if threads else {}))
    known = model.carried(trained, backend) if trained else model.settings()
    return Linker(api.register(table), known, log_level=None)


class IdentityResolver:
    """Finds who is the same behind several customer files.

    Args:
        reader: Reads raw records; none takes the shipped tables.
        thresholds: From which weight pairs are linked or reviewed.
        backend: ``duckdb``, or ``spark`` with a ``session``.
        session: A SparkSession.
        seed: Of the sample that the weights are learnt on.
        threads: Of DuckDB; none takes all cores.
    """

    def __init__(
        self, reader: RecordReader | None = None, *, thresholds: Thresholds | None = None, backend: Backend = "duckdb",
        session: Any = None, seed: int = 7, threads: int | None = None,
    ) -> None:  # fmt: skip
        self._reader = reader or load_reader()
        self._thresholds = thresholds or Thresholds()
        self._backend: Backend = backend
        self._session = session
        self._seed = seed
        self._threads = threads

    def resolve(
        self,
        raw: pl.DataFrame,
        decisions: Sequence[LinkDecision] = (),
        *,
        trained: dict[str, Any] | None = None,
        progress: Progress = _quiet,
    ) -> Resolution:
        """Resolve all records.

        Args:
            raw: Columns of `records.RAW_COLUMNS`.
            decisions: What people decided before; kept whatever the weights say.
            trained: A model learnt before; needed below 200 records, where nothing can be learnt.
            progress: Told of each step.

        Raises:
            InvalidInput: Columns are missing, ids stand twice, or there are too few records to learn from.
        """
        begun = time.perf_counter()
        progress(STEPS[0], 0, len(STEPS))
        prepared = self._reader.prepare(raw)
        if trained is None and prepared.height < _FEWEST:
            raise InvalidInput(
                f"{prepared.height} records are too few to learn from", hint=f"Give {_FEWEST}, or a trained model."
            )
        linker = open_linker(prepared, self._backend, self._session, trained, self._threads)
        progress(STEPS[1], 1, len(STEPS))
        if trained is None:
            model.train(linker, seed=self._seed)
        progress(STEPS[2], 2, len(STEPS))
        pairs = self._scored(linker)
        progress(STEPS[3], 3, len(STEPS))
        settings = linker.misc.save_model_to_json()
        found = self._joined(prepared, pairs, decisions)
        report = found[2].model_copy(update={"seconds": round(time.perf_counter() - begun, 2)})
        progress("done", len(STEPS), len(STEPS))
        return Resolution(found[0], found[1], report, settings, prior_of(settings))

    def _scored(self, linker: Linker) -> pl.DataFrame:
        import polars as pl

        # Far below the threshold for review: those pairs keep clusters apart.
        predicted = linker.inference.predict(threshold_match_weight=-6.0, warning_mode="never")
        names = [column.unquote().name for column in predicted.columns]
        kept = [name for name in names if name.startswith(("gamma_", "mw_"))]
        kept = ["record_id_l", "record_id_r", "match_weight", "match_probability", *kept]
        if self._backend == "spark":
            frame = spark.collected(predicted, kept)
        else:
            table = pl.from_arrow(predicted.as_pyarrow_table())  # type: ignore[no-untyped-call]
            if not isinstance(table, pl.DataFrame):
                raise InvalidInput("splink gave no table")
            frame = table.select(kept)
        return frame.rename({"record_id_l": "left", "record_id_r": "right"}).sort("left", "right")

    def _joined(
        self, prepared: pl.DataFrame, pairs: pl.DataFrame, decisions: Sequence[LinkDecision]
    ) -> tuple[pl.DataFrame, pl.DataFrame, IdentityReport]:
        import polars as pl

        decided = latest(decisions)
        verdicts, reasons = [], []
        for row in pairs.iter_rows(named=True):
            what, why = evidence.verdict(row, self._thresholds)
            said = decided.get((row["left"], row["right"]))
            if said:
                what, why = ("link" if said.decision == "same" else "apart"), f"decided by {said.by}"
            verdicts.append(what)
            reasons.append(why)
        pairs = pairs.with_columns(pl.Series("verdict", verdicts, pl.String), pl.Series("reason", reasons, pl.String))
        linked = pairs.filter(pl.col("verdict") == "link")
        links = [
            (left, right, float("inf") if (left, right) in decided else weight)
            for left, right, weight in linked.select("left", "right", "match_weight").iter_rows()
        ]
        links += [(*pair, float("inf")) for pair, said in decided.items() if said.decision == "same"]
        contradicted = pairs.filter(pl.col("reason") == evidence.OTHER_PAN).select("left", "right").iter_rows()
        apart = {(str(left), str(right)) for left, right in contradicted if (left, right) not in decided}
        apart |= {pair for pair, said in decided.items() if said.decision == "different"}
        ids = prepared["record_id"].to_list()
        known = {name: _known(prepared, name) for name in ("pan", "birth_date", "first_seen")}
        joined = cluster(ids, links, apart, known["pan"], known["birth_date"], known["first_seen"])
        customers = prepared.select("record_id", "source").with_columns(
            pl.Series("customer_id", [joined.customer[one] for one in ids], pl.String)
        )
        fields = ["name", "birth_date", "pan", "phone", "email", "places", "pin"]
        kept = _told_of_refusals(pairs.filter(pl.col("verdict").is_in(["link", "review"])), joined.refused)
        # A doubtful pair that other links joined meanwhile needs nobody's eyes.
        same = [
            joined.customer[left] == joined.customer[right] for left, right in kept.select("left", "right").iter_rows()
        ]
        kept = kept.with_columns(pl.Series("joined", same, pl.Boolean))
        report = IdentityReport(
            records=len(ids),
            customers=len(set(joined.customer.values())),
            unreadable=prepared.filter(pl.all_horizontal(pl.col(fields).is_null())).height,
            links=len(links),
            review=kept.filter((pl.col("verdict") == "review") & ~pl.col("joined")).height,
            kept_apart=len(joined.refused),
            decisions=len(decided),
            seconds=0.0,
        )
        return customers, kept, report


def _told_of_refusals(pairs: pl.DataFrame, refused: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    """A link that was not made, because of what else the two customers hold, waits for a person."""
    import polars as pl

    schema = {"left": pl.String, "right": pl.String, "why": pl.String}
    why = pl.DataFrame(refused, schema=schema, orient="row").unique(
        ["left", "right"], keep="first", maintain_order=True
    )
    found = pairs.join(why, on=["left", "right"], how="left", maintain_order="left")
    return found.with_columns(
        pl.when(pl.col("why").is_null()).then(pl.col("verdict")).otherwise(pl.lit("review")).alias("verdict"),
        pl.coalesce("why", "reason").alias("reason"),
    ).drop("why")


def latest(decisions: Iterable[LinkDecision]) -> dict[tuple[str, str], LinkDecision]:
    """The decision in force on each pair, its ids in order."""
    return {(min(one.left, one.right), max(one.left, one.right)): one for one in decisions}


def _known(prepared: pl.DataFrame, name: str) -> dict[str, str]:
    rows = prepared.select("record_id", name).drop_nulls()
    return dict(rows.iter_rows())
