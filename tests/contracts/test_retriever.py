"""What every keeper of ``protocols.Retriever`` promises: the local store always, a server where one is configured."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from ragmarket.errors import NotFound, UnknownProduct
from ragmarket.knowledge.angles import THEMES
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.protocols import Retriever
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.index import CorpusIndex
from ragmarket.retrieval.qdrant import QdrantPlace
from ragmarket.retrieval.retriever import CorpusRetriever
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import Condition, Figure, Slot
from ragmarket.schemas.prediction import Prediction

URL = os.environ.get("RAGMARKET_RETRIEVAL__QDRANT_URL")
PLACES = ["local", pytest.param("server", marks=pytest.mark.skipif(not URL, reason="no Qdrant server is configured"))]


@dataclass(frozen=True)
class _Reading:
    kind: str | None
    kind_score: float = 0.9
    phrasable: bool = True
    why_not: str | None = None
    figures: tuple[Figure, ...] = ()
    slots: tuple[Slot, ...] = ()
    conditions: tuple[Condition, ...] = ()


class _NominationReader:
    def read(
        self,
        units: Sequence[Unit],
        product_class: str | None,  # noqa: ARG002
        language: str,  # noqa: ARG002
        names: Sequence[str] = (),  # noqa: ARG002
    ) -> list[_Reading]:
        return [
            _Reading("nomination_available") if "nominee" in unit.view else _Reading(None, 0.1, False, "no kind")
            for unit in units
        ]


@pytest.fixture(scope="module", params=PLACES)
def keeper(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    base = tmp_path_factory.mktemp("contract")
    (base / "corpus").mkdir()
    for version, start, text in (
        ("1", "2026-01-01", "You may name a nominee."),
        ("2", "2026-06-01", "Name one nominee."),
    ):
        (base / "corpus" / f"v{version}.md").write_text(
            f"---\ndoc_id: d\ntitle: D\nkind: product\nproduct_class: deposit\nproduct_code: P\n"
            f"issuer: B\nversion: '{version}'\n"
            f"effective_from: {start}\nlanguage: en\nsource: s\n---\n\n{text} The branch is open.\n",
            encoding="utf-8",
        )
    catalogue, encoder = load_catalogue(), SentenceEncoder()
    place = QdrantPlace(base / "qdrant", url=URL if request.param == "server" else None)
    collection = f"contract-{uuid.uuid4().hex[:8]}"
    index = CorpusIndex(base, catalogue, encoder, place=place, reader=_NominationReader(), collection=collection)
    index.update(base / "corpus")
    retriever = CorpusRetriever(base, catalogue, encoder, lambda *_: dict.fromkeys(THEMES, 1.0), place=place)
    yield retriever
    retriever.close()
    if request.param == "server":
        with place.client() as client:
            for one in client.get_collections().collections:
                if one.name.startswith(collection):
                    client.delete_collection(one.name)


def _ask(keeper: Retriever, day: date, code: str = "P"):
    brief = Brief(product_code=code, language="en", channel="email", as_of=day)
    policy = Policy(
        snapshot_id="t",
        product_class="deposit",
        channel="email",
        language="en",
        as_of=day,
        disclaimers=(),
        max_claims=3,
    )
    return keeper.retrieve(
        brief, Prediction(segment="neutral", intent="general", confidence=1.0, source="caller", model="t"), policy
    )


@pytest.mark.parametrize(("day", "version"), [(date(2026, 5, 31), "1"), (date(2026, 6, 1), "2")])
def test_the_version_of_the_day_alone(keeper: Retriever, day: date, version: str) -> None:
    assert keeper.product("P", day).version == version
    found = _ask(keeper, day)
    assert {one.version for one in found} == {version}
    assert [one.id for one in found] == ["S1", "S2"]
    assert [one.phrasable for one in found] == [True, False]


def test_every_quote_stands_in_the_text(keeper: Retriever) -> None:
    for one in _ask(keeper, date(2026, 7, 1)):
        assert keeper.text(one.sha256)[one.start : one.end] == one.quote


def test_what_is_unknown_is_refused(keeper: Retriever) -> None:
    with pytest.raises(UnknownProduct):
        keeper.product("Q", date(2026, 7, 1))
    with pytest.raises(UnknownProduct):
        _ask(keeper, date(2025, 12, 31))
    with pytest.raises(NotFound):
        keeper.text("0" * 64)
