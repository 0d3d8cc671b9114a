"""Identity records as systems hold them, and as they are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.signals.identity import contacts
from ragmarket.signals.identity.addresses import AddressReader, load_addresses
from ragmarket.signals.identity.names import NameReader
from ragmarket.signals.identity.spelling import load_spelling

if TYPE_CHECKING:
    import polars as pl

# One row per record of one system, all text; only the first three may not be empty. ``first_seen`` (ISO 8601) says
# since when a system holds the record: the eldest gives a customer its id.
RAW_COLUMNS = (
    "record_id", "source", "name", "birth_date", "gender", "pan", "phone", "email", "address", "pin", "first_seen",
)  # fmt: skip
_GENDERS = {"m": "male", "male": "male", "f": "female", "female": "female"}
_Value = TypeVar("_Value")


class RecordReader:
    """Reads raw records into the form in which they are compared.

    Args:
        names: Reads names.
        addresses: Reads addresses.
    """

    def __init__(self, names: NameReader, addresses: AddressReader) -> None:
        self._names = names
        self._addresses = addresses

    def prepare(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Read all fields of all records.

        Args:
            raw: `RAW_COLUMNS`; a missing optional column counts as empty.

        Returns:
            One row per record, in the order of ``record_id``: its id and source; ``name`` (canonical tokens, sorted and
            joined), ``name_sound``, ``name_keys`` (list), ``initials`` (list), ``abbreviated``, ``gender``,
            ``birth_date`` (ISO), ``birth_year``, ``pan``, ``phone``, ``email``, ``email_box``, ``pin``, ``house``,
            ``places`` (list), ``first_seen``. What cannot be read is null.

        Raises:
            InvalidInput: A column is missing, or an id stands twice.
            MissingDependency: polars is not installed.
        """
        try:
            import polars as pl
        except ImportError as error:
            raise MissingDependency("polars", "signals") from error
        raw = _complete(raw).sort("record_id")
        if raw["record_id"].is_duplicated().any():
            raise InvalidInput("a record_id stands twice", hint="Give every record of a system one id of its own.")
        names = _each(raw["name"].to_list(), self._names.read)
        places = [
            self._addresses.read(address, pin)
            for address, pin in zip(raw["address"].to_list(), raw["pin"].to_list(), strict=True)
        ]
        births = _each(raw["birth_date"].to_list(), contacts.birth_date)
        mails = _each(raw["email"].to_list(), contacts.email)
        said = [_GENDERS.get(str(value).strip().lower()) for value in raw["gender"].to_list()]
        lists = pl.List(pl.String)
        return pl.DataFrame(
            [
                raw["record_id"],
                raw["source"],
                pl.Series("name", [" ".join(one.tokens) or None if one else None for one in names], pl.String),
                pl.Series("name_sound", [" ".join(one.keys) or None if one else None for one in names], pl.String),
                pl.Series("name_keys", [list(one.keys) or None if one else None for one in names], lists),
                pl.Series("initials", [list(one.initials) or None if one else None for one in names], lists),
                pl.Series("abbreviated", [bool(one and one.abbreviated) for one in names], pl.Boolean),
                pl.Series(
                    "gender",
                    [own or (one.gender if one else None) for own, one in zip(said, names, strict=True)],
                    pl.String,
                ),
                pl.Series("birth_date", [_iso(one) for one in births], pl.String),
                pl.Series("birth_year", [one.year if one else None for one in births], pl.Int32),
                pl.Series("pan", _each(raw["pan"].to_list(), contacts.pan), pl.String),
                pl.Series("phone", _each(raw["phone"].to_list(), contacts.phone), pl.String),
                pl.Series("email", mails, pl.String),
                pl.Series("email_box", [one.partition("@")[0] if one else None for one in mails], pl.String),
                pl.Series("pin", [one.pin for one in places], pl.String),
                pl.Series("house", [one.house for one in places], pl.String),
                raw["first_seen"],
                pl.Series("places", [list(one.places) or None for one in places], lists),
            ]
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _each(values: Sequence[str | None], read: Callable[[str], _Value]) -> list[_Value | None]:
    """Read each different value once."""
    known: dict[str, _Value] = {}
    found: list[_Value | None] = []
    for value in values:
        if not value:
            found.append(None)
            continue
        if value not in known:
            known[value] = read(value)
        found.append(known[value])
    return found


def _complete(raw: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    missing = [name for name in RAW_COLUMNS[:3] if name not in raw.columns]
    if missing:
        raise InvalidInput(
            f"identity records lack the column {missing[0]!r}", hint=f"Columns: {', '.join(RAW_COLUMNS)}."
        )
    empty = [pl.lit(None, pl.String).alias(name) for name in RAW_COLUMNS if name not in raw.columns]
    return raw.with_columns(empty).select(pl.col(RAW_COLUMNS).cast(pl.String))


def load_reader() -> RecordReader:
    """The reader under the shipped tables.

    Raises:
        BadKnowledge: A table is wrong; names the line.
    """
    spelling = load_spelling()
    return RecordReader(NameReader(spelling), load_addresses(spelling))
