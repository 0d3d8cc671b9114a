"""One inner fold: everything that is learned from its training rows, and nothing from the others but when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ragmarket.prediction.alimn.companions import Companion, Trees, fit_companion, out_of_fold_teacher
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.data import Tensors, TextBank
from ragmarket.prediction.alimn.fitting import Curve, Report, Watched, fit_network, predict_network
from ragmarket.prediction.alimn.network import Alimn, Shape
from ragmarket.prediction.calibration import logit
from ragmarket.prediction.contexts import ContextRates, extend_training, memberships, shared_numbers
from ragmarket.prediction.preprocessing import Encoded, Pca, Preprocessor
from ragmarket.prediction.tables import Table, TableSpec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Customers:
    """Rows with, or without, texts and answers."""

    table: Table
    text: TextBank | None = None
    target: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: npt.NDArray[np.int64]) -> Customers:
        """Some rows."""
        text = None if self.text is None else self.text.take(rows)
        return Customers(self.table.take(rows), text, self.target[rows] if len(self.target) else self.target)


@dataclass(frozen=True, slots=True)
class Stops:
    """When each branch stopped: epochs of the task phase, trees."""

    epochs: int
    rounds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FoldModel:
    """A fold's preprocessing and branches."""

    rates: ContextRates | None
    preprocessor: Preprocessor
    pca: Pca | None
    network: Alimn
    companions: Mapping[str, Companion]
    curve: Curve
    stops: Stops
    text_scale: Floats

    def encode(self, customers: Customers) -> tuple[Encoded, Tensors]:
        """New rows, flat for trees and as tensors for the network."""
        table = customers.table if self.rates is None else self.rates.extend(customers.table)
        encoded = self.preprocessor.transform(table)
        return encoded, Tensors.of(encoded, _projected(customers.text, self.pca, self.network))

    def logits(self, customers: Customers) -> dict[str, Floats]:
        """Each branch's logits (n,)."""
        encoded, tensors = self.encode(customers)
        found = {"network": logit(predict_network(self.network, tensors))}
        text = _projected(customers.text, self.pca, self.network)
        for name, model in self.companions.items():
            found[name] = model.logits(self.augmented(encoded, text) if name.endswith("linear") else encoded.flat)
        return found

    def augmented(self, encoded: Encoded, text: TextBank | None) -> Floats:
        """Feature augmentation (3.6.3, 3.6.4): the flat table beside the principal components of the mean text."""
        return _augmented(encoded, text, self.text_scale)


def _augmented(encoded: Encoded, text: TextBank | None, scale: Floats) -> Floats:
    return encoded.flat if text is None else np.hstack([encoded.flat, text.mean() / scale])


def _projected(text: TextBank | None, pca: Pca | None, network: Alimn) -> TextBank | None:
    if text is None or not network.config.text:
        return None
    return text if pca is None else text.project(pca)


def fit_fold(
    customers: Customers,
    spec: TableSpec,
    config: AlimnConfig,
    *,
    watched: Customers | None = None,
    stops: Stops | None = None,
    teacher: Floats | None = None,
    checkpoint: Path | None = None,
    report: Report = lambda _row: None,
) -> FoldModel:
    """Fit all branches on the rows of one fold.

    Args:
        customers: Training rows, with answers.
        spec: Their columns.
        config: What to fit, and how.
        watched: Rows that say when to stop; None: ``stops`` says it.
        stops: Epochs and trees of a fit without watched rows.
        teacher: (n,) logits to distil instead of the out-of-fold trees'.
        checkpoint: File for the network's checkpoint.
        report: Receives the network's rows of progress.
    """
    seed = config.training.seed
    with_rates = bool(spec.contexts) and config.ensemble.context_rates and not config.ensemble.forward
    rates = ContextRates.fit(customers.table, customers.target, spec) if with_rates else None
    table = extend_training(customers.table, customers.target, spec, seed) if rates else customers.table
    preprocessor = Preprocessor.fit(table, rates.extended if rates else spec)
    encoded = preprocessor.transform(table)
    watched_rows: tuple[Floats, Floats] | None = None
    watched_encoded = None
    if watched is not None:
        watched_encoded = preprocessor.transform(rates.extend(watched.table) if rates else watched.table)
        watched_rows = (watched_encoded.flat, watched.target)
    text = customers.text if config.network.text else None
    pca = None
    if text is not None and config.text_components and config.text_components < text.vectors.shape[1]:
        pca = text.fit_pca(config.text_components)
    projected = text if text is None or pca is None else text.project(pca)
    text_scale = np.ones(0) if projected is None else np.maximum(projected.mean().std(axis=0), 1e-6)
    companions: dict[str, Companion] = {}
    beside = config.ensemble
    contexts = memberships(table, spec) if spec.contexts and beside.context_intercepts else None
    for kind in beside.companions:
        rounds = beside.rounds or (stops.rounds.get(kind) if stops else None)
        rows = _augmented(encoded, projected, text_scale) if kind.endswith("linear") else encoded.flat
        if kind.startswith("steady"):
            # A column that never varies gets no weight and no split, whatever new rows hold in it.
            rows = rows.copy()
            rows[:, [preprocessor.spec.numeric.index(name) for name in shared_numbers(table, spec)]] = 0.0
        companions[kind] = fit_companion(
            kind, rows, customers.target, None if beside.rounds else watched_rows, seed,
            rounds=rounds, contexts=contexts,
        )  # fmt: skip
    wanted = config.training.distillation_weight > 0
    if teacher is None and wanted:
        boosted = companions.get("trees")
        rounds = boosted.rounds if isinstance(boosted, Trees) else 200
        teacher = out_of_fold_teacher(encoded.flat, customers.target, max(rounds, 10), seed)
    torch.manual_seed(seed)
    width = 0 if text is None else (len(pca.components) if pca is not None else text.vectors.shape[1])
    shape = Shape(encoded.numeric.shape[1], preprocessor.sizes, width)
    network = Alimn(
        shape,
        config.network if width else config.network.model_copy(update={"text": False}),
        torch.from_numpy(preprocessor.edges.astype(np.float32)),
    )
    guard = None
    if watched is not None and watched_encoded is not None:
        guard = Watched(Tensors.of(watched_encoded, _projected(watched.text, pca, network)), watched.target)
    curve = fit_network(
        network,
        Tensors.of(encoded, projected),
        customers.target,
        config.training,
        watched=guard,
        teacher=teacher if wanted else None,
        epochs=stops.epochs if stops else None,
        checkpoint=checkpoint,
        report=report,
    )
    return FoldModel(rates, preprocessor, pca, network, companions, curve, _stops(curve, companions), text_scale)


def _stops(curve: Curve, companions: Mapping[str, Companion]) -> Stops:
    task = [row for row in curve if not row["copying"]]
    best = max(range(len(task)), key=lambda place: task[place].get("watched_auc", place)) + 1 if task else 1
    rounds = {name: model.rounds for name, model in companions.items() if isinstance(model, Trees)}
    return Stops(best, rounds)
