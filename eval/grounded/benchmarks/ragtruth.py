"""RAGTruth: which answers, and which of their sentences, the passages do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.grounded.benchmarks import scoring
from eval.grounded.benchmarks.kept import FeatureCache, labelled
from eval.grounded.benchmarks.sets import (
    Example,
    ragtruth_official,
    ragtruth_slice,
)
from eval.grounded.results import Benchmark, Published, Score
from ragmarket.compliance.grounding.passages.detector import AnswerDetector
from ragmarket.compliance.grounding.passages.labels import folds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.compliance.grounding.passages.features import AnswerFeatures

_LETTUCE = "LettuceDetect, assets/example_level_lettucedetect.png"


_REPRODUCTION = "hugoomez/rag-hallucination-detector, released predictions on the same rows"


RAGTRUTH_RECORDS = (
    Published("ModernBERT-large, 395M", "F1", 0.719, _REPRODUCTION),
    Published("ModernBERT-base, 149M", "F1", 0.675, _REPRODUCTION),
    Published("Llama-2-13B fine-tuned", "F1", 0.682, _LETTUCE),
    Published("Luna", "F1", 0.513, _LETTUCE),
    Published("GPT-4-turbo, prompted", "F1", 0.456, _LETTUCE),
    Published("always hallucinated", "F1", 0.324, "computed on these rows"),
    Published("ModernBERT-base, 149M", "span F1", 0.609, _REPRODUCTION),
    Published("ModernBERT-large, 395M", "span F1", 0.636, _REPRODUCTION),
)


def ragtruth_qa(path: Path, cache: FeatureCache, seed: int) -> Benchmark:
    """RAGTruth QA by cross-validation over sources: nested, so that no threshold sees the rows it is used on."""
    examples = ragtruth_slice(path)
    found = cross_validated(examples, cache.read("ragtruth qa", examples), seed)
    return _ragtruth("RAGTruth QA test", examples, *found, "five folds by source, thresholds from inner folds", seed)


def ragtruth_full(responses: Path, sources: Path, cache: FeatureCache, seed: int) -> list[Benchmark]:
    """RAGTruth's own files: trained on its train split, scored on its test split, each task by itself."""
    splits = ragtruth_official(responses, sources)
    found = []
    for task in ("QA", "Summary", "Data2txt"):
        known = [one for split, one in splits if split == "train" and one.part == task]
        held = [one for split, one in splits if split == "test" and one.part == task]
        if not held:
            continue
        features = cache.read(f"ragtruth {task} test", held)
        if known:
            learnt = cache.read(f"ragtruth {task} train", known)
            detector = AnswerDetector("f1", seed).fit(labelled(known, learnt))
            scores = detector.score(features)
            parts = (scores, scores >= detector.threshold, detector.sentences(features))
            said = f"trained on the {len(known)} rows of its train split"
        else:
            parts = cross_validated(held, features, seed)
            said = "five folds by source, thresholds from inner folds"
        found.append(_ragtruth(f"RAGTruth {task} test", held, *parts, said, seed))
    return found


def cross_validated(
    examples: Sequence[Example], features: Sequence[AnswerFeatures], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[NDArray[np.float64]]]:
    """Scores, flags and sentence probabilities of every example from models that have not seen its group."""
    import numpy as np

    data = labelled(examples, features)
    fold = folds(data.groups, data.wrong, seed)
    scores, flags = np.zeros(len(examples)), np.zeros(len(examples), dtype=bool)
    inside: list[NDArray[np.float64]] = [np.zeros(0)] * len(examples)
    for number in range(fold.max() + 1):
        held = np.flatnonzero(fold == number)
        detector = AnswerDetector("f1", seed).fit(data.rows(np.flatnonzero(fold != number)))
        own = [features[place] for place in held.tolist()]
        scores[held] = detector.score(own)
        flags[held] = scores[held] >= detector.threshold
        for place, probabilities in zip(held.tolist(), detector.sentences(own), strict=True):
            inside[place] = probabilities
    return scores, flags, inside


def _ragtruth(
    name: str,
    examples: Sequence[Example],
    scores: NDArray[np.float64],
    flags: NDArray[np.bool_],
    inside: Sequence[NDArray[np.float64]],
    fitted: str,
    seed: int,
) -> Benchmark:
    import numpy as np

    wrong = np.asarray([one.wrong for one in examples])
    groups = [one.group for one in examples]
    spans = [_marked(one, own, flag) for one, own, flag in zip(examples, inside, flags, strict=True)]
    gold = [one.spans for one in examples]
    measures: list[Score] = [
        scoring.scored("F1", lambda rows_: scoring.f1(wrong[rows_], flags[rows_]), groups, seed),
        scoring.scored("AUROC", lambda rows_: scoring.auroc(wrong[rows_], scores[rows_]), groups, seed),
        scoring.scored("balanced accuracy", lambda rows_: scoring.balanced(wrong[rows_], flags[rows_]), groups, seed),
        scoring.scored(
            "span F1",
            lambda rows_: scoring.span_f1([gold[row] for row in rows_], [spans[row] for row in rows_]),
            groups,
            seed,
            100,
        ),
        Score("precision", float(wrong[flags].mean()) if flags.any() else 0.0),
        Score("recall", float(flags[wrong].mean())),
        Score("calibration error", scoring.calibration_error(wrong, scores)),
    ]
    gates = (("ragtruth-f1", measures[0].value), ("ragtruth-auroc", measures[1].value)) if "QA" in name else ()
    records = RAGTRUTH_RECORDS if "QA" in name else ()
    return Benchmark(name, len(examples), tuple(measures), records, fitted, gates)


def _marked(one: Example, inside: NDArray[np.float64], flagged: bool) -> list[tuple[int, int]]:
    """In a flagged answer the sentences at least half as doubtful as the most doubtful one."""
    from ragmarket.compliance.grounding.passages.text import sentences

    if not flagged:
        return []
    places = sentences(one.answer)
    if len(places) != len(inside):
        return [(0, len(one.answer))]
    return [
        (place.start, place.end)
        for place, doubt in zip(places, inside, strict=True)
        if doubt >= 0.5 * float(inside.max())
    ]
