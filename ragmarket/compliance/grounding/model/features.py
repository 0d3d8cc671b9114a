"""What is compared between a claim and an evidence sentence: meaning, kind of fact, terms, cues, figures, words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.model.cues import CueReader, Reading
from ragmarket.compliance.grounding.model.encoder import Student
from ragmarket.compliance.grounding.model.masking import figure_types, tokens
from ragmarket.compliance.paraphrase.skeleton import skeleton
from ragmarket.schemas.base import LANGUAGES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

VERSION = 1
NAMES = (
    "cosine_english", "cosine_student", "kind_agreement", "kind_overlap", "same_kind", "claim_kind_in_evidence",
    "evidence_kind_in_claim", "claim_kind_sure", "evidence_kind_sure", "claim_none", "evidence_none",
    "claim_terms_found", "evidence_terms_found", "terms_shared", "claim_terms", "evidence_terms",
    "claim_negated", "evidence_negated", "negation_differs", "claim_high", "claim_low", "evidence_high",
    "evidence_low", "direction_opposed", "groups_lost", "groups_added", "groups_shared", "condition_lost",
    "condition_added", "claim_types_found", "evidence_types_found", "claim_figures", "evidence_figures",
    "latin_found", "latin_missing", "sound_claim", "sound_evidence", "log_claim", "log_evidence", "log_ratio",
    "aligned_claim", "aligned_claim_low", "aligned_evidence", "same_language", "words_claim", "pairs_claim",
    "words_claim_low", "class_agreement", "claim_negation_odd", "claim_high_odd", "claim_low_odd",
    "evidence_negation_odd", "evidence_high_odd", "evidence_low_odd", "claim_negation_odd_there", "negation_odd_once",
    "direction_odd_once",
)  # fmt: skip
_LATIN = re.compile(r"\b[A-Z][A-Za-z]{2,}\b|\b[A-Z]{2,}\b")
_COMMON = frozenset(
    (
        "a", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do", "does",
        "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its",
        "may", "might", "must", "of", "on", "or", "our", "out", "shall", "she", "should", "so", "such", "than",
        "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "up", "was", "we", "were",
        "what", "when", "where", "which", "while", "who", "will", "with", "would", "you", "your", "#a", "#r", "#d",
        "#n",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, masked and read: what the features of any pair with it are made of."""

    words: tuple[str, ...]
    vector: Floats
    kinds: Floats
    reading: Reading
    types: tuple[str, ...]
    latin: frozenset[str]
    sounds: frozenset[str]
    content: tuple[str, ...]
    aligned: Floats
    english: Floats
    native: bool


class SentenceReader:
    """Reads sentences; what is told of a word is kept.

    Args:
        student: The encoder of all languages.
        cues: The reader of cues and terms.
    """

    def __init__(self, student: Student, cues: CueReader) -> None:
        self._student = student
        self._cues = cues
        self._word = lru_cache(maxsize=65_536)(self._vector_of)

    def _vector_of(self, word: str) -> Floats:
        vector: Floats = self._student.vectors(self._student.hidden([(word,)]))[0]
        return vector

    def read(
        self, masked: Sequence[str], language: str, english: Floats | None = None, *, evidence: bool
    ) -> list[Sentence]:
        """Read masked sentences.

        Args:
            masked: Sentences with masked figures.
            language: Their language; a sentence in Latin letters is read as English as well.
            english: The English encoder's vectors (n, 384), where it was asked; else the student's stand in.
            evidence: Whether the evidence's kind head, which knows the English encoder, is to be used.
        """
        import numpy as np

        words = [tokens(text) for text in masked]
        hidden = self._student.hidden(words)
        vectors = self._student.vectors(hidden)
        use_english = english is not None and evidence
        kinds = self._student.evidence_kinds(english, hidden) if use_english else self._student.kinds(hidden)  # type: ignore[arg-type]
        found = []
        for row, text in enumerate(masked):
            content = tuple(word for word in words[row] if word not in _COMMON)
            aligned = np.stack([self._word(word) for word in content]) if content else np.zeros((0, vectors.shape[1]))
            found.append(
                Sentence(
                    words=words[row],
                    vector=vectors[row],
                    kinds=kinds[row],
                    reading=self._cues.read(text, language),
                    types=figure_types(text),
                    latin=frozenset(
                        word.casefold() for word in _LATIN.findall(text[1:] if english is not None else text)
                    )
                    - _MASKED,
                    sounds=frozenset(sound for word in content if len(sound := skeleton(word)) > 2),
                    content=tuple(_stem(word) for word in content),
                    aligned=aligned.astype(np.float32),
                    english=vectors[row] if english is None else english[row],
                    native=_native(text),
                )
            )
        return found


_MASKED = frozenset(("amount", "rate", "duration", "count"))
_NATIVE = re.compile(r"[\u0900-\u0d7f]")


def _native(text: str) -> bool:
    return _NATIVE.search(text) is not None


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.isascii() and word.endswith(ending) and len(word) - len(ending) > 2:
            return word[: -len(ending)]
    return word


def _share(part: float, whole: float, otherwise: float = 0.0) -> float:
    return part / whole if whole else otherwise


@dataclass(frozen=True, slots=True)
class KindTraits:
    """What is usual for a kind.

    ``classes`` (kinds + 1, product classes) are unit rows over the classes that a kind is of; ``cues`` (languages,
    kinds + 1, 3) are the shares of its sentences that deny, point up and point down.
    """

    classes: Floats
    cues: Floats

    def usual(self, kinds: Floats, language: str) -> Floats:
        """Expected shares of the three cues in a sentence with these kind probabilities."""
        import numpy as np

        return np.asarray(kinds @ self.cues[LANGUAGES.index(language)], dtype=np.float32)


