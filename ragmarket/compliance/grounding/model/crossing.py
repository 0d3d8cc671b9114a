"""Cross-fitting: features of pairs whose claim, language and kind, or kind the student that reads them never saw."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.model.cues import CueReader
from ragmarket.compliance.grounding.model.distillation import distil
from ragmarket.compliance.grounding.model.encoder import Student
from ragmarket.compliance.grounding.model.features import (
    KindTraits,
    Sentence,
    SentenceReader,
    pair_features,
    usual_cues,
)
from ragmarket.compliance.grounding.model.lines import NONE, Line
from ragmarket.compliance.grounding.model.pairs import Pair, PairMaker
from ragmarket.knowledge.catalogue import Catalogue
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.base import PRODUCT_CLASSES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

    Floats = NDArray[np.float32]

TENTHS = 10
HOLDS = ("phrasing", "language_kind", "kind")


@dataclass(frozen=True, slots=True)
class Lessons:
    """Everything that there is to learn from."""

    catalogue: Catalogue
    packs: Mapping[str, LanguagePack]
    phrasings: Sequence[Line]
    exemplars: Sequence[Line]
    bare: Sequence[Line]
    documents: Sequence[Line]
    promises: Sequence[Line]
    terms: Sequence[tuple[str, str, str]]

    @property
    def lines(self) -> list[Line]:
        """All lines."""
        return [*self.phrasings, *self.exemplars, *self.bare, *self.documents, *self.promises]


class Embedder:
    """An English encoder that says the same sentence once."""

    def __init__(self, encoder: TextEncoder, progress: Callable[[str], None]) -> None:
        self._encoder = encoder
        self._progress = progress
        self._known: dict[str, Floats] = {}

    def of(self, texts: Iterable[str]) -> Mapping[str, Floats]:
        """Vectors of these texts, among others."""
        missing = sorted({text for text in texts if text not in self._known}, key=lambda text: (len(text), text))
        if missing:
            self._progress(f"embedding {len(missing)} English sentences")
            self._known.update(zip(missing, self._encoder.embed(missing), strict=True))
        return self._known


def held(line: Line, fold: int, order: Mapping[str, int]) -> str:
    """Why a line is held out in this fold: its kind, its language and kind, the line alone, or "" where it is not."""
    if line.kind in order and order[line.kind] % TENTHS == fold:
        return "kind"
    if (
        line.language != "en"
        and zlib.crc32(f"{line.language}|{line.kind}".encode()) % TENTHS == fold
        and line.kind != NONE
    ):
        return "language_kind"
    return "phrasing" if line.key % TENTHS == fold else ""


def shuffled(kinds: Iterable[str], seed: int) -> dict[str, int]:
    """A place for each kind, in an order that knows nothing of the catalogue's."""
    names = sorted(kinds)
    random.Random(seed).shuffle(names)
    return {name: place for place, name in enumerate(names)}


def nearness(lessons: Lessons, english: Mapping[str, Floats]) -> dict[str, list[str]]:
    """For each kind, the others in order of nearness of their exemplars."""
    import numpy as np

    names = sorted(lessons.catalogue.kinds)
    means = np.stack(
        [np.mean([english[line.text] for line in lessons.exemplars if line.kind == name], axis=0) for name in names]
    )
    table = means @ means.T
    return {name: [names[k] for k in np.argsort(-table[row]) if k != row] for row, name in enumerate(names)}


def traits_of(lessons: Lessons, lines: Sequence[Line], kinds: Sequence[str], cues: CueReader) -> KindTraits:
    """Product classes of the kinds, and how often their lines deny and point."""
    import numpy as np

    classes = np.zeros((len(kinds) + 1, len(PRODUCT_CLASSES)), dtype=np.float32)
    for row, kind in enumerate(kinds):
        of = lessons.catalogue.kinds[kind].classes
        for name in of:
            classes[row, PRODUCT_CLASSES.index(name)] = len(of) ** -0.5
    number = {kind: place for place, kind in enumerate(kinds)}
    readings = [
        (line.language, number.get(line.kind, len(kinds)), cues.read(line.text, line.language)) for line in lines
    ]
    return KindTraits(classes, usual_cues(readings, len(kinds)))


def features_of(
    pairs: Sequence[Pair], student: Student, traits: KindTraits, cues: CueReader, english: Mapping[str, Floats]
) -> Floats:
    """Rows of features (n, features) of masked pairs with English evidence."""
    import numpy as np

    reader = SentenceReader(student, cues)
    texts = sorted({pair.evidence for pair in pairs})
    vectors = np.stack([english[text] for text in texts])
    evidence = dict(zip(texts, reader.read(texts, "en", vectors, evidence=True), strict=True))
    said: dict[tuple[str, str], Sentence] = {}
    for language in sorted({pair.language for pair in pairs}):
        claims = sorted({pair.claim for pair in pairs if pair.language == language})
        said.update(
            zip(((language, claim) for claim in claims), reader.read(claims, language, evidence=False), strict=True)
        )
    rows = [pair_features(said[p.language, p.claim], evidence[p.evidence], traits, p.language) for p in pairs]
    return np.array(rows, dtype=np.float32)


def cross_fitted(
    lessons: Lessons,
    embedder: Embedder,
    cues: CueReader,
    fold: int,
    *,
    epochs: int,
    seed: int,
    extra: Sequence[Pair] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Floats, list[Pair]]:
    """One fold: a student without the held-out lines, and the features of pairs of those.

    Args:
        lessons: Everything.
        embedder: The English encoder.
        cues: Reads cues.
        fold: 0 to 9; a tenth of the kinds, of the languages' kinds and of the lines are held out.
        epochs: The student's passes.
        seed: Of everything drawn.
        extra: English pairs from elsewhere, which the student does not learn from either.
        progress: Receives lines.
    """
    order = shuffled(lessons.catalogue.kinds, seed)
    reasons = {line: held(line, fold, order) for line in lessons.lines}
    kinds = [kind for kind in sorted(lessons.catalogue.kinds) if order[kind] % TENTHS != fold]
    learnt = [line for line in lessons.lines if not reasons[line]]
    english = embedder.of(
        [line.text for line in lessons.lines if line.language == "en"] + [term for *_, term in lessons.terms]
    )
    student = distil(learnt, lessons.terms, kinds, english, epochs=epochs, seed=seed + fold, progress=progress)
    traits = traits_of(lessons, learnt, kinds, cues)
    spoken = [line for line in (*lessons.exemplars, *lessons.documents, *lessons.phrasings) if line.language == "en"]
    evidence = [line for line in spoken if reasons[line] in ("phrasing", "kind")]
    # Evidence is read by the pretrained encoder first of all: kinds of which no sentence is held out lend known ones.
    have = {line.kind for line in evidence}
    evidence += [line for line in lessons.exemplars if line.kind != NONE and line.kind not in have]
    bare = [line for line in lessons.bare if reasons[line]]
    said = [line for line in lessons.phrasings if reasons[line]]
    maker = PairMaker(lessons.catalogue, lessons.packs, evidence, nearness(lessons, english), bare, said, cues)
    rng = random.Random(seed + fold)
    pairs = [pair for line in lessons.phrasings if reasons[line] for pair in maker.pairs(line, rng, reasons[line])]
    pairs += [pair for line in lessons.promises if reasons[line] for pair in maker.promised(line, rng, reasons[line])]
    pairs += extra
    rows = features_of(pairs, student, traits, cues, embedder.of(pair.evidence for pair in pairs))
    progress(f"fold {fold + 1}: {len(pairs)} pairs")
    return rows, pairs
