"""What the classifier reads of a message: neither approved wordings nor what others are quoted with to be rejected.

Training reads its copy through here as well, so that it learns from what it will be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ragmarket.compliance.paraphrase.samples import Sample
from ragmarket.compliance.rules.disclosures import exact_spans, outside
from ragmarket.compliance.rules.hearsay import rejected_quotations
from ragmarket.compliance.rules.lexicon import Words
from ragmarket.compliance.rules.matching import Span


def open_text(text: str, words: Words, masked: Sequence[Span] = ()) -> str:
    """``text`` without ``masked`` spans and rejected quotations; every other character keeps its place."""
    shown = outside(text, masked)
    for start, end in rejected_quotations(shown, words):
        # The sentence around a quotation goes on behind it.
        shown = shown[:start] + " " * (end - start) + shown[end:]
    return shown


def as_served(samples: Iterable[Sample], words: Words, wordings: Mapping[str, Sequence[str]]) -> list[Sample]:
    """Samples as review would show them to the classifier; those of which nothing is left are left out.

    Args:
        samples: Written copy.
        words: The claim rules' words, by which quotations are judged.
        wordings: The ledger's wordings by language code; a tongue's language is what stands before its "_".
    """
    found = []
    for one in samples:
        known = wordings.get(one.tongue.partition("_")[0], ())
        masked = sorted({span for wording in known for span in exact_spans(one.text, wording)})
        text = open_text(one.text, words, masked)
        if text.strip():
            found.append(replace(one, text=text))
    return found
