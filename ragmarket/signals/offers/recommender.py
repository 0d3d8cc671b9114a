"""A recommender learned from what customers took up next: multinomial logistic regression over signs and their pairs.

Linear on purpose: what speaks for an offer is then read off, not guessed. Pairs of signs that occur often enough are
signs of their own, so that "started a SIP and researched cover" can mean more than the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.offers import Offer
from ragmarket.signals.offers.signs import AMOUNTS, words

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_EVIDENCE = 3
# Of an offer that is likely for no sign of the customer's own.
COMMON = "taken up often; nothing of this customer's own speaks for it"


@dataclass(frozen=True, slots=True)
class Recommender:
    """The learned recommender.

    Attributes:
        pairs: Names of the signs that count together, beside every sign alone.
        classes: Product classes, in the order of the columns of ``weights``.
        weights: Shape (features, classes).
        bias: Shape (classes,).
        typical: Mean of each feature when fitted, shape (features,).
    """

    pairs: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    typical: Floats

    @classmethod
    def fit(
        cls, table: pl.DataFrame, taken: Sequence[str], *, most_pairs: int = 150, strength: float = 0.05
    ) -> Recommender:
        """Learn from signs and what was taken up afterwards.

        Args:
            table: What `ragmarket.signals.offers.signs.signs` gives.
            taken: Product class that each row's customer took up next.
            most_pairs: Pairs of signs to learn, those that say most of what was taken up.
            strength: Inverse strength of the L2 penalty.

        Raises:
            InvalidInput: The two differ in length, or everybody took the same.
            MissingDependency: scikit-learn is not installed.
        """
        try:
            import numpy as np
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingDependency("scikit-learn", "signals") from error
        if len(taken) != table.height:
            raise InvalidInput(f"{len(taken)} answers for {table.height} customers")
        classes = tuple(sorted(set(taken)))
        if len(classes) < 2:
            raise InvalidInput("everybody took up the same product: nothing can be learned")
        answers = np.array([classes.index(one) for one in taken])
        pairs = _telling_pairs(table, answers, len(classes), most_pairs)
        data = _features(table, pairs)
        typical = data.mean(axis=0)
        model = LogisticRegression(C=strength, max_iter=500).fit(data - typical, answers)
        weights, bias = model.coef_.T, model.intercept_
        if len(classes) == 2:
            weights, bias = np.hstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(pairs, classes, np.asarray(weights), np.asarray(bias), np.asarray(typical))

    def probabilities(self, table: pl.DataFrame, *, new_only: bool = False) -> Floats:
        """Chance of each class to be taken up next, shape (customers, classes).

        Args:
            table: What `ragmarket.signals.offers.signs.signs` gives.
            new_only: Whether what is held already has no chance, as where take-ups are read off holdings.
        """
        import numpy as np

        logits = (_features(table, self.pairs) - self.typical) @ self.weights + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        if new_only:
            chances = np.where(table.select(f"holds_{name}" for name in self.classes).to_numpy(), 0.0, chances)
        return np.asarray(chances / np.maximum(chances.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny))

    def offers(self, table: pl.DataFrame, *, most: int = 3, new_only: bool = False) -> dict[str, tuple[Offer, ...]]:
        """The likeliest offers of each customer with the signs that speak for them; what has no chance is no offer."""
        import numpy as np

        features = _features(table, self.pairs)
        data = features - self.typical
        chances = self.probabilities(table, new_only=new_only)
        flags = [words()[name] for name in _flags()]
        told = [*flags, *AMOUNTS.values(), *(" and ".join(_said(pair)) for pair in self.pairs)]
        amount = range(len(flags), len(flags) + len(AMOUNTS))
        # Against the average class, so that what speaks for everything speaks for nothing.
        pull = self.weights - self.weights.mean(axis=1, keepdims=True)
        found = {}
        for row, customer in enumerate(table["customer_id"].to_list()):
            offers = []
            for place in chances[row].argsort()[::-1][:most]:
                if not chances[row, place]:
                    break
                # A sign that is absent may speak for an offer too, but cannot be told as one that is there.
                share = np.where(features[row] != 0, data[row] * pull[:, place], 0.0)
                best = [int(at) for at in share.argsort()[::-1][:_EVIDENCE] if share[at] > 0.05]
                said = [
                    f"{told[at]} {'above' if data[row, at] > 0 else 'below'} the usual" if at in amount else told[at]
                    for at in best
                ]
                offers.append(
                    Offer.model_validate(
                        {
                            "product_class": self.classes[int(place)],
                            "score": min(1.0, float(chances[row, place])),
                            "evidence": tuple(said) or (COMMON,),
                            "source": "recommender",
                        }
                    )
                )
            found[str(customer)] = tuple(offers)
        return found


def _flags() -> list[str]:
    return [name for name in words() if name not in AMOUNTS]


def _said(pair: tuple[str, str]) -> tuple[str, str]:
    return words()[pair[0]], words()[pair[1]]


def _features(table: pl.DataFrame, pairs: Sequence[tuple[str, str]]) -> Floats:
    import numpy as np

    flags = table.select(_flags()).to_numpy().astype(np.float64)
    amounts = np.log1p(np.maximum(table.select(list(AMOUNTS)).fill_null(0.0).to_numpy().astype(np.float64), 0.0)) / 10
    place = {name: number for number, name in enumerate(_flags())}
    both = [flags[:, place[one]] * flags[:, place[two]] for one, two in pairs]
    return np.concatenate([flags, amounts, np.stack(both, axis=1) if both else flags[:, :0]], axis=1)


def _telling_pairs(
    table: pl.DataFrame, answers: NDArray[np.int64], classes: int, most: int
) -> tuple[tuple[str, str], ...]:
    """The pairs of signs whose joint presence departs most from what the two say apart (chi-square, both frequent)."""
    import numpy as np

    names = [name for name in _flags() if name.startswith(("starts_", "recurring_", "seen_", "viewed_"))]
    flags = table.select(names).to_numpy().astype(np.float64)
    common = np.flatnonzero((flags.mean(axis=0) > 0.02) & (flags.mean(axis=0) < 0.9))
    wanted = np.eye(classes)[answers]
    base = wanted.mean(axis=0)
    single = (flags.T @ wanted + base) / (flags.sum(axis=0)[:, None] + 1)
    scored = []
    for at, one in enumerate(common):
        for two in common[at + 1 :]:
            if names[int(one)].split("_", 1)[1] == names[int(two)].split("_", 1)[1]:
                continue  # "seen" and "recurring" of one category say the same twice
            both = flags[:, one] * flags[:, two]
            count = both.sum()
            if count < max(20, 0.005 * len(flags)):
                continue
            seen = both @ wanted
            expected = count * np.maximum(single[one] * single[two] / np.maximum(base, 1e-9), 1e-9)
            expected *= count / expected.sum()
            scored.append((float(((seen - expected) ** 2 / expected).sum()), names[int(one)], names[int(two)]))
    scored.sort(key=lambda one: (-one[0], one[1], one[2]))
    return tuple((one, two) for _, one, two in scored[:most])
