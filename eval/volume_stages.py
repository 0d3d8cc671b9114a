"""The stages of the volume bench, each through the door that its command uses, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ragmarket.bootstrap import House


def _house(home: Path) -> House:
    from ragmarket.bootstrap import build
    from ragmarket.settings import read_settings

    os.environ["RAGMARKET_HOME"] = str(home)
    return build(read_settings())


def _silent(*_: object) -> None:
    return None


def _written(rows: Iterable[BaseModel], place: Path) -> int:
    count = 0
    with place.open("w", encoding="utf-8") as stream:
        for one in rows:
            stream.write(one.model_dump_json() + "\n")
            count += 1
    return count


def make_bank(folder: Path, customers: int, periods: int, seed: int) -> Mapping[str, Any]:
    """Simulate customers."""
    from ragmarket.signals.simulate.presets import preset
    from ragmarket.signals.simulate.store import write

    write(preset("default", customers=customers, periods=periods), seed, folder, _silent, bounds=False)
    return {"customers": customers}


def make_extracts(bank: Path, folder: Path, seed: int) -> Mapping[str, Any]:
    """Write what five systems would deliver of them."""
    from ragmarket.signals.ingest.extracts import NEEDED, write_extracts
    from ragmarket.signals.simulate.store import read

    rows = write_extracts({name: read(bank, name) for name in NEEDED}, folder, seed)
    return {"rows": rows, "bytes": sum(one.stat().st_size for one in folder.iterdir())}


def fit_models(home: Path, bank: Path, epochs: int, sample: int, components: int | None) -> Mapping[str, Any]:
    """Fit segments, session vectors and the labeller on another bank, as was done before the day's volume came."""
    from ragmarket.studies.fitting import fit_segments
    from ragmarket.visits.taxonomy import make_taxonomy
    from ragmarket.visits.vectors import fit_vectors

    house = _house(home)
    card = fit_segments(house, bank, _silent, components=components)
    seen = fit_vectors(house, bank, _silent, epochs=epochs)
    named = make_taxonomy(house, bank, _silent, _silent, sample=sample)
    return {
        "customers": card["customers"],
        "segments": len(card["segments"]),
        "sessions": seen["sessions"],
        "shown to the writer": named["told"],
    }


def ingest(home: Path, extracts: Path) -> Mapping[str, Any]:
    """`ragmarket signals ingest`."""
    from ragmarket.signals.ingest.intake import find_deliveries
    from ragmarket.signals.ingest.intake import ingest as take
    from ragmarket.signals.ingest.store import SignalStore

    report = take(SignalStore(home / "signals"), find_deliveries(extracts), progress=_silent)
    return {"records": report.rows, "accepted": report.accepted, "set aside": report.rejected}


def link(home: Path) -> Mapping[str, Any]:
    """`ragmarket signals link`."""
    from ragmarket.signals.identity.linking import IdentityResolver
    from ragmarket.signals.identity.register import CustomerRegister
    from ragmarket.signals.ingest.contracts import SOURCES
    from ragmarket.signals.ingest.store import SignalStore

    store = SignalStore(home / "signals")
    register = CustomerRegister(store.identity)
    with store.writing():
        raw = register.records([one for source in SOURCES for one in store.files(source, people=True)])
        report = register.link(raw, IdentityResolver(threads=2), _silent)
    return {"records": report.records, "customers": report.customers}


def publish(home: Path) -> Mapping[str, Any]:
    """`ragmarket signals publish`."""
    from ragmarket.signals.ingest.publishing import publish as write
    from ragmarket.signals.ingest.store import SignalStore

    report = write(SignalStore(home / "signals"))
    return {"records": sum(report.tables.values()), "tables": dict(report.tables), "waiting": dict(report.waiting)}


def embed_narratives(home: Path) -> Mapping[str, Any]:
    """Every different sentence once, with nothing kept from before."""
    from ragmarket.signals.segments.vectors import behaviour
    from ragmarket.studies.home import tables, vectors

    house = _house(home)
    own = vectors(house)
    if own.file is not None:
        own.file.unlink(missing_ok=True)
    seen = behaviour(tables(house, None).read("transactions"))
    own.of(seen.sentences)
    return {"records": int(seen.counts.sum()), "different": len(seen.sentences), "customers": len(seen.customers)}


def assign_customers(home: Path, out: Path) -> Mapping[str, Any]:
    """`ragmarket segments assign --json`."""
    from ragmarket.studies.assignment import assign_segments

    found = assign_segments(_house(home), None, None)
    return {"records": _written(found, out), "noise": sum(one.noise for one in found)}


def embed_sessions(home: Path, out: Path) -> Mapping[str, Any]:
    """Vectors of all sessions, with no text's vector kept from before."""
    import numpy as np

    from ragmarket.studies.home import tables
    from ragmarket.visits.labels import session_model

    house = _house(home)
    for kept in (home / "sessions" / "texts").glob("*.npz"):
        kept.unlink()
    encoder = session_model(house).encoder
    if encoder is None:
        raise RuntimeError("no session encoder was kept")
    events = tables(house, None).read("session_events")
    ids, found = encoder.embed(events)
    np.savez(out, ids=np.array(ids), vectors=found)
    return {"records": len(ids), "events": events.height, "width": int(found.shape[1])}


def label_sessions(home: Path, out: Path) -> Mapping[str, Any]:
    """`ragmarket sessions label --json`."""
    from ragmarket.visits.labels import label_sessions as read

    found = read(_house(home), None, None)
    return {"records": _written(found, out), "other": sum(one.group is None for one in found)}
