"""Fitting the classifier on features, and its temperatures on rows that it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.classifier import LABELS, Classifier
from ragmarket.errors import MissingDependency
from ragmarket.schemas.base import LANGUAGES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Places = NDArray[np.int64]

_SIZES = (64, 32)
_BATCH = 512
_RATE = 2e-3
_BINS = 10
# What a deployment is taken to meet; a class counts in training as much as this, however many pairs it has.
PRIOR = {"supported": 0.4, "contradicted": 0.22, "unsupported": 0.38}
_UNCALIBRATED = dict.fromkeys(LANGUAGES, 1.0)


def fit(rows: Floats, labels: Places, weights: Floats, *, passes: int, seed: int) -> Classifier:
    """Train the network; the same rows and seed give the same weights on the same machine.

    Args:
        rows: Features (n, features).
        labels: Places in `LABELS` (n,).
        weights: What each row counts (n,), before the classes are brought to `PRIOR`.
        passes: Passes over the rows.
        seed: Of the weights and the order.

    Raises:
        MissingDependency: torch is not installed.
    """
    try:
        import numpy as np
        import torch
        import torch.nn.functional as F  # noqa: N812 (its usual name)
    except ImportError as error:
        raise MissingDependency("torch", "compliance") from error
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-2
    scaled = torch.from_numpy(np.clip((rows - centre) / spread, -8, 8).astype(np.float32))
    target = torch.from_numpy(labels)
    balanced = balance(labels, weights)
    counts = torch.from_numpy(balanced.astype(np.float32))
    sizes = (rows.shape[1], *_SIZES, len(LABELS))
    layers = [torch.nn.Linear(a, b) for a, b in pairwise(sizes)]
    optimiser = torch.optim.AdamW([p for layer in layers for p in layer.parameters()], lr=_RATE, weight_decay=1e-2)
    total = passes * (len(rows) // _BATCH)
    step = 0
    for _ in range(passes):
        order = rng.permutation(len(rows))
        for start in range(0, len(rows) - _BATCH + 1, _BATCH):
            for group in optimiser.param_groups:
                group["lr"] = _RATE * max(0.02, 1 - step / total)
            step += 1
            chosen = torch.from_numpy(order[start : start + _BATCH])
            values = F.dropout(scaled[chosen], 0.05)
            for place, layer in enumerate(layers):
                values = layer(values)
                if place + 1 < len(layers):
                    values = F.dropout(F.gelu(values, approximate="tanh"), 0.1)
            losses = F.cross_entropy(values, target[chosen], reduction="none", label_smoothing=0.02)
            loss = (losses * counts[chosen]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def plain(parameter: Any) -> Floats:
        return np.asarray(parameter.detach().numpy(), dtype=np.float32)

    return Classifier(
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        layers=tuple((plain(layer.weight).T.copy(), plain(layer.bias)) for layer in layers),
        temperatures=_UNCALIBRATED,
    )


def balance(labels: Places, weights: Floats) -> Floats:
    """Weights of rows that bring the classes to `PRIOR`, with mean one."""
    import numpy as np

    balanced = np.zeros(len(labels), dtype=np.float32)
    for place, label in enumerate(LABELS):
        held = labels == place
        if held.any():
            balanced[held] = weights[held] * (PRIOR[label] / weights[held].sum())
    return np.asarray(balanced / balanced.mean(), dtype=np.float32)


def temperature(logits: Floats, labels: Places, weights: Floats) -> float:
    """The temperature at which the logits' softmax is likeliest to give the labels, between 0.5 and 4."""
    import numpy as np

    grid = np.exp(np.linspace(np.log(0.5), np.log(4.0), 60))
    counts = balance(labels, weights)

    def loss(heat: float) -> float:
        scaled = logits / heat
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(labels)), labels] - np.log(np.exp(scaled).sum(axis=1))
        return float(-(chosen * counts).sum())

    return float(min(grid, key=loss))


def temperatures(logits: Floats, labels: Places, weights: Floats, languages: Sequence[str]) -> dict[str, float]:
    """One temperature a language; a language without rows gets that of all."""
    import numpy as np

    spoken = np.array(languages)
    every = temperature(logits, labels, weights)
    return {
        language: round(
            temperature(logits[held], labels[held], weights[held]) if (held := spoken == language).any() else every, 4
        )
        for language in LANGUAGES
    }


def reliability(probabilities: Floats, labels: Places, weights: Floats) -> dict[str, Any]:
    """Expected calibration error of p(supported), and per bin what was promised and what was met."""
    import numpy as np

    promised, met = probabilities[:, 0], (labels == 0).astype(np.float32)
    counts = balance(labels, weights)
    places = np.minimum((promised * _BINS).astype(int), _BINS - 1)
    bins, error = [], 0.0
    for place in range(_BINS):
        held = places == place
        if held.any():
            share = float(counts[held].sum() / counts.sum())
            said, seen = (float(np.average(values[held], weights=counts[held])) for values in (promised, met))
            error += share * abs(said - seen)
            bins.append({"promised": round(said, 4), "met": round(seen, 4), "n": int(held.sum())})
    return {"expected_error": round(error, 4), "bins": bins}
