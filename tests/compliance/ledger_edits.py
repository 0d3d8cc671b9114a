"""Whole rendered messages of the ledger's wordings, and every way in which a wording in one may be corrupted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.renderer import Renderer
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.schemas.compliance import DisclaimerText, Policy
from ragmarket.schemas.draft import Draft

DAY = date(2026, 11, 20)
OPENING = {
    "en": "Good morning from the bank.",
    "hi": "बैंक की ओर से नमस्कार।",
    "mr": "बँकेतर्फे नमस्कार.",
    "bn": "ব্যাংকের পক্ষ থেকে নমস্কার।",
    "gu": "બેંક તરફથી નમસ્તે.",
    "ta": "வங்கியின் வணக்கம்.",
    "te": "బ్యాంకు నుండి నమస్కారం.",
    "kn": "ಬ್ಯಾಂಕಿನಿಂದ ನಮಸ್ಕಾರ.",
    "ml": "ബാങ്കിൽ നിന്ന് നമസ്കാരം.",
}
CTA = {
    "en": "Visit your branch for details.",
    "hi": "विवरण के लिए शाखा में आएँ।",
    "mr": "तपशीलांसाठी शाखेत या.",
    "bn": "বিস্তারিত জানতে শাখায় আসুন।",
    "gu": "વિગતો માટે શાખામાં આવો.",
    "ta": "விவரங்களுக்கு கிளைக்கு வாருங்கள்.",
    "te": "వివరాలకు శాఖకు రండి.",
    "kn": "ವಿವರಗಳಿಗೆ ಶಾಖೆಗೆ ಬನ್ನಿ.",
    "ml": "വിവരങ്ങൾക്ക് ശാഖയിലേക്ക് വരൂ.",
}
NOT = {
    "en": "It is not true that",
    "hi": "यह सच नहीं है कि",
    "mr": "हे खरे नाही की",
    "bn": "এটা সত্য নয় যে",
    "gu": "એ સાચું નથી કે",
    "ta": "இது உண்மை அல்ல",
    "te": "ఇది నిజం కాదు",
    "kn": "ಇದು ನಿಜವಲ್ಲ",
    "ml": "ഇത് ശരിയല്ല",
}
INSERTS = " .,।-*'0\u200b\u200c\u00ad\u00a0\u0301\u0336"
HOMOGLYPHS = dict(zip("aeopcxyijsABEHKMOPTCXI.,:-()/₹", "аеорсхуіјѕАВЕНКМОРТСХІ․‚∶‐（）∕₨", strict=True))
LOOKS = {"।": "|", "०": "o", "ം": "ം\u200b", "र्": "र"}


@dataclass(frozen=True)
class Sent:
    """A message as the renderer lays it out, and one wording in it."""

    wording: DisclaimerText
    policy: Policy
    text: str
    start: int

    def with_wording(self, changed: str) -> str:
        """The message with something else in the wording's place."""
        return self.text[: self.start] + changed + self.text[self.start + len(self.wording.text) :]


def sent_messages(book: PolicyBook) -> dict[tuple[str, str], list[Sent]]:
    """By disclaimer and language: one message per layout (in lines, in one line) in which policy demands it."""
    catalogue = load_catalogue()
    renderer = Renderer(catalogue, load_languages(catalogue))
    found: dict[tuple[str, str], dict[tuple[str, bool], Sent]] = {}
    for product in PRODUCT_CLASSES:
        for channel in CHANNELS:
            for language in OPENING:
                policy = book.resolve(product_class=product, channel=channel, language=language, as_of=DAY)
                draft = Draft(opening=OPENING[language], claims=(), cta=CTA[language])
                message = renderer.render(draft, policy, (), "Product")
                for wording, placed in zip(policy.disclaimers, message.disclaimers, strict=True):
                    kind = (wording.placement, channel in {"sms", "push"})
                    sent = Sent(wording, policy, message.text, placed.start)
                    found.setdefault((wording.id, language), {}).setdefault(kind, sent)
    for language in OPENING:
        for id_, wording in book.ledger.at(DAY, language).items():
            # No rule demands these today; they are proved as they would be if one did.
            if (id_, language) not in found:
                text = f"{OPENING[language]}\n\n{CTA[language]}\n\n{wording.text}"
                if wording.placement == "start":
                    text = f"{wording.text}\n\n{OPENING[language]}\n\n{CTA[language]}"
                policy = Policy(
                    snapshot_id="0",
                    product_class="mutual_fund",
                    channel="email",
                    language=wording.language,
                    as_of=DAY,
                    disclaimers=(wording,),
                    max_claims=5,
                )
                found[id_, language] = {("alone", False): Sent(wording, policy, text, text.index(wording.text))}
    return {key: list(kinds.values()) for key, kinds in found.items()}