def usual_cues(readings: Sequence[tuple[str, int, Reading]], kinds: int) -> Floats:
    """The table of `KindTraits.cues` from (language, place of the kind, reading) of training sentences."""
    import numpy as np

    counts = np.zeros((len(LANGUAGES), kinds + 1, 3), dtype=np.float32)
    total = np.zeros((len(LANGUAGES), kinds + 1, 1), dtype=np.float32)
    for language, kind, reading in readings:
        place = LANGUAGES.index(language)
        counts[place, kind] += (reading.negations > 0, reading.high, reading.low)
        total[place, kind] += 1
    # A kind that a language has not phrased is as its sentences are elsewhere; nothing is ever certain.
    everywhere = (counts.sum(axis=0) + counts.sum(axis=(0, 1)) / max(1.0, float(total.sum()))) / (total.sum(axis=0) + 1)
    return np.asarray((counts + 2 * everywhere) / (total + 2), dtype=np.float32)


def pair_features(claim: Sentence, evidence: Sentence, traits: KindTraits, language: str) -> list[float]:
    """One row, in the order of `NAMES`.

    Args:
        claim: The claim.
        evidence: The evidence sentence.
        traits: What is usual for each kind.
        language: The claim's language.
    """
    import numpy as np

    c, e = claim.kinds, evidence.kinds
    said, held = c[:-1], e[:-1]
    best_c, best_e = int(said.argmax()), int(held.argmax())
    one, two = claim.reading, evidence.reading
    terms = one.terms & two.terms
    lost, added = two.groups - one.groups, one.groups - two.groups
    types_c, types_e = Counter(claim.types), Counter(evidence.types)
    types = sum((types_c & types_e).values())
    if len(claim.aligned) and len(evidence.aligned):
        table = claim.aligned @ evidence.aligned.T
        reach, back = np.sort(table.max(axis=1)), table.max(axis=0)
        aligned = (float(reach.mean()), float(reach[: max(1, len(reach) // 4)].mean()), float(back.mean()))
    else:
        aligned = (0.0, 0.0, 0.0)
    same = claim.native == evidence.native
    of_evidence = frozenset(evidence.content)
    found = sum(word in of_evidence for word in claim.content)
    pairs = set(zip(evidence.content, evidence.content[1:], strict=False))
    pairs_c = list(zip(claim.content, claim.content[1:], strict=False))
    log_c, log_e = math.log1p(len(claim.words)), math.log1p(len(evidence.words))
    grouped = float(((c @ traits.classes) * (e @ traits.classes)).sum())
    odd_c = _cues(one) - traits.usual(c, language)
    spoken = language if evidence.native else "en"
    odd_e = _cues(two) - traits.usual(e, spoken)
    # Were the evidence of the claim's kind: for evidence that was turned so far that its own kind is lost.
    odd_there = _cues(two) - traits.usual(c, spoken)
    return [
        float(claim.vector @ evidence.english),
        float(claim.vector @ evidence.vector),
        float(said @ held),
        float(np.sqrt(said * held).sum()),
        float(best_c == best_e),
        float(held[best_c]),
        float(said[best_e]),
        float(said[best_c]),
        float(held[best_e]),
        float(c[-1]),
        float(e[-1]),
        _share(len(terms), len(one.terms), 0.5),
        _share(len(terms), len(two.terms), 0.5),
        float(min(3, len(terms))),
        float(min(4, len(one.terms))),
        float(min(4, len(two.terms))),
        float(one.negations > 0),
        float(two.negations > 0),
        float((one.negations > 0) != (two.negations > 0)),
        float(one.high),
        float(one.low),
        float(two.high),
        float(two.low),
        float(
            (one.high and not one.low and two.low and not two.high)
            or (one.low and not one.high and two.high and not two.low)
        ),
        float(len(lost - {"only_if"})),
        float(len(added - {"only_if"})),
        float(len(one.groups & two.groups)),
        float("only_if" in lost),
        float("only_if" in added),
        _share(types, len(claim.types), 1.0),
        _share(types, len(evidence.types), 1.0),
        float(min(4, len(claim.types))),
        float(min(4, len(evidence.types))),
        _share(len(claim.latin & evidence.latin), len(claim.latin), 0.5),
        float(min(4, len(claim.latin - evidence.latin))),
        _share(len(claim.sounds & evidence.sounds), len(claim.sounds)),
        _share(len(claim.sounds & evidence.sounds), len(evidence.sounds)),
        log_c,
        log_e,
        log_c - log_e,
        *aligned,
        float(same),
        _share(found, len(claim.content)) if same else 0.0,
        _share(sum(one_pair in pairs for one_pair in pairs_c), len(pairs_c)) if same else 0.0,
        float(min(6, len(claim.content) - found)) if same else 0.0,
        grouped,
        *(float(value) for value in odd_c),
        *(float(value) for value in odd_e),
        float(odd_there[0]),
        float(abs(odd_c[0] - odd_e[0])),
        float(abs((odd_c[1] - odd_c[2]) - (odd_e[1] - odd_e[2]))),
    ]


def _cues(reading: Reading) -> Floats:
    import numpy as np

    return np.array([reading.negations > 0, reading.high, reading.low], dtype=np.float32)
