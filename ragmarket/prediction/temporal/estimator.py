"""The whole: intents by the HMM, an encoder over months with seven heads, and who answers which touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import Blend, fit_blend
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold
from ragmarket.prediction.metrics import binary_scores
from ragmarket.prediction.temporal.config import TemporalConfig
from ragmarket.prediction.temporal.fitting import MISSING, Answers, fit_network, predict_network
from ragmarket.prediction.temporal.hmm import IntentHmm
from ragmarket.prediction.temporal.inputs import prepare
from ragmarket.prediction.temporal.intents import encoder_of, fit_intents, intent_inputs, readable
from ragmarket.prediction.temporal.lines import ClassLine, best_share, fit_line, mix, rows_of
from ragmarket.prediction.temporal.network import TemporalNetwork, Widths
from ragmarket.prediction.temporal.reader import Reader
from ragmarket.prediction.temporal.responder import Responder, Scene, fit_responder, scene
from ragmarket.prediction.temporal.sequences import Sequences

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class TemporalModel:
    """A fitted model; ``classes`` name each head's classes, ``threshold`` has the best F1 out of fold."""

    config: TemporalConfig
    reader: Reader
    classes: Mapping[str, tuple[str, ...]]
    hmm: IntentHmm | None
    networks: tuple[TemporalNetwork, ...]
    lines: tuple[Mapping[str, ClassLine], ...]
    shares: Mapping[str, float]
    responders: tuple[Responder, ...]
    blend: Blend
    calibrator: Calibrator
    threshold: float
    held_out: Mapping[str, float]
    curve: tuple[dict[str, float], ...] = ()

    def predict(self, sequences: Sequences) -> dict[str, Floats]:
        """Chances of each head's classes (n, T, classes), and of ``response`` (n, T), calibrated.

        ``state`` is the HMM's filtered posterior, where there is one. Every month knows itself and those before, never
        its own touch's end.
        """
        hidden = intent_inputs(self.hmm, sequences, self.reader, self.config)
        prepared = prepare(readable(sequences, self.config), hidden)
        each = [predict_network(network, prepared) for network in self.networks]
        found = {name: np.mean([np.exp(one[name]) for one in each], axis=0) for name in self._heads}
        if any(self.shares.values()):
            rows = rows_of(self.reader, prepared)
            spoken = {
                name: np.mean([one[name].chances(rows) for one in self.lines], axis=0)
                for name, share in self.shares.items()
                if share
            }
            found = mix(found, spoken, self.shares)
        if "response" in self.config.heads:
            stage = scene(self.reader, sequences, found, self.classes, matches=self.config.encoder.fusion)
            parts = [responder.logits(stage) for responder in self.responders]
            logits = {name: np.mean([one[name] for one in parts], axis=0) for name in parts[0]}
            logits["network"] = np.mean([one["response"] for one in each], axis=0).ravel()
            chance = self.calibrator.probabilities(self.blend.logits(logits))
            found["response"] = chance.reshape(sequences.size)
        if self.hmm is not None:
            found["state"] = hidden[..., : self.hmm.config.states]
        return found

    @property
    def _heads(self) -> tuple[str, ...]:
        return tuple(name for name in self.config.heads if name != "response")


