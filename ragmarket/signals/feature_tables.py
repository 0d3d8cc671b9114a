"""Feature tables on disk: those that `ragmarket signals publish` wrote, or a simulated bank's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import NotFound

if TYPE_CHECKING:
    import polars as pl

HINT = "Run `ragmarket simulate --out FOLDER`, or `ragmarket signals publish` on your own data."


class Tables:
    """Feature tables by name, read when asked for.

    Args:
        folder: Holds one Parquet file per table, or a simulated bank's ``features/``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parts(self, name: str) -> list[Path]:
        """The files of one table, in order; none where the folder does not hold it."""
        single = self.folder / f"{name}.parquet"
        return [single] if single.is_file() else sorted((self.folder / "features" / name).glob("part-*.parquet"))

    def read(self, name: str, customers: Sequence[str] | None = None) -> pl.DataFrame:
        """One table, of all customers or of these.

        Raises:
            NotFound: The folder does not hold it.
        """
        import polars as pl

        parts = self.parts(name)
        if not parts:
            raise NotFound(f"{self.folder} holds no table {name!r}", hint=HINT)
        frame = pl.scan_parquet(parts)
        if customers is not None:
            frame = frame.filter(pl.col("customer_id").is_in(list(customers)))
        return frame.collect()

    def maybe(self, name: str, customers: Sequence[str] | None = None) -> pl.DataFrame | None:
        """One table, None where the folder does not hold it."""
        return self.read(name, customers) if self.parts(name) else None
