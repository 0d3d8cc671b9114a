"""FinQA detection: does the answer's number follow from the figures of a report?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.grounded.benchmarks import scoring
from eval.grounded.benchmarks.sets import (
    rows,
)
from eval.grounded.results import Benchmark, Published, Score
from ragmarket.compliance.grounding.passages.derivation import derivation_features
from ragmarket.compliance.grounding.passages.labels import best_threshold, folds
from ragmarket.compliance.grounding.passages.models import extra_trees

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FOLDINGS = 3
FINQA_RECORDS = (
    Published("Claude Haiku as judge", "F1", 0.54, "Kushal187/financial-rag-hallucination-detection, README"),
    Published("Llama-70B judging itself", "F1", 0.41, "the same"),
    Published("rules of its authors", "F1", 0.30, "the same"),
    Published("always unsupported", "F1", 0.45, "the same"),
)


def finqa(path: Path, seed: int) -> Benchmark:
    """FinQA detection: whether the answer's number can be derived, by cross-validation over documents."""
    import numpy as np

    found = list(rows(path))
    table = np.asarray(
        [
            derivation_features(row["question"], [text for _, text in row["context"]], str(row["answer"]))
            for row in found
        ]
    )
    wrong = np.asarray([not row["gold_supported"] for row in found])
    groups = [str(row["doc_id"]) for row in found]
    fold = folds(groups, wrong, seed)
    scores, flags = np.zeros(len(found)), np.zeros(len(found), dtype=bool)
    for number in range(fold.max() + 1):
        known, held = fold != number, fold == number
        unseen = _unseen(table[known], wrong[known], [groups[row] for row in np.flatnonzero(known)], seed)
        scores[held] = extra_trees(seed, 5).fit(table[known], wrong[known]).predict_proba(table[held])[:, 1]
        flags[held] = scores[held] >= best_threshold(unseen, wrong[known], "f1")
    measures = (
        scoring.scored("F1", lambda rows_: scoring.f1(wrong[rows_], flags[rows_]), groups, seed),
        scoring.scored("AUROC", lambda rows_: scoring.auroc(wrong[rows_], scores[rows_]), groups, seed),
        Score("precision", float(wrong[flags].mean()) if flags.any() else 0.0),
        Score("recall", float(flags[wrong].mean())),
    )
    return Benchmark(
        "FinQA detection",
        len(found),
        measures,
        FINQA_RECORDS,
        "five folds by document, thresholds from inner folds",
        (("finqa", measures[0].value),),
    )


def _unseen(
    table: NDArray[np.float64], wrong: NDArray[np.bool_], groups: Sequence[str], seed: int
) -> NDArray[np.float64]:
    """Scores of rows by models that have not seen their document, averaged over three ways of folding."""
    import numpy as np

    found = np.zeros(len(wrong))
    for number in range(_FOLDINGS):
        inner = folds(groups, wrong, seed + number)
        for part in range(inner.max() + 1):
            model = extra_trees(seed + number, 5).fit(table[inner != part], wrong[inner != part])
            found[inner == part] += model.predict_proba(table[inner == part])[:, 1] / _FOLDINGS
    return found
