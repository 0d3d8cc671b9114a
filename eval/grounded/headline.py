"""The headline: how much of what is written is held by the documents, in every arm, language and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eval.grounded.arms import Arm, Outcome
from eval.grounded.desk import FLAGGED, Desk
from eval.grounded.experiment import Experiment
from eval.grounded.resampling import Estimate, cluster_share
from eval.rereading import SCALES, numbers

MEASURES = (
    "answered, possible briefs",
    "refused, all briefs",
    "unsupported claims",
    "contradicted claims",
    "unsupported claims, verifier's reading",
    "not verified claims, verifier's reading",
    "figures that stand in the source",
    "citation recall",
    "citation precision",
)


@dataclass
class Sheet:
    """Observations of one arm, or of a part of it: by measure, by document."""

    seen: defaultdict[str, defaultdict[str, list[bool]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, measure: str, document: str, hits: Iterable[bool]) -> None:
        """Note some observations."""
        self.seen[measure][document].extend(hits)

    def estimate(self, measure: str, seed: int) -> Estimate:
        """The share of a measure, resampled by document."""
        return cluster_share(self.seen.get(measure, {}), seed)


@dataclass(frozen=True)
class Read:
    """One outcome as the desk reads it: observations by measure, and the two readings of each claim side by side."""

    outcome: Outcome
    observed: dict[str, list[bool]]
    pairs: tuple[tuple[str, str], ...] = ()


def read(experiment: Experiment, desk: Desk, outcome: Outcome) -> Read:
    """What can be counted on one outcome.

    With retrieval a claim is held against what it cites; without, nothing is cited and it is held against all that
    the documents of the brief's product say. Citation recall is then nought, and there is no precision to speak of.
    """
    observed: dict[str, list[bool]] = {"refused, all briefs": [outcome.released is None]}
    if not outcome.impossible:
        observed["answered, possible briefs"] = [outcome.released is not None]
    message = outcome.released
    if message is None:
        return Read(outcome, observed)
    observed["unsupported claims"] = [truth != "supported" for truth in outcome.truth]
    observed["contradicted claims"] = [truth == "contradicted" for truth in outcome.truth]
    if outcome.arm.retrieval:
        readings = desk.read(message)
        verdicts = ["unsupported" if one.faults else one.verdict for one in readings]
        observed["figures that stand in the source"] = [figure for one in readings for figure in one.figures]
        scores = [desk.citation_scores(message, one) for one in readings]
        observed["citation recall"] = [recalled for recalled, _ in scores]
        observed["citation precision"] = [one for _, needed in scores for one in needed]
    else:
        verdicts = [experiment.reading(message, claim) for claim in message.claims]
        standing = {number for text in experiment.passages(message.product_code) for number in numbers(text)}
        observed["figures that stand in the source"] = [
            any(number * scale in standing or number / scale in standing for scale in SCALES)
            for claim in message.claims
            for number in numbers(claim.text.replace(desk.name_of(message.product_code), " "))
        ]
        observed["citation recall"] = [False] * len(message.claims)
    observed["unsupported claims, verifier's reading"] = [one in FLAGGED for one in verdicts]
    observed["not verified claims, verifier's reading"] = [one == "not_verified" for one in verdicts]
    return Read(outcome, observed, tuple(zip(outcome.truth, verdicts, strict=True)))


def sheets(reads: Sequence[Read], group: str | None = None) -> dict[tuple[Arm, str], Sheet]:
    """Observations by arm, and by "language" or "channel" where one is given."""
    found: defaultdict[tuple[Arm, str], Sheet] = defaultdict(Sheet)
    for one in reads:
        name = str(getattr(one.outcome.brief, group)) if group else "all"
        for measure, hits in one.observed.items():
            found[one.outcome.arm, name].add(measure, one.outcome.document, hits)
    return dict(found)


def agreement(reads: Sequence[Read]) -> dict[str, float]:
    """How far the verifier, which sees text alone, agrees with the reference reading that knows how claims were made.

    Returns:
        Number of claims, share of equal answers to "supported or not", and Cohen's kappa (Cohen 1960).
    """
    pairs = [(truth == "supported", verdict == "supported") for one in reads for truth, verdict in one.pairs]
    if not pairs:
        return {"n": 0, "agreement": float("nan"), "kappa": float("nan")}
    equal = sum(left == right for left, right in pairs) / len(pairs)
    left, right = (sum(pair[place] for pair in pairs) / len(pairs) for place in (0, 1))
    chance = left * right + (1 - left) * (1 - right)
    return {"n": len(pairs), "agreement": equal, "kappa": (equal - chance) / (1 - chance) if chance < 1 else 1.0}
