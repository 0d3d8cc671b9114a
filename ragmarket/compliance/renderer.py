"""From a draft with slots to the final text, every character accounted for.

The renderer is the only writer of figures, product names and disclaimers. It lays the message out for its channel, with
the mandatory text in its place, and knows for each figure which source span it was spliced from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ragmarket.compliance.formats import slot_text
from ragmarket.compliance.product_names import fitted
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.errors import UndecodableOutput
from ragmarket.knowledge.catalogue import Catalogue, Role
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.compliance import DisclaimerText, Policy
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import Evidence, Slot
from ragmarket.schemas.message import Message, RenderedClaim, RenderedDisclaimer, RenderedFigure

CONDITION_ROLES = {"min_charge": Role(type="amount", bound="from"), "max_charge": Role(type="amount", bound="up_to")}
SLOT = re.compile(r"\{(product|S\d+[a-z])\}")
# GSM-7 has no rupee sign; one sign would turn an English SMS into UCS-2 and halve its room.
RUPEE, RUPEE_GSM = RUPEES = ("₹", "Rs ")


class _Page:
    """Text under construction; ``mark`` tells where the next piece will start."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.mark = 0

    def add(self, text: str) -> tuple[int, int]:
        start = self.mark
        self._pieces.append(text)
        self.mark += len(text)
        return start, self.mark

    @property
    def text(self) -> str:
        return "".join(self._pieces)


def _addressed(opening: str | None, pack: LanguagePack) -> Sequence[str]:
    """The opening of a letter: its salutation, which stands on a line of its own, and the rest."""
    salutation = next((one for one in pack.salutations if opening and opening.startswith(f"{one} ")), "")
    return [part for part in (salutation, (opening or "").removeprefix(salutation).lstrip()) if part]


