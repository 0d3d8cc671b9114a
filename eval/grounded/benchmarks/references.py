"""AttributionBench and SummEdits: is a claim held by its references, a summary by its document?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.grounded.benchmarks import scoring
from eval.grounded.benchmarks.kept import FeatureCache, labelled
from eval.grounded.benchmarks.sets import (
    SCORED_DOMAINS,
    attributionbench,
    summedits,
)
from eval.grounded.results import Benchmark, Published, Score
from ragmarket.compliance.grounding.passages.detector import AnswerDetector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


ATTRIBUTION_RECORDS = (
    Published("GPT-3.5 fine-tuned", "macro-F1", 0.80, "Li et al. 2024, arXiv 2402.15089, abstract; on the full test"),
)


_SUMMEDITS = "salesforce/factualNLG, README, 12/2023"


SUMMEDITS_RECORDS = {
    "ectsum": (("GPT-4", 0.870), ("QAFactEval", 0.726), ("SummaC", 0.579)),
    "sales_email": (("GPT-4", 0.795), ("ChatGPT", 0.655), ("QAFactEval", 0.636)),
    "sales_call": (("GPT-4", 0.879),),
}


def attribution(dev: Path, test: Path, cache: FeatureCache, seed: int) -> Benchmark:
    """AttributionBench: trained and thresholded on dev, scored on the repository's own 500-row sample of test."""
    import numpy as np

    known, held = attributionbench(dev), attributionbench(test)
    # Claims that stand in both files are not learnt from.
    seen = {(one.answer, one.passages) for one in held}
    known = [one for one in known if (one.answer, one.passages) not in seen]
    detector = AnswerDetector("balanced", seed).fit(labelled(known, cache.read("attributionbench dev", known)))
    scores = detector.score(cache.read("attributionbench test", held))
    wrong, flags = np.asarray([one.wrong for one in held]), scores >= detector.threshold
    groups = [one.group for one in held]
    parts = np.asarray([one.part for one in held])
    names = sorted(set(parts.tolist()))

    def over_parts(rows_: NDArray[Any]) -> float:
        return float(
            np.mean([scoring.macro_f1(wrong[own], flags[own]) for own in (rows_[parts[rows_] == one] for one in names)])
        )

    measures = [
        scoring.scored("macro-F1", over_parts, groups, seed),
        scoring.scored("AUROC", lambda rows_: scoring.auroc(wrong[rows_], scores[rows_]), groups, seed),
        Score("calibration error", scoring.calibration_error(wrong, scores)),
        *(Score(f"macro-F1, {one}", scoring.macro_f1(wrong[parts == one], flags[parts == one])) for one in names),
    ]
    return Benchmark(
        "AttributionBench test-500",
        len(held),
        tuple(measures),
        ATTRIBUTION_RECORDS,
        f"trained on {len(known)} rows of dev; macro-F1 is the mean over the source sets",
        (("attributionbench", measures[0].value),),
    )


def edited_summaries(path: Path, cache: FeatureCache, seed: int) -> list[Benchmark]:
    """SummEdits: each of the three domains nearest to bank copy, by a detector trained on all other domains."""
    import numpy as np

    examples = summedits(path)
    features = cache.read("summedits", examples)
    data = labelled(examples, features)
    found = []
    for domain in SCORED_DOMAINS:
        held = np.asarray([one.part == domain for one in examples])
        if not held.any():
            continue
        detector = AnswerDetector("balanced", seed).fit(data.rows(np.flatnonzero(~held)))
        places = np.flatnonzero(held).tolist()
        wrong = data.wrong[held]
        scores = detector.score([features[place] for place in places])
        flags = scores >= detector.threshold
        groups = [examples[place].group for place in places]
        measures = _of_domain(wrong, scores, flags, groups, seed)
        records = tuple(Published(*one, _SUMMEDITS) for one in _records(domain))
        gate = (domain.replace("_", "-"), measures[0].value)
        said = f"trained on {int((~held).sum())} rows of the other domains"
        found.append(Benchmark(f"SummEdits {domain}", len(places), measures, records, said, (gate,)))
    return found


def _of_domain(
    wrong: NDArray[np.bool_],
    scores: NDArray[np.float64],
    flags: NDArray[np.bool_],
    groups: Sequence[str],
    seed: int,
) -> tuple[Score, ...]:
    return (
        scoring.scored("balanced accuracy", lambda rows_: scoring.balanced(wrong[rows_], flags[rows_]), groups, seed),
        scoring.scored("AUROC", lambda rows_: scoring.auroc(wrong[rows_], scores[rows_]), groups, seed),
    )


def _records(domain: str) -> list[tuple[str, str, float]]:
    return [(system, "balanced accuracy", value) for system, value in SUMMEDITS_RECORDS[domain]]
