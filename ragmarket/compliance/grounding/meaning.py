"""How near a claim is to its evidence in meaning, whatever their languages.

Native words are read in English one by one, and what comes of it is held against the evidence by the English sentence
encoder. It says whether the two speak of the same, not whether the one is true by the other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.glosses import load_glossary
from ragmarket.compliance.grounding.tongue import tongue_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

    Floats = NDArray[np.float32]

_KEPT = 8_192


class Meaning:
    """Holds texts against one another; what the encoder said of a text is kept.

    Args:
        encoder: The English sentence encoder.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def nearness(self, claim: str, evidence: Sequence[str], language: str) -> list[float]:
        """The cosine of the claim and each piece of evidence, in [-1, 1].

        Args:
            claim: In NFC.
            evidence: Sentences or whole passages, in NFC.
            language: The claim's language.

        Raises:
            BadKnowledge: A glossary is wrong; names its line.
        """
        said, *held = self._vectors([self.english(text, language) for text in (claim, *evidence)])
        return [float(said @ one) for one in held]

    @staticmethod
    def english(text: str, otherwise: str) -> str:
        """The text in English, word by word.

        Args:
            text: In NFC.
            otherwise: Its language where the text itself does not tell Hindi from Marathi.
        """
        tongue = tongue_of(text, otherwise)
        return text if tongue == "en" else load_glossary(tongue).english(text)

    def _vectors(self, texts: Sequence[str]) -> list[Floats]:
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = sorted({text for text in texts if text not in found})
        if missing:
            found.update(zip(missing, self._encoder.embed(missing), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = found[text]
                self._kept.move_to_end(text)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return [found[text] for text in texts]
