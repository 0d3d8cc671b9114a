"""Features of a set, kept on disk between runs under a hash of all that they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from eval.grounded.benchmarks.sets import Example
from ragmarket.compliance.grounding.passages.features import EDITION, NAMES, AnswerFeatures, FeatureReader
from ragmarket.compliance.grounding.passages.labels import Labelled, sentence_labels

_SAVE_EVERY = 400


class FeatureCache:
    """Reads features, from disk where they were read before.

    Args:
        folder: Where they are kept.
        reader: Reads those that are not.
        fingerprint: Of the encoder behind it.
    """

    def __init__(self, folder: Path, reader: FeatureReader, fingerprint: str, console: Console) -> None:
        self._folder = folder
        self._reader = reader
        self._fingerprint = fingerprint
        self._console = console

    def read(self, name: str, examples: Sequence[Example]) -> list[AnswerFeatures]:
        """The features of every example; an answer without a sentence is read as one blank row."""
        known = self._load(name)
        keys = [self._key(one) for one in examples]
        missing = [place for place, key in enumerate(keys) if key not in known]
        for count, place in enumerate(track(missing, f"reading {name}", console=self._console) if missing else ()):
            known[keys[place]] = self._features(examples[place])
            if count % _SAVE_EVERY == _SAVE_EVERY - 1:
                self._save(name, known)
        if missing:
            self._save(name, known)
        return [known[key] for key in keys]

    def _features(self, one: Example) -> AnswerFeatures:
        import numpy as np

        try:
            return self._reader.read(one.question, one.passages, one.answer)
        except ValueError:
            return AnswerFeatures(
                np.asarray([[0, len(one.answer)]], dtype=np.int32), np.zeros((1, len(NAMES)), dtype=np.float32)
            )

    def _key(self, one: Example) -> str:
        body = json.dumps([EDITION, self._fingerprint, one.question, one.passages, one.answer])
        return hashlib.sha256(body.encode("utf-8")).hexdigest()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '-')}.npz"

    def _load(self, name: str) -> dict[str, AnswerFeatures]:
        import numpy as np

        path = self._path(name)
        try:
            with np.load(path) as kept:
                keys, ends = kept["keys"], kept["ends"]
                spans, matrix = kept["spans"], kept["matrix"]
        except (OSError, ValueError, KeyError, EOFError):
            return {}
        if matrix.shape[-1] != len(NAMES):
            return {}
        starts = np.concatenate([[0], ends[:-1]])
        return {
            str(key): AnswerFeatures(spans[start:end], matrix[start:end])
            for key, start, end in zip(keys, starts, ends, strict=True)
        }

    def _save(self, name: str, known: dict[str, AnswerFeatures]) -> None:
        import numpy as np

        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(name)
        ends = np.cumsum([len(one.matrix) for one in known.values()])
        half = path.with_suffix(".part.npz")
        np.savez_compressed(
            half,
            keys=np.asarray(list(known)),
            ends=ends,
            spans=np.concatenate([one.spans for one in known.values()]),
            matrix=np.concatenate([one.matrix for one in known.values()]),
        )
        half.replace(path)


def labelled(examples: Sequence[Example], features: Sequence[AnswerFeatures]) -> Labelled:
    """Examples with their features, ready to learn from; sentences are labelled where any example has spans."""
    import numpy as np

    marked = any(one.spans for one in examples)
    return Labelled(
        features,
        np.asarray([one.wrong for one in examples]),
        [one.group for one in examples],
        [sentence_labels(own, one.spans) for own, one in zip(features, examples, strict=True)] if marked else None,
    )
