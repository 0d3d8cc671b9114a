"""Berka (PKDD'99): transactions of Czech bank clients as aggregates, and as narratives of each event."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput
from ragmarket.prediction.tables import Table, TableSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST_EVENTS = 15
END = 941031
_CHANNEL = {
    "VKLAD": "cash counter",
    "VYBER": "cash withdrawal",
    "VYBER KARTOU": "card",
    "PREVOD Z UCTU": "incoming transfer",
    "PREVOD NA UCET": "outgoing transfer",
}
_CATEGORY = {
    "SIPO": "household payment",
    "SLUZBY": "statement fee",
    "UROK": "interest credited",
    "SANKC. UROK": "penalty interest",
    "POJISTNE": "insurance payment",
    "DUCHOD": "pension",
    "UVER": "loan instalment",
}
_BUCKETS = ((500, "below 500"), (5_000, "500 to 5,000"), (50_000, "5,000 to 50,000"), (500_000, "50,000 to 500,000"))


@dataclass(frozen=True, slots=True)
class Berka:
    """Clients: aggregates, narratives with log counts, the bag of narrative types (n, types), who got a card later."""

    spec: TableSpec
    table: Table
    narratives: list[list[tuple[str, float]]]
    bag: Floats
    target: Floats


def narrative(row: dict[str, Any], recurring: bool) -> str:
    """One event in words: channel, type, bucket, category, day, recurring or one-time (the campaign engine's form)."""
    amount = float(row["amount"])
    bucket = next((name for limit, name in _BUCKETS if amount <= limit), "above 500,000")
    kind = "credit" if row["type"] == "PRIJEM" else "debit"
    channel = _CHANNEL.get(row["operation"] or "", "internal booking")
    category = _CATEGORY.get((row["k_symbol"] or "").strip(), "general")
    day = "weekend" if _weekday(int(row["date"])) >= 5 else "weekday"
    often = "recurring" if recurring else "one-time"
    return f"{channel} {kind} of {bucket} for {category} on a {day}, {often}"


def _weekday(day: int) -> int:
    from datetime import date

    return date(1900 + day // 10_000, day // 100 % 100, day % 100).weekday()


def _file(data: Path, name: str) -> Any:
    import polars as pl

    for place in (data / f"berka_{name}.csv.gz", data / "customers" / f"berka_{name}.csv.gz"):
        if place.is_file():
            return pl.read_csv(place, infer_schema=False)
    raise InvalidInput(f"{data} holds no berka_{name}.csv.gz")


def read_berka(data: Path) -> Berka:
    """Read owners with at least `LEAST_EVENTS` events before the window's end; cards held before it are left out.

    Raises:
        InvalidInput: A file is missing.
    """
    import numpy as np

    owners = {row["account_id"]: row for row in _file(data, "disp").to_dicts() if row["type"] == "OWNER"}
    by_disposition = {row["disp_id"]: account for account, row in owners.items()}
    issued = {
        by_disposition[row["disp_id"]]: int(row["issued"][:6])
        for row in _file(data, "card").to_dicts()
        if row["disp_id"] in by_disposition
    }
    births = {row["client_id"]: row["birth_number"] for row in _file(data, "client").to_dicts()}
    homes = {row["account_id"]: row for row in _file(data, "account").to_dicts()}
    districts = {row["A1"]: row for row in _file(data, "district").to_dicts()}
    events: dict[str, list[dict[str, Any]]] = {}
    for row in _file(data, "trans_first100k").to_dicts():
        events.setdefault(row["account_id"], []).append(row)
    kept = sorted(
        account
        for account, rows in events.items()
        if account in owners and len(rows) >= LEAST_EVENTS and issued.get(account, END + 1) > END
    )
    rows_out, told = [], []
    for account in kept:
        rows = events[account]
        months: dict[tuple[str, str], set[int]] = {}
        for row in rows:
            key = (row["operation"] or "", row["k_symbol"] or "")
            months.setdefault(key, set()).add(int(row["date"]) // 100)
        regular = {key for key, seen in months.items() if len(seen) >= 3 and key[1].strip()}
        counted = Counter(narrative(row, (row["operation"] or "", row["k_symbol"] or "") in regular) for row in rows)
        told.append([(text, float(np.log1p(often))) for text, often in sorted(counted.items())])
        home = homes[account]
        client = births[owners[account]["client_id"]]
        rows_out.append(_aggregates(rows, client, districts[home["district_id"]], home))
    names = tuple(rows_out[0])
    table = Table({name: np.array([row[name] for row in rows_out], dtype=np.float64) for name in names})
    types = sorted({text for row in told for text, _ in row})
    place = {text: number for number, text in enumerate(types)}
    bag = np.zeros((len(told), len(types)))
    for number, row in enumerate(told):
        for text, often in row:
            bag[number, place[text]] = often
    spec = TableSpec(numeric=names, target="card_later", positive="1", source="PKDD'99 financial data (Berka)")
    return Berka(spec, table, told, bag, np.array([float(account in issued) for account in kept]))


def _aggregates(
    rows: list[dict[str, Any]], birth: str, district: dict[str, Any], account: dict[str, Any]
) -> dict[str, float]:
    """What a bank's analyst would tabulate: counts, sums, balances, spans, age, district."""
    import numpy as np

    amounts = np.array([float(row["amount"]) for row in rows])
    balances = np.array([float(row["balance"]) for row in rows])
    credit = np.array([row["type"] == "PRIJEM" for row in rows])
    days = np.array([_ordinal(int(row["date"])) for row in rows])
    found = {
        "events": float(len(rows)),
        "span": float(days.max() - days.min()),
        "recency": float(_ordinal(END) - days.max()),
        "opened": float(_ordinal(END) - _ordinal(int(account["date"]))),
        "credit_sum": float(amounts[credit].sum()),
        "debit_sum": float(amounts[~credit].sum()),
        "credit_mean": float(amounts[credit].mean()) if credit.any() else 0.0,
        "debit_mean": float(amounts[~credit].mean()) if (~credit).any() else 0.0,
        "largest": float(amounts.max()),
        "amount_sd": float(amounts.std()),
        "balance_mean": float(balances.mean()),
        "balance_least": float(balances.min()),
        "balance_most": float(balances.max()),
        "balance_last": float(balances[days.argmax()]),
        "balance_sd": float(balances.std()),
        "age": (END // 10_000) - float(birth[:2]),
        "salary": float(district["A11"]),
        "urban": float(district["A10"]),
        "weekly": float(account["frequency"] != "POPLATEK MESICNE"),
    }
    for name in _CHANNEL:
        found[f"n {name}"] = float(sum(row["operation"] == name for row in rows))
    for name in _CATEGORY:
        found[f"n {name}"] = float(sum((row["k_symbol"] or "").strip() == name for row in rows))
    return found


def _ordinal(day: int) -> int:
    from datetime import date

    return date(1900 + day // 10_000, day // 100 % 100, day % 100).toordinal()