def fit(
    reader: Reader,
    sequences: Sequences,
    answers: Answers,
    classes: Mapping[str, tuple[str, ...]],
    config: TemporalConfig,
    *,
    intents: IntentHmm | None = None,
    folder: Path | None = None,
    report: Report = lambda _row: None,
) -> TemporalModel:
    """Fit on customers with answers.

    Networks are fitted on all folds of customers but one, and every customer's beliefs come from the network that did
    not learn from them; who answers is learnt from those. The intents' model hears all customers, and of intents what
    ``answers`` knows: none, some or all.

    Args:
        reader: What read the sequences.
        sequences: n customers over T months.
        answers: Their answers; `MISSING` where there is none.
        classes: Names of each head's classes.
        config: What to fit.
        intents: A model of these customers' intents that is fitted already, under the same settings.
        folder: For checkpoints: a killed run goes on from them.
        report: Receives rows of progress.

    Raises:
        InvalidInput: There are fewer customers than folds, a head has no answers, or nobody answered a touch.
    """
    customers, periods = sequences.size
    heads = tuple(name for name in config.heads if name != "response")
    if customers < 10 * config.folds:
        raise InvalidInput(f"training: {customers} customers are too few for {config.folds} folds")
    for name in heads:
        if name not in answers.heads or not (answers.heads[name] != MISSING).any():
            raise InvalidInput(f"training: the head {name!r} has no answers", hint="Leave it out of `heads`.")
    responds = "response" in config.heads
    if responds and not (answers.responded & answers.sent).any():
        raise InvalidInput("training: nobody answered a touch")
    hmm = None
    if config.encoder.intents:
        hmm = intents or fit_intents(reader, sequences, answers, classes, config, report)
    hidden = intent_inputs(hmm, sequences, reader, config)
    seen = readable(sequences, config)
    part = np.random.default_rng(config.seed).permutation(customers) % config.folds
    first = prepare(seen, hidden)
    widths = Widths(
        sequences.columns.shape[2], hidden.shape[2], first.habits.shape[2], first.events.shape[1], first.text.shape[1],
        tuple(len(values) for values in reader.codes.values()), {name: len(classes[name]) for name in heads},
    )  # fmt: skip
    del first
    networks: list[TemporalNetwork] = []
    curves: list[list[dict[str, float]]] = []
    beliefs = {name: np.empty((customers, periods, len(classes[name]))) for name in heads}
    spoken = np.empty((customers, periods))
    lines: list[dict[str, ClassLine]] = []
    said = {name: np.zeros((customers, periods, len(classes[name]))) for name in heads}
    for number in range(config.folds):
        inside, outside = np.flatnonzero(part != number), np.flatnonzero(part == number)
        seed = config.seed + 1000 * number
        torch.manual_seed(seed)
        network = TemporalNetwork(widths, encoder_of(config))
        watched, learned = prepare(seen.take(outside), hidden[outside]), prepare(seen.take(inside), hidden[inside])
        curve = fit_network(
            network, learned, answers.take(inside), (watched, answers.take(outside)),
            config.fitting.model_copy(update={"seed": seed}), heads=config.heads,
            checkpoint=None if folder is None else folder / f"network{number}.pt",
            report=_numbered(report, number),
        )  # fmt: skip
        found = predict_network(network, watched)
        for name in heads:
            beliefs[name][outside] = np.exp(found[name])
        spoken[outside] = found["response"]
        fold = _lines(rows_of(reader, learned), answers.take(inside), classes, heads) if config.lines else {}
        told = rows_of(reader, watched)
        for name, line in fold.items():
            said[name][outside] = line.chances(told).reshape(len(outside), periods, -1)
        lines.append(fold)
        networks.append(network)
        curves.append(curve)
    shares = {
        name: best_share(_flat(beliefs[name]), _flat(said[name]), answers.heads[name].ravel())
        for name in heads
        if all(name in fold for fold in lines)
    }
    beliefs = mix(beliefs, {name: _flat(said[name]) for name in shares}, shares)
    model = TemporalModel(
        config, reader, dict(classes), hmm, tuple(networks), tuple(lines), shares, (), Blend({"network": 1.0}),
        Calibrator("none"), 0.5, {}, tuple(curves[0]),
    )  # fmt: skip
    if not responds:
        return model
    return _fit_response(model, sequences, beliefs, spoken, part, report)


def held_out_beliefs(model: TemporalModel, sequences: Sequences) -> dict[str, Floats]:
    """What `TemporalModel.predict` says of the very customers it was fitted on, from the fold that left each one out.

    Args:
        model: As `fit` returned it, with the seed and folds of its configuration.
        sequences: The customers it was fitted on, in the same order.
    """
    part = np.random.default_rng(model.config.seed).permutation(sequences.size[0]) % model.config.folds
    found: dict[str, Floats] = {}
    for number in range(model.config.folds):
        outside = np.flatnonzero(part == number)
        one = replace(
            model,
            networks=model.networks[number : number + 1],
            lines=model.lines[number : number + 1],
            responders=model.responders[number : number + 1],
        )
        for name, values in one.predict(sequences.take(outside)).items():
            found.setdefault(name, np.zeros((sequences.size[0], *values.shape[1:])))[outside] = values
    return found


def _lines(
    rows: Floats, answers: Answers, classes: Mapping[str, tuple[str, ...]], heads: tuple[str, ...]
) -> dict[str, ClassLine]:
    found = {name: fit_line(rows, answers.heads[name].ravel(), len(classes[name])) for name in heads}
    return {name: line for name, line in found.items() if line is not None}


def _flat(values: Floats) -> Floats:
    return values.reshape(-1, values.shape[-1])


def _numbered(report: Report, number: int) -> Report:
    return lambda row: report({"fold": number, **row})


def _fit_response(
    model: TemporalModel, sequences: Sequences, beliefs: Mapping[str, Floats], spoken: Floats, part: Indices,
    report: Report,
) -> TemporalModel:  # fmt: skip
    config = model.config
    whole = scene(model.reader, sequences, beliefs, model.classes, matches=config.encoder.fusion)
    rows = np.arange(len(whole.sent)).reshape(sequences.size)
    responders: list[Responder] = []
    held: dict[str, Floats] = {"network": spoken.ravel()}
    for number in range(config.folds):
        inside, outside = rows[part != number].ravel(), rows[part == number].ravel()
        watched: Scene = whole.take(outside)
        responder = fit_responder(
            whole.take(inside), watched, config.seed + number, chain=config.encoder.fusion and bool(beliefs)
        )
        for name, values in responder.logits(watched).items():
            held.setdefault(name, np.zeros(len(whole.sent)))[outside] = values
        responders.append(responder)
        report({"responder": number})
    sent = whole.sent
    target = whole.responded[sent].astype(np.float64)
    by_branch = {name: values[sent] for name, values in held.items()}
    groups = np.repeat(part, sequences.size[1])[sent]
    blend = fit_blend(by_branch, target, groups)
    mixed = blend.logits(by_branch)
    calibrator = Calibrator.fit(mixed, target, "temperature")
    chance = calibrator.probabilities(mixed)
    threshold = best_f1_threshold(chance, target)
    figures = binary_scores(chance, target, threshold)
    report({"blend": dict(blend.alpha), **{f"held_out_{name}": value for name, value in figures.items()}})
    return replace(
        model, responders=tuple(responders), blend=blend, calibrator=calibrator, threshold=threshold, held_out=figures
    )
