"""What decides a claim where exact comparison does not: fitted on people's claims, measured one author at a time.

    python eval/grounding_deciding.py            # leave one author out: what the decision makes of claims unseen
    python eval/grounding_deciding.py --write    # the same, then fit on all of them and write the decision

Each author's claims are decided by a decision fitted on all other folders. `eval/claims/test` and `eval/claims/held`
are never read. Claims that exact comparison decides are counted, and not fitted on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import track

from eval.grounding_claims import LABELS, Claim, read_claims
from eval.grounding_phrases import phrased
from eval.intervals import percent, wilson
from ragmarket.compliance.grounding.deciding import DOUBTED, SUPPORTED
from ragmarket.compliance.grounding.decision.fitting import PENALTY, fit, save
from ragmarket.compliance.grounding.decision.model import SHIPPED, Decision
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.errors import RagmarketError
from ragmarket.schemas.grounding import GroundingRequest
from ragmarket.settings import Settings
from ragmarket.workshops import Workshops

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent / "claims"
AUTHORS = ("first_author", "second_author", "third_author")
# The verifier was mended on these until it made no mistake, so they say little of claims to come.
MENDED = ("dev", "blind")
_MENDED_WEIGHT, _SEED = 0.2, 7
# The house's own phrasings are many and alike.
PHRASES, _PHRASES, _PHRASES_WEIGHT = "phrases", 900, 0.15


@dataclass(frozen=True, slots=True)
class Case:
    """A claim and its signs, None where exact comparison has flagged it."""

    folder: str
    claim: Claim
    signs: list[float] | None


def cases_of(verifier: ClaimVerifier, folder: str) -> list[Case]:
    """Every claim of a folder."""
    found = []
    claims = random.Random(_SEED).sample(phrased(), _PHRASES) if folder == PHRASES else read_claims(ROOT / folder)
    for claim in track(claims, folder, console=Console(stderr=True)):
        request = GroundingRequest(
            claim=claim.text,
            evidence=list(claim.evidence),
            language=claim.language,
            product_name=claim.product_name,
        )
        found.append(Case(folder, claim, verifier.signs(request)))
    return found


def fitted(cases: Sequence[Case], penalty: float) -> Decision:
    """A decision on the cases that are open."""
    import numpy as np

    opened = [case for case in cases if case.signs is not None]
    rows: NDArray[np.float64] = np.array([case.signs for case in opened])
    each = {**dict.fromkeys(MENDED, _MENDED_WEIGHT), PHRASES: _PHRASES_WEIGHT}
    weights = np.array([each.get(case.folder, 1.0) for case in opened])
    return fit(rows, [case.claim.label for case in opened], weights, penalty=penalty)


def verdict(case: Case, decision: Decision) -> str:
    """What a decision makes of a claim; exact comparison's "flagged" and the decision's are one."""
    if case.signs is None:
        return "flagged"
    supported = decision.probabilities(case.signs)[0]
    return "supported" if supported >= SUPPORTED else ("not_verified" if supported >= DOUBTED else "flagged")


def counted(cases: Sequence[Case], verdicts: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Right of how many, by label, and how many were not verified."""
    found = {}
    for label in LABELS:
        own = [word for case, word in zip(cases, verdicts, strict=True) if case.claim.label == label]
        found[label] = sum(word == ("supported" if label == "supported" else "flagged") for word in own), len(own)
    return {**found, "not_verified": (list(verdicts).count("not_verified"), len(verdicts))}


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="fit on all folders and write the decision that ships")
    parser.add_argument("--penalty", type=float, default=PENALTY, help="of the squared weights (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        verifier = Workshops(Settings()).verifier
        cases = [case for folder in (*AUTHORS, *MENDED, PHRASES) for case in cases_of(verifier, folder)]
    except (OSError, RagmarketError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    every: list[tuple[Case, str]] = []
    figures: dict[str, Any] = {}
    for author in AUTHORS:
        own = [case for case in cases if case.folder == author]
        if not own:
            continue
        decision = fitted([case for case in cases if case.folder != author], options.penalty)
        words = [verdict(case, decision) for case in own]
        every += list(zip(own, words, strict=True))
        figures[author] = counted(own, words)
    own = [case for case in cases if case.folder == PHRASES]
    decision = fitted([case for case in cases if case.folder != PHRASES], options.penalty)
    figures["phrases_never_seen"] = counted(own, [verdict(case, decision) for case in own])
    decision = fitted(cases, options.penalty)
    figures["phrases_seen"] = counted(own, [verdict(case, decision) for case in own])
    figures["all"] = counted([case for case, _ in every], [word for _, word in every])
    for name, row in figures.items():
        sys.stdout.write(f"{name}: " + "; ".join(f"{key} {percent(*value)}" for key, value in row.items()) + "\n")
    if options.write:
        shares = {
            key: [hits, of, *(round(edge, 4) for edge in wilson(hits, of))]
            for key, (hits, of) in figures["all"].items()
        }
        card = {
            "origin": "claims written by hand in eval/claims by authors who did not know the verifier",
            "claims": {folder: sum(case.folder == folder for case in cases) for folder in (*AUTHORS, *MENDED, PHRASES)},
            "penalty": options.penalty,
            "leave_one_author_out": shares,
        }
        save(fitted(cases, options.penalty), SHIPPED, card)
        sys.stdout.write(json.dumps({"written": SHIPPED.name}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