class Renderer:
    """Splices figures, product names and disclaimers.

    Args:
        catalogue: Says which bounds and periods a kind's phrasings already hold.
        packs: Formats per language.
    """

    def __init__(self, catalogue: Catalogue, packs: Mapping[str, LanguagePack]) -> None:
        self._catalogue = catalogue
        self._packs = packs

    def _role(self, slot: Slot, item: Evidence) -> Role | None:
        """What the words around the slot already say; a condition says a bound only when its name does."""
        if any(condition.slot == slot.name for condition in item.conditions):
            return CONDITION_ROLES.get(slot.role)
        return self._catalogue.kinds[item.kind].roles.get(slot.role) if item.kind else None

    def _splice(
        self,
        template: str,
        pack: LanguagePack,
        evidence: Mapping[str, Evidence],
        product_name: str,
        rupee: str,
        *,
        joins: bool = False,
    ) -> tuple[str, list[RenderedFigure]]:
        template = fitted(template, product_name, pack.formats.after_name)
        page, figures, last = _Page(), list[RenderedFigure](), 0
        for match in SLOT.finditer(template):
            piece = template[last : match.start()]
            # "… 6.25% p.a." closes its sentence with its own stop.
            page.add(piece.removeprefix(".") if page.text.endswith(".") else piece)
            last = match.end()
            name = match.group(1)
            if name == "product":
                page.add(product_name)
                continue
            item = evidence.get(name[:-1])
            slot = next((slot for slot in item.slots if slot.name == name), None) if item else None
            if item is None or slot is None:
                raise UndecodableOutput(f"the draft names the figure {name}, which was not retrieved")
            text = slot_text(slot, self._role(slot, item), pack, rupee)
            start, _ = page.add(text.text)
            figures += [
                RenderedFigure(
                    start=start + begin,
                    end=start + end,
                    slot=name,
                    evidence=item.id,
                    source_start=figure.start,
                    source_end=figure.end,
                    source_text=figure.text,
                )
                for begin, end, figure in text.parts
            ]
        page.add(template[last:].removeprefix(".") if page.text.endswith(".") else template[last:])
        # A sentence that begins with a rendered bound ("up to …") still begins with a capital.
        return page.text if joins else page.text[:1].upper() + page.text[1:], figures

    @staticmethod
    def _spoken(template: str, pack: LanguagePack, item: Evidence | None) -> LanguagePack:
        """The pack in the register of a claim's words; words that are no phrasing of the kind are warm."""
        if item is None or item.kind not in pack.kinds:
            return pack
        values = {slot.role: "{" + slot.name + "}" for slot in item.slots}
        phrase = max(
            (
                phrase
                for phrase in pack.said_of(item.kind)
                if template.startswith(phrase.removesuffix(pack.closing(phrase)).format(product="{product}", **values))
            ),
            key=len,
            default="",
        )
        return pack.in_words_of(item.kind, phrase)

    def sentence(
        self,
        template: str,
        evidence: Evidence,
        language: str,
        product_name: str,
        rupee: str = RUPEE,
        *,
        joins: bool = False,
    ) -> str:
        """One slotted sentence as a message would hold it, or, where it ``joins``, the end of one."""
        pack = self._spoken(template, self._packs[language], evidence)
        return self._splice(template, pack, {evidence.id: evidence}, product_name, rupee, joins=joins)[0]

    def render(self, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str) -> Message:
        """Lay out one message.

        Raises:
            UndecodableOutput: The draft names a figure that was not retrieved, or letters that only combine into NFC
                where its pieces meet; a grammar-bound engine cannot do the first.
        """
        pack = self._packs[policy.language]
        by_id = {item.id: item for item in evidence}
        rupee = RUPEE_GSM if policy.channel == "sms" and policy.language == "en" else RUPEE
        gap, paragraph = (" ", " ") if policy.channel in {"sms", "push"} else ("\n", "\n\n")
        page = _Page()
        claims: list[RenderedClaim] = []
        disclaimers: list[RenderedDisclaimer] = []

        def separate(mark: str) -> None:
            if page.mark:
                page.add(mark)

        def disclaim(entries: Sequence[DisclaimerText]) -> None:
            for number, entry in enumerate(entries):
                separate(gap if number else paragraph)
                start, end = page.add(entry.text)
                approval = entry.approval
                disclaimers.append(
                    RenderedDisclaimer(
                        id=entry.id,
                        language=entry.language,
                        sha256=entry.sha256,
                        start=start,
                        end=end,
                        approval=f"{approval.approver} {approval.date.isoformat()}" if approval else None,
                        provenance=entry.provenance,
                    )
                )

        disclaim([entry for entry in policy.disclaimers if entry.placement == "start"])
        for part in _addressed(draft.opening, pack) if policy.channel == "email" else filter(None, [draft.opening]):
            separate(paragraph)
            page.add(self._splice(part, pack, by_id, product_name, rupee)[0])
        for number, claim in enumerate(draft.claims):
            if claim.bridge:
                separate(paragraph)
                page.add(self._splice(claim.bridge, pack, by_id, product_name, rupee)[0])
            separate(" " if claim.joins else gap if number else paragraph)
            spoken = self._spoken(claim.text, pack, by_id.get(claim.cites[0]) if claim.cites else None)
            text, figures = self._splice(claim.text, spoken, by_id, product_name, rupee, joins=claim.joins)
            start, end = page.add(text)
            moved = tuple(f.model_copy(update={"start": f.start + start, "end": f.end + start}) for f in figures)
            claims.append(
                RenderedClaim(text=text, template=claim.text, start=start, end=end, cites=claim.cites, figures=moved)
            )
        if draft.cta:
            separate(paragraph)
            page.add(self._splice(draft.cta, pack, by_id, product_name, rupee)[0])
        disclaim([entry for entry in policy.disclaimers if entry.placement == "end"])
        subject = self._splice(draft.subject, pack, by_id, product_name, rupee)[0] if draft.subject else None
        text = page.text
        if unicodedata.normalize("NFC", text) != text:
            # Offsets were counted on these pieces; a text that NFC would change must never be released.
            raise UndecodableOutput("the rendered text is not in NFC")
        return Message(
            text=text,
            subject=subject,
            language=policy.language,
            channel=policy.channel,
            claims=tuple(claims),
            disclaimers=tuple(disclaimers),
            sms_segments=sms_segments(text)[2] if policy.channel == "sms" else None,
        )
