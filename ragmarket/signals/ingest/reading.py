"""Opening a delivery by its place: a path, or a database's URL and table."""

from __future__ import annotations

from pathlib import Path

from ragmarket.errors import InvalidInput
from ragmarket.signals.ingest.databases import SqlDelivery
from ragmarket.signals.ingest.files import FileDelivery

DeliverySource = FileDelivery | SqlDelivery


def open_delivery(place: str) -> DeliverySource:
    """A delivery by its place: a path, or ``URL#table``.

    Raises:
        InvalidInput: There is no such file.
    """
    if "://" in place:
        url, _, table = place.partition("#")
        return SqlDelivery(url, table)
    path = Path(place)
    if not path.is_file():
        raise InvalidInput(f"there is no file {place}", hint="Give SOURCE=FILE, SOURCE=URL#TABLE or a folder.")
    return FileDelivery(path)
