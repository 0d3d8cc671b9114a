"""Training: the same copy and seed give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.paraphrase.augment import variants
from ragmarket.compliance.paraphrase.calibration import Calibration, calibrate
from ragmarket.compliance.paraphrase.features import BITS
from ragmarket.compliance.paraphrase.grouping import groups_of
from ragmarket.compliance.paraphrase.model import ClaimModel, save
from ragmarket.compliance.paraphrase.samples import CLASSES, Sample
from ragmarket.compliance.paraphrase.tables import inverse_frequency, tabulate, weighted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

Progress = Callable[[str], None]
NAME = "claims-paraphrase"
FOLDS = 5
SEED = 7
FALSE_ALARMS = 0.022
_VARIANTS = 2
_VARIANT_WEIGHT = 0.5
_HOUSE_WEIGHT = 0.3
_COST, _CLASS_COST = 32.0, 4.0
_BAYES = 0.5  # the share of naive Bayes in a feature's scale
# A text of several sentences makes its claim in one or two of them. Those are found in rounds, by models that saw none
# of the text's group: passages whose margin is within this of the text's best.
_WITNESS, _ROUNDS, _PARTS = 0.5, 2, 3


class Bench:
    """Everything measured once: originals with their variants, and fits on any part of them."""

    def __init__(self, samples: Sequence[Sample], seed: int, progress: Progress) -> None:
        import numpy as np

        self.samples = tuple(samples)
        self.count = len(self.samples)
        self.unlawful = np.array([one.unlawful for one in self.samples])
        self.number = np.array([one.number for one in self.samples])
        self.tongue = np.array([one.tongue for one in self.samples])
        self.kind = np.array([one.kind for one in self.samples])
        self.written = np.array([one.written for one in self.samples])
        progress(f"features of {self.count} texts and {_VARIANTS} variants of each")
        varied = [one for turn in range(_VARIANTS) for one in variants(self.samples, seed + turn)]
        table = tabulate([*self.samples, *varied])
        self.text = table.owner
        self.own = table.owner % self.count
        self.variant = table.owner >= self.count
        self.idf = inverse_frequency(table.counts[~self.variant])
        self.rows = weighted(table.counts, self.idf)
        self.weight = (
            np.where(self.variant, _VARIANT_WEIGHT, 1.0) * np.where(self.written, 1.0, _HOUSE_WEIGHT)[self.own]
        )
        self.author = np.array([one.author for one in self.samples])
        progress("grouping what says nearly the same")
        group = groups_of(self.samples, seed)
        self.fold, self.part = self._folds(group), group % _PARTS
        self.telling = np.ones(len(self.own), dtype=bool)

    def _folds(self, group: Places) -> Places:
        """Texts that are held out together: all of an author's; those of whom most was written, by group.

        Copy by a hand that the model has learnt from is easier than any other: who is measured is left out whole.
        """
        import numpy as np

        authors, counts = np.unique(self.author[self.written], return_counts=True)
        folds = group % FOLDS
        for place, author in enumerate(sorted(set(authors.tolist()) - {authors[counts.argmax()]})):
            folds[self.author == author] = FOLDS + place
        return np.asarray(folds)

    def witnesses(self, chosen: Mask, progress: Progress) -> Mask:
        """Rows worth learning from: those of lawful texts, and the passages in which an unlawful text makes its claim.

        Multiple-instance learning (MI-SVM: Andrews, Tsochantaridis and Hofmann, NIPS 2002) with held-out margins: what
        else an unlawful message says, its address and its hours, must not be taught as a claim.

        Args:
            chosen: The samples that may be seen, (samples,).
            progress: Receives lines of progress.

        Returns:
            (rows,); rows of samples that are not ``chosen`` are False.
        """
        import numpy as np

        seen = chosen[self.own]
        rows = seen
        for number in range(1, _ROUNDS + 1):
            margins = np.zeros(len(self.own))
            for part in range(_PARTS):
                out = self.part[self.own] == part
                if (seen & out).any():
                    weights, bias = self._fit(rows & ~out)
                    margins[seen & out] = self.rows[seen & out] @ weights + bias
            best = np.full((1 + _VARIANTS) * self.count, -np.inf)
            np.maximum.at(best, self.text[seen], margins[seen])
            rows = seen & (~self.unlawful[self.own] | (margins >= best[self.text] - _WITNESS))
            progress(f"passages that make a claim, round {number}/{_ROUNDS}")
        return rows

    def fit(self, chosen: Mask) -> tuple[Any, float]:
        """Weights and bias that part the unlawful of the ``chosen`` samples from the lawful."""
        return self._fit(chosen[self.own] & self.telling)

    def _fit(self, rows: Mask) -> tuple[Any, float]:
        """Logistic regression on features scaled by how much each tells the two sides apart.

        The scale is the ratio of naive Bayes' log-counts, mixed with one (NBSVM: Wang and Manning, ACL 2012, section
        2.3): what claims have in common across authors outweighs what a single hand writes.
        """
        import numpy as np
        from scipy.sparse import diags
        from sklearn.linear_model import LogisticRegression

        held, unlawful, weight = self.rows[rows], self.unlawful[self.own[rows]], self.weight[rows]
        met = (held > 0).astype(np.float32)
        sides = [np.asarray(met.T @ (weight * side)).ravel() + 1 for side in (unlawful, ~unlawful)]
        ratio = np.log((sides[0] / sides[0].sum()) / (sides[1] / sides[1].sum()))
        scale = (_BAYES * np.abs(ratio) + (1 - _BAYES)).astype(np.float32)
        model = LogisticRegression(C=_COST, solver="liblinear", tol=1e-2, max_iter=60, random_state=SEED)
        model.fit(held @ diags(scale), unlawful, sample_weight=weight)
        return model.coef_[0] * scale, float(model.intercept_[0])

    def margins(self, fitted: tuple[Any, float], chosen: Mask) -> Array:
        """The highest margin among the passages of each chosen sample as written."""
        import numpy as np

        rows = chosen[self.own] & ~self.variant
        found = np.full(self.count, -np.inf)
        np.maximum.at(found, self.own[rows], self.rows[rows] @ fitted[0] + fitted[1])
        return np.asarray(np.maximum(found[chosen], -50.0))

    def fit_classes(self, chosen: Mask) -> tuple[Any, Any]:
        """Weights (2^BITS, 24) and biases of the classes among the unlawful of the ``chosen`` samples."""
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        rows = (chosen & self.unlawful)[self.own] & self.telling
        weights = np.zeros((1 << BITS, CLASSES), dtype=np.float32)
        bias = np.full(CLASSES, -20.0, dtype=np.float32)
        numbers = self.number[self.own[rows]]
        for number in range(1, CLASSES + 1):
            if (numbers == number).any():
                model = LogisticRegression(C=_CLASS_COST, solver="liblinear", tol=1e-2, max_iter=40, random_state=SEED)
                model.fit(self.rows[rows], numbers == number, sample_weight=self.weight[rows])
                weights[:, number - 1], bias[number - 1] = model.coef_[0], model.intercept_[0]
        return weights, bias

    def held_out(self, folds: Places, progress: Progress, what: str) -> Array:
        """The margin of every sample under a model that saw none of its fold."""
        import numpy as np

        found = np.zeros(self.count)
        names = np.unique(folds)
        for done, name in enumerate(names, 1):
            out = folds == name
            found[out] = self.margins(self.fit(~out), out)
            progress(f"{what} {done}/{len(names)}")
        return found


def train(
    samples: Sequence[Sample], folder: Path, progress: Progress, provenance: dict[str, Any], seed: int = SEED
) -> dict[str, Any]:
    """Train on ``samples``, measure by cross-validation, and write weights and card to ``folder``.

    Returns:
        The card.

    Raises:
        MissingDependency: numpy or scikit-learn is not installed.
    """
    import numpy as np

    from ragmarket.compliance.paraphrase.figures import figures_of

    bench = Bench(samples, seed, progress)
    bench.telling = bench.witnesses(np.ones(bench.count, dtype=bool), progress)
    margins = bench.held_out(bench.fold, progress, "cross-validation, fold")
    measured = bench.written
    calibration: Calibration = calibrate(margins[measured], bench.unlawful[measured], FALSE_ALARMS)
    figures = figures_of(bench, margins, calibration, progress)
    progress("fitting on everything")
    everything = np.ones(bench.count, dtype=bool)
    weights, bias = bench.fit(everything)
    classes, class_bias = bench.fit_classes(everything)
    scale = np.maximum(np.abs(classes).max(axis=0), 1e-6) / 127
    lines = "\n".join(f"{one.tongue}\t{one.number}\t{one.kind}\t{one.product_class}\t{one.text}" for one in samples)
    kinds, counts = np.unique(bench.kind, return_counts=True)
    card = {
        "what": "A linear classifier over hashed character n-grams, words and a spelling common to all scripts. It "
        "says how likely a passage is to claim what may not be claimed, in words that no rule lists.",
        "data": {
            "texts": dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
            "tongues": sorted(set(bench.tongue.tolist())),
            "sha256": hashlib.sha256(lines.encode()).hexdigest(),
            "variants": f"{_VARIANTS} per text: disguised, misspelt, shouted, in Latin letters, beside a neutral line",
            **provenance,
        },
        "seed": seed,
        "figures": figures,
    }
    model = ClaimModel(
        name=NAME,
        idf=bench.idf,
        lawless=np.asarray(weights, dtype=np.float32),
        bias=bias,
        classes=np.round(classes / scale).astype(np.int8),
        class_scale=scale.astype(np.float32),
        class_bias=class_bias,
        slope=calibration.slope,
        offset=calibration.offset,
        threshold=calibration.threshold,
        card=card,
    )
    save(model, folder)
    return card
