"""Known errors put into good messages: what stands in the text is changed in place, offsets kept right.

Each planter changes a released message as a careless writer, a stale index or a forger would, and gives back the
message with the number of the claim that is now wrong; None where the message offers no place for that error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from eval.grounded.altering import in_version, numbers_outside, other_number, standing_in, values, with_figures_of
from eval.grounded.desk import Released
from eval.rereading import NUMBER, numbers
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.message import Citation

LAST_PARENTHESES = re.compile(r"\s*\(([^()]+)\)(?=[.।]?$)")


@dataclass(frozen=True)
class Planted:
    """A message with one error: of which kind, in which claim, and what was changed."""

    kind: str
    message: Released
    claim: int
    was: str
    now: str


@dataclass(frozen=True)
class Surroundings:
    """What a planter may draw on: the bank's documents, and the other good messages."""

    documents: Sequence[DocumentVersion]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    messages: Sequence[Released]


Planter = Callable[[Released, Surroundings, random.Random], Planted | None]


@cache
def turned(what: str, language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The pairs of ``planting.yaml`` for a language."""
    data = yaml.safe_load((Path(__file__).parent / "planting.yaml").read_text(encoding="utf-8"))
    return tuple((re.compile(found), put) for found, put in data[what].get(language, ()))


def spliced(message: Released, index: int, text: str, citations: Sequence[Citation] | None = None) -> Released:
    """The message with another text, and perhaps other citations, for one claim; later claims move along."""
    claim = message.claims[index]
    shift = len(text) - (claim.end - claim.start)
    claims = []
    for place, one in enumerate(message.claims):
        if place == index:
            changed = {"text": text, "end": one.start + len(text)}
            if citations is not None:
                changed["citations"] = tuple(citations)
            claims.append(one.model_copy(update=changed))
        elif one.start >= claim.end:
            claims.append(one.model_copy(update={"start": one.start + shift, "end": one.end + shift}))
        else:
            claims.append(one)
    whole = message.text[: claim.start] + text + message.text[claim.end :]
    return replace(message, text=whole, claims=tuple(claims))


def wrong_figure(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A number of a claim becomes another that no cited quote holds."""
    for index in _shuffled(message, dice):
        claim = message.claims[index]
        found = numbers_outside(claim.text, around.names)
        dice.shuffle(found)
        for spot in found:
            put = other_number(spot.group(), standing_in(claim.citations), dice)
            if put is not None:
                text = claim.text[: spot.start()] + put + claim.text[spot.end() :]
                return Planted("wrong figure", spliced(message, index, text), index, claim.text, text)
    return None


def forged_quote(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A wrong figure, and the quote altered to agree with it."""
    planted = wrong_figure(message, around, dice)
    if planted is None:
        return None
    old, new = (set(NUMBER.findall(text)) for text in (planted.was, planted.now))
    claim = planted.message.claims[planted.claim]
    for before in sorted(old - new):
        for after in sorted(new - old):
            forged = [one.model_copy(update={"quote": one.quote.replace(before, after)}) for one in claim.citations]
            if [one.quote for one in forged] != [one.quote for one in claim.citations]:
                changed = spliced(planted.message, planted.claim, claim.text, forged)
                return Planted("wrong figure, forged quote", changed, planted.claim, planted.was, planted.now)
    return None


def swapped_name(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """Another of the bank's products is named in place of the message's own."""
    own = next(name for name, code in around.names.items() if code == message.product_code)
    inside = [index for index in _shuffled(message, dice) if own in message.claims[index].text]
    others = sorted(name for name, code in around.names.items() if code != message.product_code and name not in own)
    if not inside or not others:
        return None
    put = dice.choice(others)
    for index in range(len(message.claims)):
        message = spliced(message, index, message.claims[index].text.replace(own, put))
    return Planted("product named wrongly", message, inside[0], own, put)


def foreign_claim(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A claim of another product's message, with its citations, under this product's name."""
    return _foreign(message, around, dice, keep_citations=False)


def foreign_fact(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A fact of another product under this product's name and citation."""
    return _foreign(message, around, dice, keep_citations=True)


def dropped_condition(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:  # noqa: ARG001
    """A claim loses the parenthesis that qualified it."""
    for index in _shuffled(message, dice):
        claim = message.claims[index]
        text = LAST_PARENTHESES.sub("", claim.text)
        if text != claim.text:
            return Planted("dropped condition", spliced(message, index, text), index, claim.text, text)
    return None


def superseded(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A claim rests on the version before, with the figures of that version where it has the sentence otherwise."""
    for index in _shuffled(message, dice):
        claim = message.claims[index]
        current = claim.citations[0] if claim.citations else None
        if current is None:
            continue
        earlier = [
            one
            for one in around.documents
            if one.doc_id == current.doc_id and one.effective_to and one.effective_to < message.as_of
        ]
        if not earlier:
            continue
        old = max(earlier, key=lambda one: one.effective_from)
        citations = [in_version(one, old, around.texts[old.sha256]) for one in claim.citations]
        text = with_figures_of(claim, citations[0])
        return Planted("superseded version", spliced(message, index, text, citations), index, claim.text, text)
    return None


def wrong_citation(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:
    """A claim cites another passage of the same document, one that does not hold all of its figures."""
    for index in _shuffled(message, dice):
        claim = message.claims[index]
        if not claim.citations:
            continue
        first = claim.citations[0]
        text = around.texts[first.sha256]
        said = numbers(claim.text)
        cited = [(one.start, one.end) for one in claim.citations]
        lines = [
            found
            for found in re.finditer(r"[^\n]+", text)
            if len(found.group().split()) >= 4
            and not any(start < found.end() and found.start() < end for start, end in cited)
            and said - values(found.group())
        ]
        lines = [found for found in lines if numbers(found.group())] or lines
        if lines:
            line = dice.choice(lines)
            put = first.model_copy(update={"start": line.start(), "end": line.end(), "quote": line.group()})
            return Planted(
                "wrong citation", spliced(message, index, claim.text, [put]), index, first.quote, line.group()
            )
    return None


def lost_bound(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:  # noqa: ARG001
    """The direction of a bound is turned round: "at least" becomes "at most", "within" becomes "after"."""
    return _turned(message, "bound", "bound turned round", dice)


def lost_negation(message: Released, around: Surroundings, dice: random.Random) -> Planted | None:  # noqa: ARG001
    """What was denied is asserted: "no exit load" becomes "an exit load"."""
    return _turned(message, "negation", "negation lost", dice)


PLANTERS: dict[str, Planter] = {
    "wrong figure": wrong_figure,
    "wrong figure, forged quote": forged_quote,
    "product named wrongly": swapped_name,
    "claim of another product": foreign_claim,
    "fact of another product": foreign_fact,
    "dropped condition": dropped_condition,
    "superseded version": superseded,
    "wrong citation": wrong_citation,
    "bound turned round": lost_bound,
    "negation lost": lost_negation,
}


def _shuffled(message: Released, dice: random.Random) -> list[int]:
    order = list(range(len(message.claims)))
    dice.shuffle(order)
    return order


def _foreign(message: Released, around: Surroundings, dice: random.Random, *, keep_citations: bool) -> Planted | None:
    names = {code: name for name, code in around.names.items()}
    others = [
        one
        for one in around.messages
        if one.language == message.language and one.product_code != message.product_code and one.claims
    ]
    dice.shuffle(others)
    index = dice.randrange(len(message.claims))
    own = message.claims[index]
    for other in others:
        claim = other.claims[dice.randrange(len(other.claims))]
        text = claim.text.replace(names[other.product_code], names[message.product_code])
        if keep_citations and not numbers(text) - standing_in(own.citations):
            continue
        kind = "fact of another product" if keep_citations else "claim of another product"
        changed = spliced(message, index, text, own.citations if keep_citations else claim.citations)
        return Planted(kind, changed, index, own.text, text)
    return None


def _turned(message: Released, what: str, kind: str, dice: random.Random) -> Planted | None:
    for index in _shuffled(message, dice):
        claim = message.claims[index]
        for found, put in turned(what, message.language):
            text = found.sub(put, claim.text, count=1)
            if text != claim.text:
                return Planted(kind, spliced(message, index, text), index, claim.text, text)
    return None