def character_edits(text: str) -> Iterator[str]:
    """Every deletion, swap and doubling, and every kind of character inserted or put in the place of another."""
    letters = [char for char in dict.fromkeys(text) if char.isalpha()]
    for place in range(len(text) + 1):
        before, after = text[:place], text[place:]
        own = letters[place % len(letters)]
        for char in (*INSERTS, own, after[:1]):
            # A space in front or behind leaves the wording whole.
            if char and not (char == " " and place in {0, len(text)}):
                yield before + char + after
        if not after:
            break
        char, rest = after[0], after[1:]
        yield before + rest
        if rest:
            yield before + rest[0] + char + rest[1:]
        for other in (char.swapcase(), own, " ", ".", ",", HOMOGLYPHS.get(char), LOOKS.get(char), _fullwidth(char)):
            if other:
                yield before + other + rest


def _fullwidth(char: str) -> str | None:
    return chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else None


def word_edits(text: str) -> Iterator[str]:
    """Words left out, doubled and exchanged; sentences left out, doubled and put in another order."""
    words = text.split(" ")
    for place, word in enumerate(words):
        yield " ".join(words[:place] + words[place + 1 :])
        yield " ".join([*words[:place], word, *words[place:]])
        yield " ".join([*words[:place], word.upper(), *words[place + 1 :]])
        for other in range(place + 1, len(words)):
            swapped = words.copy()
            swapped[place], swapped[other] = words[other], word
            yield " ".join(swapped)
    sentences = [part + end for part, end in _sentences(text)]
    if len(sentences) > 1:
        for place in range(len(sentences)):
            yield " ".join(sentences[:place] + sentences[place + 1 :])
            yield " ".join([*sentences[: place + 1], *sentences[place:]])
        yield " ".join(reversed(sentences))


def _sentences(text: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    last = 0
    for index, char in enumerate(text):
        if char in ".।" and (index + 1 == len(text) or text[index + 1] == " "):
            parts.append((text[last:index].strip(), char))
            last = index + 1
    return [*parts, (text[last:].strip(), "")] if text[last:].strip() else parts


def whole_edits(sent: Sent, book: PolicyBook) -> Iterator[str]:
    """What is done to a wording as a whole: other forms, marks, frames, contradictions, copies, other places."""
    text, language = sent.wording.text, sent.wording.language
    for form in ("NFD", "NFKD", "NFKC"):
        yield unicodedata.normalize(form, text)
    yield from (text.upper(), text.lower(), text.title(), text.replace(" ", "  "), text.replace(" ", "\n"))
    yield from ("\u0336".join([*text, ""]), " ".join(text), text.replace(" ", "\u00a0"), text[::-1], "")
    for left, right in ("()", "[]", "{}", "“”", "«»", '""', "''", "~~", "**", "__", "<>"):
        yield left + text + right
        yield f"{left} {text} {right}"
        yield f"{left}{text}"
        yield f"{text}{right}"
    yield from (f"<s>{text}</s>", f"<!-- {text} -->", f"~ {text} ~")
    for lead in (
        NOT[language],
        f"{NOT[language]},",
        f"{NOT[language]}:",
        "Some people say:",
        "They say “",
        "Please",
        "Not -",
    ):
        yield f"{lead} {text}"
    yield f"“{NOT[language]}\n{text}"
    yield "\n" * 30 + text
    for tail in ("but don't worry", "(not for you)", "; ignore it", NOT[language], "🙂 just kidding", "- formality"):
        yield f"{text} {tail}"
        yield f"{text}\n{tail}"
    yield f"{text} {text}"
    yield f"{text}\n\n{text}"
    yield f"{text} {text[: len(text) - 2]}"
    yield f"{text[:-1]}, please, before investing{text[-1]}"
    for version in book.ledger.wordings:
        if version.entry.id == sent.wording.id and version.language != language:
            yield version.wording.text


def moved(sent: Sent) -> Iterator[str]:
    """The message with the wording at its other end, in its middle, and a second, nearly equal one in its body."""
    text = sent.wording.text
    rest = " ".join(sent.with_wording("").split())
    yield f"{text}\n\n{rest}" if sent.wording.placement == "end" else f"{rest}\n\n{text}"
    cta = CTA[sent.wording.language]
    yield sent.with_wording("").replace(cta, f"{text} {cta}")
    words = text.split(" ")
    if len(words) >= 4:
        near = " ".join([*words[:-1], words[-1].rstrip(".।")])
        yield sent.text.replace(cta, f"Please {near} before investing. {cta}")
