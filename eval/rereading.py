"""What is wrong with a released message, judged from its bytes alone, without the reviewer's help."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from ragmarket.bootstrap import House
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.message import CitedClaim, Result

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SCALES = (Decimal(1), Decimal(100_000), Decimal(10_000_000))
SCRIPTS = {
    "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ta": "TAMIL", "te": "TELUGU", "kn": "KANNADA", "ml": "MALAYALAM",
    "bn": "BENGALI", "gu": "GUJARATI",
}  # fmt: skip


def numbers(text: str) -> set[Decimal]:
    """The numbers written in a text, grouping commas folded."""
    return {Decimal(found.replace(",", "")) for found in NUMBER.findall(text)}


def _foreign_figures(claim: CitedClaim, name: str) -> list[str]:
    """Numbers of a claim, the product's name left out, that stand in none of its quotes."""
    stands = {figure.value for citation in claim.citations for figure in recognise(citation.quote)}
    stands |= {number for citation in claim.citations for number in numbers(citation.quote)}
    said = numbers(claim.text.replace(name, ""))
    return [str(number) for number in said if not any(number * scale in stands for scale in SCALES)]


def faults_of(house: House, result: Result) -> list[str]:
    """What is wrong with a released message, judged from the bytes alone."""
    faults = []
    text = result.text or ""
    documents = {(item.doc_id, item.version): item for item in house.documents()}
    for claim in result.claims:
        if text[claim.start : claim.end] != claim.text:
            faults.append("claim offsets")
        if not claim.citations:
            faults.append("claim without citation")
        for citation in claim.citations:
            document = documents[citation.doc_id, citation.version]
            if house.document_text(citation.sha256)[citation.start : citation.end] != citation.quote:
                faults.append("quote")
            if not document.in_force(result.as_of):
                faults.append("version not in force")
        cited = documents[claim.citations[0].doc_id, claim.citations[0].version]
        if _foreign_figures(claim, cited.product_name or cited.title):
            faults.append("figure")
    product = next(item for item in documents.values() if item.doc_id == result.claims[0].citations[0].doc_id)
    policy = house.policies.resolve(
        product_class=str(product.product_class), channel=result.channel, language=result.language, as_of=result.as_of
    )
    if [entry.id for entry in result.disclaimers] != [entry.id for entry in policy.disclaimers]:
        faults.append("disclaimers")
    for entry, wording in zip(result.disclaimers, policy.disclaimers, strict=False):
        if text.count(wording.text) != 1 or text[entry.start : entry.end] != wording.text:
            faults.append("disclaimer")
    if policy.max_chars is not None and len(text) > policy.max_chars:
        faults.append("length")
    if policy.max_sms_segments is not None and sms_segments(text)[2] > policy.max_sms_segments:
        faults.append("segments")
    letters = [unicodedata.name(char, "").split()[0] for char in text if char.isalpha() and not char.isascii()]
    if result.language != "en" and (not letters or set(letters) != {SCRIPTS[result.language]}):
        faults.append("script")
    return faults
