"""Who answers which offer: what is believed of a customer against what would be sent, as a chain of two lines.

A message is opened if it comes through the channel and at the time that is liked, as often as is welcome; it is
answered if its product is wanted: p = p(opened) p(answered | opened), each a logistic line over products of a belief
and an offer, as in the temporal model's responder (`ragmarket.prediction.temporal.responder`). What an offer leaves
open is averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product as every
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.student import Head
    from ragmarket.schemas.features import FeatureSpec

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]

OFFER = ("product", "channel", "timing", "intensity")
_STRENGTH = 0.1


@dataclass(frozen=True, slots=True)
class OfferLines:
    """Weights (p,) with the bias as their last, of opening and of answering."""

    opening: Floats
    answering: Floats

    def chances(self, scene: Scene, offered: Indices) -> Floats:
        """(n,) chances of an answer to ``offered`` (n, 4), codes of `OFFER`."""
        import numpy as np

        opening, answering = scene.rows(offered)
        return np.asarray(_chance(opening, self.opening) * _chance(answering, self.answering), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is believed of n customers: ``chances`` by head.

    ``activity`` (n, A) is how they met earlier messages, ``held`` (n, products) what they hold, both standardised.
    """

    chances: Mapping[str, Floats]
    activity: Floats
    held: Floats

    @staticmethod
    def of(spec: FeatureSpec, heads: Mapping[str, Head], chances: Mapping[str, Floats], z: Floats) -> Scene:
        """The scene of customers (n, C)."""
        import numpy as np

        spans = {f.name: spec.spans[f.name] for f in spec.features}
        own = [np.arange(*spans[f.name]) for f in spec.features if f.group == "messages"]
        held = np.zeros((len(z), len(heads["product"].classes)), dtype=np.float32)
        holdings = next((f for f in spec.features if f.name == "holdings"), None)
        for place, name in enumerate(heads["product"].classes):
            if holdings is not None and name in holdings.values:
                held[:, place] = z[:, spans["holdings"][0] + holdings.values.index(name)]
        activity = z[:, np.concatenate(own)] if own else np.zeros((len(z), 0), dtype=np.float32)
        return Scene(chances, activity, held)

    def rows(self, offered: Indices) -> tuple[Floats, Floats]:
        """What opening and answering are read from, a one last."""
        import numpy as np

        sent = {
            name: np.eye(self.chances[name].shape[1], dtype=np.float32)[offered[:, place]]
            for place, name in enumerate(OFFER)
        }
        fits = {name: (self.chances[name] * sent[name]).sum(axis=1, keepdims=True) for name in OFFER}
        one = np.ones((len(offered), 1), dtype=np.float32)
        common = [self.activity, self.chances["segment"]]
        opening = [
            *common, fits["channel"], fits["timing"], sent["channel"], sent["timing"],
            _crossed(self.chances["intensity"], sent["intensity"]), one,
        ]  # fmt: skip
        held = (self.held * sent["product"]).sum(axis=1, keepdims=True)
        wanted = _crossed(self.chances["intent"], sent["product"])
        answering = [*common, fits["product"], sent["product"], held, wanted, one]
        return np.hstack(opening), np.hstack(answering)

    def take(self, place: Indices) -> Scene:
        """Some customers, any number of times."""
        return Scene({name: one[place] for name, one in self.chances.items()}, self.activity[place], self.held[place])


def _crossed(belief: Floats, sent: Floats) -> Floats:
    import numpy as np

    return np.asarray((belief[:, :, None] * sent[:, None, :]).reshape(len(belief), -1), dtype=np.float32)


def _chance(rows: Floats, weights: Floats) -> Floats:
    import numpy as np

    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -30, 30))), dtype=np.float32)


def fit_offers(
    scene: Scene, offered: Indices, opened: npt.NDArray[np.bool_], answered: npt.NDArray[np.bool_]
) -> OfferLines:
    """Both lines, from messages that were sent to customers whom the beliefs were not learnt from.

    Args:
        scene: n customers, each as believed before the message.
        offered: (n, 4) what was sent.
        opened: (n,) whether it was opened.
        answered: (n,) whether it was answered.

    Raises:
        InvalidInput: Nobody opened, or of those who did nobody or everybody answered.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    opening, answering = scene.rows(offered)
    found = []
    for rows, target, name in ((opening, opened, "opened"), (answering[opened], answered[opened], "answered")):
        if len(target) < 2 or target.all() or not target.any():
            raise InvalidInput(f"training: the messages do not tell who {name} them")
        line = LogisticRegression(C=_STRENGTH, max_iter=400, fit_intercept=False).fit(rows, target)
        found.append(np.asarray(line.coef_[0], dtype=np.float32))
    return OfferLines(*found)


def codes(heads: Mapping[str, Head], offer: Mapping[str, Any]) -> list[tuple[int, ...]]:
    """The offers that an offer may stand for, as codes of `OFFER`.

    Raises:
        InvalidInput: A key or a value is unknown.
    """
    for key, value in offer.items():
        if key not in OFFER:
            raise InvalidInput(f"offer: the key {key!r} is not known", hint=f"Known keys: {', '.join(OFFER)}.")
        if value not in heads[key].classes:
            raise InvalidInput(f"offer: {key} must be one of {', '.join(heads[key].classes)}")
    places = [
        [heads[name].classes.index(str(offer[name]))] if name in offer else list(range(len(heads[name].classes)))
        for name in OFFER
    ]
    return list(every(*places))


def response(lines: OfferLines, scene: Scene, offers: list[tuple[int, ...]]) -> Floats:
    """(n,) chances of an answer, averaged over the offers that are possible."""
    import numpy as np

    customers = len(scene.held)
    each = scene.take(np.repeat(np.arange(customers), len(offers)))
    chances = lines.chances(each, np.tile(np.array(offers), (customers, 1)))
    return np.asarray(chances.reshape(customers, -1).mean(axis=1), dtype=np.float32)
