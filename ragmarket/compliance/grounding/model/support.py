"""The support model: pairs in, calibrated probabilities out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.model.classifier import LABELS
from ragmarket.compliance.grounding.model.cues import CueReader
from ragmarket.compliance.grounding.model.features import Sentence, SentenceReader, pair_features
from ragmarket.compliance.grounding.model.masking import mask
from ragmarket.compliance.grounding.model.store import RETRAIN, SHIPPED, Weights, load
from ragmarket.errors import ModelMissing
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.base import LANGUAGES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

    Floats = NDArray[np.float32]

_KEPT = 8_192


class StudentSupport:
    """Judges pairs by the student encoder and the classifier behind it.

    The English encoder sees evidence sentences that are English, and each of them once: what it said is kept. Weights
    are read at the first pair.

    Args:
        encoder: The English sentence encoder that the student was trained after.
        packs: Language packs, for their terms.
        folder: Weights and their card; the shipped ones by default.
    """

    def __init__(self, encoder: TextEncoder, packs: Mapping[str, LanguagePack], folder: Path = SHIPPED) -> None:
        self._encoder = encoder
        self._packs = packs
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: tuple[Weights, SentenceReader] | None = None
        self._claims: OrderedDict[tuple[str, str], Sentence] = OrderedDict()
        self._evidence: OrderedDict[tuple[str, str], Sentence] = OrderedDict()

    @property
    def name(self) -> str:
        """The model and the first figures of its weights' hash."""
        return self._ready()[0].name

    def _ready(self) -> tuple[Weights, SentenceReader]:
        with self._lock:
            if self._loaded is None:
                weights = load(self._folder)
                if weights.card["encoder"]["fingerprint"] != self._encoder.fingerprint:
                    wanted = weights.card["encoder"]["name"]
                    raise ModelMissing(
                        f"the support model was trained after {wanted}, not {self._encoder.name}", hint=RETRAIN
                    )
                self._loaded = weights, SentenceReader(weights.student, CueReader(self._packs))
            return self._loaded

    def score(self, claims: Sequence[str], evidence: Sequence[str], language: str) -> NDArray[np.float64]:
        """Probabilities of supported, contradicted and unsupported for each pair, shape (n, 3), rows summing to one.

        Args:
            claims: One claim a pair.
            evidence: The evidence sentence of each, English or in the claims' language.
            language: The claims' language.

        Raises:
            ValueError: The language is unknown, or the lists differ in length.
            ModelMissing: The weights are absent, broken, or were trained after another encoder.
        """
        import numpy as np

        if language not in LANGUAGES:
            raise ValueError(f"language: {language!r} is not one of {', '.join(LANGUAGES)}")
        if len(claims) != len(evidence):
            raise ValueError(f"evidence: {len(evidence)} sentences for {len(claims)} claims")
        if not claims:
            return np.zeros((0, len(LABELS)))
        weights, _ = self._ready()
        said = self._sentences(claims, language, evidence=False)
        held = self._sentences(evidence, language, evidence=True)
        rows = np.array(
            [pair_features(c, e, weights.traits, language) for c, e in zip(said, held, strict=True)], dtype=np.float32
        )
        found = weights.classifier.probabilities(rows, [language] * len(rows)).astype(np.float64)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def _sentences(self, texts: Sequence[str], language: str, *, evidence: bool) -> list[Sentence]:
        """Each text read once, as long as it is kept."""
        kept = self._evidence if evidence else self._claims
        keys = [(text, language) for text in texts]
        with self._lock:
            found = {key: kept[key] for key in set(keys) if key in kept}
        missing = sorted({key for key in keys if key not in found})
        for key, one in zip(
            missing, self._read([text for text, _ in missing], language, evidence=evidence), strict=True
        ):
            found[key] = one
        with self._lock:
            for key in set(keys):
                kept[key] = found[key]
                kept.move_to_end(key)
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        return [found[key] for key in keys]

    def _read(self, texts: Sequence[str], language: str, *, evidence: bool) -> list[Sentence]:
        _, reader = self._ready()
        masked = [mask(text, language) for text in texts]
        if not evidence:
            return reader.read(masked, language, evidence=False)
        # The English encoder knows nothing of other scripts; there the student stands in for it.
        english = [place for place, text in enumerate(masked) if _latin(text)]
        found: dict[int, Sentence] = {}
        if english:
            chosen = [masked[place] for place in english]
            found.update(
                zip(english, reader.read(chosen, "en", self._encoder.embed(chosen), evidence=True), strict=True)
            )
        native = [place for place in range(len(masked)) if place not in found]
        if native:
            found.update(zip(native, reader.read([masked[p] for p in native], language, evidence=True), strict=True))
        return [found[place] for place in range(len(masked))]


def _latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return sum(char.isascii() for char in letters) * 2 >= len(letters)
