"""Spark as the comparisons need it: splink's string functions on every worker and a folder to cut long plans at.

Comparing is what outgrows a machine, as pairs grow with the square of a block; it runs on the cluster. Reading names
and joining customers grow with the records alone and stay with the caller.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import BackendUnavailable, InvalidInput, MissingDependency

if TYPE_CHECKING:
    import polars as pl

EXTRA = "spark"
# What the levels call; splink's jar brings them.
FUNCTIONS = ("jaro_winkler", "damerau_levenshtein")
# A session on this machine opens no port to others and keeps its scratch where its owner alone reads.
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}


@contextmanager
def spark_session(
    master: str | None = None, *, scratch: str | None = None, folder: Path | None = None, memory: str = "2g"
) -> Iterator[Any]:
    """A session for `IdentityResolver`; what it wrote on the way, which names people, is removed at the end.

    Args:
        master: ``local[2]``, ``spark://host:7077``, ``yarn`` …; none takes what ``spark-submit`` configured.
        scratch: URL of a folder that all workers reach (``hdfs://…``, ``s3a://…``); a local master needs none.
        folder: Where a local master keeps its scratch; none takes the system's.
        memory: Of the driver, where the session starts its own.

    Raises:
        MissingDependency: pyspark is not installed.
        BackendUnavailable: There is no Java, or the master does not answer.
        InvalidInput: A cluster without a scratch folder, or a session runs already that lacks what is needed.
    """
    try:
        import pyspark
        from pyspark.sql import SparkSession
        from splink.backends.spark import similarity_jar_location
    except ImportError as error:
        raise MissingDependency("pyspark", EXTRA) from error
    local = master is not None and master.startswith("local")
    if not local and scratch is None:
        hint = "Name a folder that every worker reaches, such as hdfs://…; personal data lies there while it runs."
        raise InvalidInput("a Spark cluster needs a scratch folder", hint=hint)
    if SparkSession.getActiveSession() is not None:
        raise InvalidInput("a Spark session runs already", hint="Pass it to IdentityResolver, or stop it first.")
    demand_java()
    builder: Any = SparkSession.builder.appName("ragmarket identity")
    options = {"spark.jars": similarity_jar_location(), "spark.driver.memory": memory, **_QUIET}
    with ExitStack() as stack:
        if local:
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            own = stack.enter_context(tempfile.TemporaryDirectory(prefix="spark-", dir=folder))
            # As many parts as threads: the default of 200 is for clusters and costs minutes on one machine.
            threads = _threads(str(master))
            options |= {**_LOCAL, "spark.local.dir": own, "spark.sql.warehouse.dir": f"{own}/tables"}
            options |= dict.fromkeys(("spark.sql.shuffle.partitions", "spark.default.parallelism"), str(threads))
            scratch = scratch or own
        if master is not None:
            builder = builder.master(master)
        for name, value in options.items():
            builder = builder.config(name, value)
        with warnings.catch_warnings():
            # Said of any pandas 3; tables go in and out as Arrow here.
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
            try:
                session = builder.getOrCreate()
            except Exception as error:
                what = f"Spark {pyspark.__version__} does not start on {master or 'its configured master'}"
                raise BackendUnavailable(what, hint=f"{type(error).__name__}: {str(error)[:200]}") from error
            stack.callback(session.stop)
            session.sparkContext.setCheckpointDir(str(scratch))
            stack.callback(_remove_checkpoints, session)
            yield session


def demand_java() -> None:
    """Refuse early where there is no Java: pyspark would wait for it and then say little.

    Raises:
        BackendUnavailable: No Java is found.
    """
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise BackendUnavailable("Spark needs Java, and none is found", hint="Install Java 17 or set JAVA_HOME.")


def demand_session(session: Any) -> None:
    """Refuse a session that would fail in the middle, with a line that says why.

    Args:
        session: A classic SparkSession, after splink registered its functions with it.

    Raises:
        InvalidInput: splink's jar is not on it, or it has no checkpoint folder.
    """
    lacking = [name for name in FUNCTIONS if not session.catalog.functionExists(name)]
    if lacking:
        from splink.backends.spark import similarity_jar_location

        hint = f"Start it with spark.jars={similarity_jar_location()}, or use `spark_session`."
        raise InvalidInput(f"the Spark session lacks splink's function {lacking[0]}", hint=hint)
    if session.sparkContext.getCheckpointDir() is None:
        hint = "Call session.sparkContext.setCheckpointDir with a folder that every worker reaches."
        raise InvalidInput("the Spark session has no checkpoint folder", hint=hint)


def collected(predicted: Any, columns: list[str]) -> pl.DataFrame:
    """Scored pairs without the fields that were compared: no more of them reaches the caller than is read.

    Args:
        predicted: splink's Spark table of pairs.
        columns: Those to bring.
    """
    import polars as pl

    found = pl.from_arrow(predicted.as_spark_dataframe().select(*columns).toArrow())
    if not isinstance(found, pl.DataFrame):
        raise InvalidInput("Spark gave no table")
    return found


def _threads(master: str) -> int:
    inside = master.partition("[")[2].partition("]")[0].partition(",")[0]
    return int(inside) if inside.isdigit() else (os.cpu_count() or 1) if inside else 1


def _remove_checkpoints(session: Any) -> None:
    """Splink leaves its tables, people's fields included, in a folder of this session's own below the scratch."""
    context = session.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(context.getCheckpointDir())  # noqa: SLF001 (no public door)
    path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)  # noqa: SLF001
