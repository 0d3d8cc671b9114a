"""What may stand around a disclaimer: words that announce it, and words that take it back."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import LANGUAGES, Frozen, Language


class DisclaimerFrames(Frozen):
    """By language: ``labels`` may announce a disclaimer, ``contradictions`` may not stand beside one.

    Nor may ``dismissals``, but in a sentence that holds one of the ``negations``.
    """

    labels: dict[Language, tuple[str, ...]]
    contradictions: dict[Language, tuple[str, ...]]
    dismissals: dict[Language, tuple[str, ...]]
    negations: dict[Language, tuple[str, ...]]


@lru_cache(maxsize=4)
def load_disclaimer_frames(path: Path = ROOT / "disclaimer_frames.yaml") -> DisclaimerFrames:
    """The frames of all languages.

    Raises:
        BadKnowledge: The file is wrong, or a language lacks a part of it.
    """
    frames = load(path, DisclaimerFrames)
    for name in DisclaimerFrames.model_fields:
        missing = [language for language in LANGUAGES if not getattr(frames, name).get(language)]
        if missing:
            raise BadKnowledge(path, None, f"{name}.{missing[0]}: there is none")
    return frames
