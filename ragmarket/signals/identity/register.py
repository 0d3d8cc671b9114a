"""What identity resolution leaves on disk: who is whom, the pairs for review, the model, and what people decided.

Decisions are appended, one JSON line each, and never rewritten; a line that a crash cut off is set aside. Pairs hold
record ids and weights, no name.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ragmarket.errors import InvalidInput, NotFound, RagmarketError
from ragmarket.schemas.identity import IdentityReport, LinkDecision, LinkDecisionKind, PairExplanation
from ragmarket.signals.identity.explaining import explain, prior_of
from ragmarket.signals.identity.linking import IdentityResolver, Progress, Resolution, latest
from ragmarket.signals.identity.records import RAW_COLUMNS

if TYPE_CHECKING:
    import polars as pl

_RUN_FIRST = "Run `ragmarket signals link` first."


class CustomerRegister:
    """The identity side of a store.

    Args:
        root: Folder of the identity store; readable by its owner alone.
        now: The clock of decisions.
    """

    def __init__(self, root: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root
        self._now = now

    def records(self, files: Sequence[Path]) -> pl.DataFrame:
        """Identity records of all deliveries, one per record: of each field what was last said.

        Args:
            files: Parquet files with ``record_id``, ``source``, fields of `RAW_COLUMNS` and ``seen_at``.

        Raises:
            InvalidInput: There are none.
        """
        import polars as pl

        if not files:
            raise InvalidInput("no identity record was delivered yet", hint="Run `ragmarket signals ingest` first.")
        rows = pl.concat([pl.read_parquet(one) for one in files], how="diagonal")
        fields = [name for name in RAW_COLUMNS[2:] if name in rows.columns]
        since = pl.col("seen_at").min().cast(pl.String).alias("first_seen")
        # Sorted by content too, so that the order of deliveries means nothing.
        ordered = rows.sort("record_id", "seen_at", *fields, nulls_last=False)
        last = [pl.col(name).drop_nulls().last() for name in fields]
        return ordered.group_by("record_id", "source", maintain_order=True).agg(*last, since)

    def link(
        self, raw: pl.DataFrame, resolver: IdentityResolver, progress: Progress, *, again: bool = False
    ) -> IdentityReport:
        """Resolve and keep what came out.

        Args:
            raw: Of `records`.
            resolver: Does the work.
            progress: Told of each step.
            again: Learn the weights anew even where a model was kept.

        Raises:
            InvalidInput: There are too few records to learn from, and no model was kept.
        """
        model = self.root / "model.json"
        trained = None if again or not model.exists() else json.loads(model.read_text(encoding="utf-8"))
        found = resolver.resolve(raw, self.decisions(), trained=trained, progress=progress)
        self._save(found)
        return found.report

    def decisions(self) -> tuple[LinkDecision, ...]:
        """All decisions, oldest first.

        Raises:
            RagmarketError: A line is no decision.
        """
        place = self.root / "decisions.jsonl"
        if not place.exists():
            return ()
        lines = place.read_text(encoding="utf-8").splitlines(keepends=True)
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(LinkDecision.model_validate_json(line))
            except ValidationError as error:
                if number == len(lines) and not line.endswith("\n"):
                    break
                raise RagmarketError(f"{place}:{number} is no decision", hint="Restore the file.") from error
        return tuple(found)

    def decide(self, left: str, right: str, decision: LinkDecisionKind, *, by: str, reason: str) -> LinkDecision:
        """Record what a person says of two records; it counts from the next `link` on.

        Raises:
            NotFound: A record is not known.
            InvalidInput: Both are one record, or a field is empty.
        """
        if left == right:
            raise InvalidInput("both ids name one record", hint="Give two record ids.")
        known = set(self.customers()["record_id"].to_list())
        for one in (left, right):
            if one not in known:
                raise NotFound(f"no record has the id {one!r}", hint="`ragmarket signals review` lists ids.")
        left, right = sorted((left, right))
        try:
            made = LinkDecision(left=left, right=right, decision=decision, by=by, reason=reason, at=self._now())
        except ValidationError as error:
            raise InvalidInput(f"{error.errors()[0]['loc'][0]}: may not be empty") from error
        self._append(made)
        return made

    def customers(self) -> pl.DataFrame:
        """``record_id``, ``source``, ``customer_id``.

        Raises:
            NotFound: Resolution never ran.
        """
        return self._table("customers")

    def review(self, limit: int | None = None) -> list[PairExplanation]:
        """Pairs that a person should look at, the most likely first, without those decided since.

        Raises:
            NotFound: Resolution never ran.
        """
        import polars as pl

        decided = latest(self.decisions())
        open_ = self._table("pairs").filter((pl.col("verdict") == "review") & ~pl.col("joined"))
        rows = open_.sort("match_weight", "left", "right", descending=[True, False, False]).iter_rows(named=True)
        found = []
        for row in rows:
            if (row["left"], row["right"]) not in decided:
                found.append(explain(row, self._prior()))
                if limit and len(found) >= limit:
                    break
        return found

    def explain(self, one: str, other: str | None = None) -> list[PairExplanation]:
        """Why records are linked or not: all scored pairs of one record, or the pair of two.

        Raises:
            NotFound: A record is not known, or the two were never compared.
        """
        import polars as pl

        if one not in set(self.customers()["record_id"].to_list()):
            raise NotFound(f"no record has the id {one!r}", hint="`ragmarket signals review` lists ids.")
        pairs = self._table("pairs").filter((pl.col("left") == one) | (pl.col("right") == one))
        if other is not None:
            pairs = pairs.filter((pl.col("left") == other) | (pl.col("right") == other))
            if pairs.is_empty():
                hint = "They share nothing that would make them worth comparing, or contradict each other."
                raise NotFound(f"{one} and {other} are no candidates for one person", hint=hint)
        decided = latest(self.decisions())
        ordered = pairs.sort("match_weight", descending=True).iter_rows(named=True)
        return [explain(row, self._prior(), decided.get((row["left"], row["right"]))) for row in ordered]

    def _table(self, name: str) -> pl.DataFrame:
        import polars as pl

        place = self.root / f"{name}.parquet"
        if not place.exists():
            raise NotFound("no customer was resolved yet", hint=_RUN_FIRST)
        return pl.read_parquet(place)

    def _prior(self) -> float:
        return prior_of(json.loads((self.root / "model.json").read_text(encoding="utf-8")))

    def _save(self, found: Resolution) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, frame in (("pairs", found.pairs), ("customers", found.customers)):
            frame.write_parquet(self.root / f"{name}.parquet.new", compression="zstd")
        (self.root / "model.json.new").write_text(json.dumps(found.settings, indent=1) + "\n", encoding="utf-8")
        # The customers last: whoever reads them finds the pairs and the model that belong to them.
        for name in ("model.json", "pairs.parquet", "customers.parquet"):
            (self.root / f"{name}.new").replace(self.root / name)

    def _append(self, made: LinkDecision) -> None:
        place = self.root / "decisions.jsonl"
        with place.open("ab+") as stream:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX)
            stream.seek(0)
            held = stream.read()
            whole = held.rfind(b"\n") + 1
            if whole < len(held):
                place.with_name("decisions.torn").write_bytes(held[whole:])
                stream.truncate(whole)
            stream.write(made.model_dump_json().encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
