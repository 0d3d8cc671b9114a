"""Evidence for a brief: the version in force that day, searched by meaning and by words, chosen under policy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from ragmarket.errors import UnknownProduct
from ragmarket.knowledge.catalogue import Catalogue, Theme
from ragmarket.retrieval.documents import DocumentStore, Entry, IndexState
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.qdrant import QdrantPlace
from ragmarket.retrieval.search import OpenIndex
from ragmarket.retrieval.selection import Candidate, choose, numbered, weigh
from ragmarket.retrieval.versions import in_force
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.prediction import Prediction

# Kinds named in the query beside the intent; more of them blur the vector.
_KINDS_IN_QUERY = 6
_DAYS_KEPT = 64


@dataclass(frozen=True, slots=True)
class _InForce:
    """The documents in force on one day: of each product, and regulatory ones."""

    products: dict[str, list[Entry]]
    regulatory: list[Entry]

    @classmethod
    def of(cls, state: IndexState, day: date) -> Self:
        live = {(one.doc_id, one.version) for one in in_force([entry.version for entry in state.entries], day)}
        found = cls({}, [])
        for entry in state.entries:
            version = entry.version
            if (version.doc_id, version.version) not in live:
                continue
            if version.kind == "regulatory":
                found.regulatory.append(entry)
            elif version.product_code is not None:
                found.products.setdefault(version.product_code, []).append(entry)
        return found


class CorpusRetriever:
    """Keeps ``protocols.Retriever`` over an index that ``CorpusIndex`` wrote.

    Args:
        home: State folder, the same as the index's.
        catalogue: The kinds of fact.
        encoder: The sentence encoder, the same as the index's.
        weights: How much each theme weighs for a brief of a product class; 1 is neutral.
        fit: How well a fact suits whom the message is for; 1 is neutral.
        place: Where the vectors live; default the folder ``qdrant`` under ``home``.
        k: Most pieces of evidence for a brief.
        rules: Most pieces of regulatory evidence among them.
    """

    def __init__(
        self,
        home: Path,
        catalogue: Catalogue,
        encoder: SentenceEncoder,
        weights: Callable[[Brief, Prediction, str], Mapping[Theme, float]],
        *,
        fit: Callable[[Evidence, Prediction], float] = lambda *_: 1.0,
        place: QdrantPlace | None = None,
        k: int = 12,
        rules: int = 2,
    ) -> None:
        self._store = DocumentStore(home)
        self._catalogue = catalogue
        self._encoder = encoder
        self._weights = weights
        self._fit = fit
        self._place = place or QdrantPlace(home / "qdrant")
        self._k = k
        self._rules = rules
        self._loaded: OpenIndex | None = None
        self._lock = threading.Lock()
        self._days: tuple[IndexState | None, dict[date, _InForce]] = (None, {})

    def warm_up(self) -> None:
        """Load encoder and index; the first call does it otherwise.

        Raises:
            BackendUnavailable: Qdrant does not answer.
            ModelMissing: The encoder's files are absent.
        """
        self._encoder.warm_up()
        self._open()

    def close(self) -> None:
        """Let go of the vector store."""
        with self._lock:
            if self._loaded is not None:
                self._loaded.client.close()
            self._loaded = None

    def product(self, product_code: str, as_of: date) -> DocumentVersion:
        """The main document version in force for a product: the one with most facts.

        Raises:
            UnknownProduct: No version of any document of this product is in force on that day.
        """
        entries = self._of_product(self._state(), product_code, as_of)
        return max(entries, key=lambda entry: (entry.facts, entry.units, entry.version.doc_id)).version

    def text(self, sha256: str) -> str:
        """The canonical text of a document version, past ones included.

        Raises:
            NotFound: It was never indexed.
        """
        return self._store.text(sha256)

    def facts(self, sha256: str) -> tuple[Evidence, ...]:
        """All facts of a document version that may be put into words, as indexing read them; none if it is unknown.

        Raises:
            BackendUnavailable: Qdrant does not answer.
        """
        loaded = self._open()
        entries = [entry for entry in loaded.state.entries if entry.version.sha256 == sha256]
        return tuple(fact for entry in entries for fact in loaded.facts(entry))

    def retrieve(self, brief: Brief, prediction: Prediction, policy: Policy) -> tuple[Evidence, ...]:
        """Evidence for a brief, at most ``k``, ids S1..Sk.

        What policy demands stands at the head; facts that can be put into words and evidence that only supports follow
        by score, then at most ``rules`` pieces of regulatory evidence.

        Raises:
            UnknownProduct: No document of the product is in force on the day.
            BackendUnavailable: Qdrant does not answer.
        """
        as_of = brief.as_of or policy.as_of
        loaded = self._open()
        own = self._in_language(self._of_product(loaded.state, brief.product_code, as_of), brief.language)

        weight = self._weights(brief, prediction, policy.product_class).__getitem__
        query = self._query(own, policy, prediction.intent, weight)
        found = loaded.search(own, query, as_of, 60)
        keyed = [(_key(one), one, score) for one, score in found]
        known = {key: one for key, one, _ in keyed}
        for entry in own:
            for fact in loaded.facts(entry):
                known.setdefault(_key(fact), fact)
        best = max((score for _, _, score in keyed), default=1.0) or 1.0
        relevance = {key: score / best for key, _, score in keyed}
        candidates = [
            Candidate(one, relevance.get(key, 0.0), self._fit(one, prediction), loaded.signature(key, one))
            for key, one in known.items()
        ]
        rules = self._rules_for(loaded, policy, query, as_of)
        chosen = choose(weigh(candidates, self._catalogue, weight), policy, self._k - len(rules))
        return numbered([*chosen, *rules])

    def _query(self, own: Sequence[Entry], policy: Policy, intent: str, weight: Callable[[Theme], float]) -> str:
        kinds = [kind for kind in self._catalogue.of_class(policy.product_class) if kind.id not in policy.must_not_say]
        wanted = [kind for kind in kinds if kind.id in policy.must_say]
        wanted += sorted((kind for kind in kinds if kind not in wanted), key=lambda kind: -weight(kind.theme))
        name = own[0].version.product_name or own[0].version.title
        aims = " ".join(kind.definition for kind in wanted[:_KINDS_IN_QUERY])
        return f"{name} ({policy.product_class.replace('_', ' ')}), {intent.replace('_', ' ')}. {aims}"

    def _rules_for(self, loaded: OpenIndex, policy: Policy, query: str, as_of: date) -> list[Evidence]:
        entries = [
            entry
            for entry in self._on(loaded.state, as_of).regulatory
            if not entry.version.product_classes or policy.product_class in entry.version.product_classes
        ]
        if not entries or self._rules <= 0:
            return []
        found = loaded.search(entries, query, as_of, self._rules)
        return [one.model_copy(update={"score": round(score, 6)}) for one, score in found[: self._rules]]

    def _of_product(self, state: IndexState, product_code: str, as_of: date) -> list[Entry]:
        entries = self._on(state, as_of).products.get(product_code, [])
        if not entries:
            known = any(entry.version.product_code == product_code for entry in state.entries)
            reason = (
                f"no document of {product_code!r} is in force on {as_of}"
                if known
                else f"no document names {product_code!r}"
            )
            raise UnknownProduct(f"product_code: {reason}")
        return entries

    def _on(self, state: IndexState, day: date) -> _InForce:
        """The documents in force on a day, worked out once for each state of the index."""
        known = self._days
        if known[0] is not state or len(known[1]) > _DAYS_KEPT:
            known = self._days = (state, {})
        found = known[1].get(day)
        if found is None:
            found = known[1][day] = _InForce.of(state, day)
        return found

    @staticmethod
    def _in_language(entries: Sequence[Entry], language: str) -> list[Entry]:
        """Documents in English (the encoder's language) or in the message's own; all, where there is neither."""
        readable = [entry for entry in entries if entry.version.language in {"en", language}]
        return readable or list(entries)

    def _state(self) -> IndexState:
        loaded = self._loaded
        if loaded is not None and loaded.mark == self._mark():
            return loaded.state
        return self._read_state()

    def _read_state(self) -> IndexState:
        state = self._store.state()
        if state is None or not state.entries:
            raise UnknownProduct("nothing is indexed yet", hint="Run `ragmarket index`.")
        return state

    def _mark(self) -> tuple[int, int]:
        try:
            status = self._store.state_path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_ino)

    def _open(self) -> OpenIndex:
        """The index as the last finished run left it; a newer run is noticed by its state file."""
        loaded = self._loaded
        # Outside the lock: who waits for a file while holding one makes all others wait for the file.
        if loaded is not None and loaded.mark == self._mark():
            return loaded
        with self._lock:
            mark = self._mark()
            if self._loaded is not None and self._loaded.mark == mark:
                return self._loaded
            state = self._read_state()
            self._loaded = OpenIndex.open(state, mark, self._place, self._encoder)
            return self._loaded


def _key(evidence: Evidence) -> tuple[str, int, str]:
    return (evidence.sha256 + evidence.doc_id + evidence.version, evidence.start, evidence.text)
