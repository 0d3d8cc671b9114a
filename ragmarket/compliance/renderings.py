"""Every sentence that the bank's phrasebook makes of a fact, as a reader sees it.

A claim that is one of them says what the fact says, and can be recognised years later from its bytes: no slot, no draft
and no model is needed, only the fact as it is read from the cited span. A sentence that is none of them may still be
true; whoever asks has to judge its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ragmarket.compliance.renderer import RUPEES, Renderer
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.evidence import Evidence


class Renderings:
    """Recognises rendered phrasings.

    Args:
        renderer: Splices figures as the line does.
        packs: Phrasings and conditions per language.
    """

    def __init__(self, renderer: Renderer, packs: Mapping[str, LanguagePack]) -> None:
        self._renderer = renderer
        self._packs = packs
        self._told = lru_cache(maxsize=4_096)(self._all)

    def proves(self, claim: str, evidence: Evidence, language: str, product_name: str) -> bool:
        """Whether a claim is a rendering of this fact, its conditions included."""
        if evidence.kind is None or not evidence.phrasable:
            return False
        return _bare(claim) in self._told(evidence, language, product_name)

    def of(self, evidence: Evidence, language: str, product_name: str) -> Sequence[str]:
        """All renderings of a fact, sorted, without their final stop; none of one that may not be put into words."""
        return sorted(self._told(evidence, language, product_name)) if evidence.kind and evidence.phrasable else ()

    def _all(self, evidence: Evidence, language: str, product_name: str) -> frozenset[str]:
        pack = self._packs[language]
        kind = str(evidence.kind)
        values = {slot.role: "{" + slot.name + "}" for slot in evidence.slots}
        ends = pack.joined.seconds.get(kind, frozenset())
        found = set()
        for phrase in pack.said_of(kind):
            conditions = pack.in_words_of(kind, phrase).conditions
            said = "; ".join(
                conditions[one.id].format(x="{" + one.slot + "}") if one.slot else conditions[one.id]
                for one in evidence.conditions
            )
            text = phrase.format(product="{product}", **values)
            end = pack.closing(text)
            template = f"{text.removesuffix(end)} ({said}){end}" if said else text
            found |= {
                _bare(self._renderer.sentence(template, evidence, language, product_name, rupee, joins=phrase in ends))
                for rupee in RUPEES
            }
        return frozenset(found)


def _bare(text: str) -> str:
    """A sentence with single blanks and without its final stop."""
    return " ".join(text.split()).removesuffix(".").removesuffix("।").rstrip()
