"""The intents' model in the whole: how it is fitted, and what of it the network reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ragmarket.prediction.temporal.config import TemporalConfig
from ragmarket.prediction.temporal.fitting import MISSING, Answers
from ragmarket.prediction.temporal.hmm import HmmConfig, IntentHmm
from ragmarket.prediction.temporal.hmm_fitting import fit_hmm
from ragmarket.prediction.temporal.network import EncoderConfig
from ragmarket.prediction.temporal.reader import Reader
from ragmarket.prediction.temporal.sequences import Documents, Sequences
from ragmarket.prediction.temporal.tokens import TEXT_STREAMS

Floats = npt.NDArray[np.float64]
HEARD = ("payments", "visits", "words")


def fit_intents(
    reader: Reader, sequences: Sequences, answers: Answers, classes: Mapping[str, tuple[str, ...]],
    config: TemporalConfig, report: Callable[[dict[str, Any]], None],
) -> IntentHmm:  # fmt: skip
    """Fit the intents' model on all customers; it learns from the intents that are known, if any."""
    known, hints = answers.heads.get("intent"), answers.heads.get("product")
    states = config.states or (len(classes["intent"]) if "intent" in classes else 10)
    if known is not None and (known == MISSING).all():
        known = None
    heard = tuple(
        name for name in HEARD if name in sequences.streams and (config.encoder.text or name not in TEXT_STREAMS)
    )
    settings = HmmConfig(states=states, rounds=config.rounds, seed=config.seed)
    shown = sequences if config.temporal else months_alone(sequences)
    shape = shown.size
    return fit_hmm(
        shown,
        sequences.columns[..., reader.who].reshape(*shape, -1),
        heard,
        settings,
        known=None if known is None else known.reshape(shape),
        hints=None if hints is None else hints.reshape(shape),
        report=lambda row: report({"intents": row["round"], "log_likelihood": row["log_likelihood"]}),
    )


def intent_inputs(hmm: IntentHmm | None, sequences: Sequences, reader: Reader, config: TemporalConfig) -> Floats:
    """(n, T, I): the filtered posterior, its logs, what each stream said, what type of customer it is."""
    if hmm is None:
        return np.zeros((*sequences.size, 0))
    shown = sequences if config.temporal else months_alone(sequences)
    found = hmm.filter(shown, sequences.columns[..., reader.who].reshape(*shown.size, -1))
    logs = np.log(np.maximum(found.posterior, 1e-6))
    parts = [found.posterior, (logs - logs.mean(axis=-1, keepdims=True)) / 5]
    parts += [np.clip(one - one.mean(axis=-1, keepdims=True), -20, 20) / 5 for one in found.parts.values()]
    parts += [customs.kind(shown.streams[name], shown.size) for name, customs in hmm.customs.items()]
    return np.concatenate(parts, axis=-1).reshape(*sequences.size, -1)


def readable(sequences: Sequences, config: TemporalConfig) -> Sequences:
    """What the network may read."""
    if not config.encoder.behaviour:
        return replace(sequences, streams={})
    if config.encoder.text:
        return sequences
    return replace(sequences, streams={k: v for k, v in sequences.streams.items() if k not in TEXT_STREAMS})


def encoder_of(config: TemporalConfig) -> EncoderConfig:
    """The network's shape under a setting."""
    return config.encoder if config.temporal else config.encoder.model_copy(update={"encoder": "none"})


def months_alone(sequences: Sequences) -> Sequences:
    """Every month as a customer of its own."""
    cells = int(np.prod(sequences.size))
    return Sequences(
        {name: Documents(one.cell, one.counts) for name, one in sequences.streams.items()},
        sequences.level.reshape(cells, 1),
        sequences.columns.reshape(cells, 1, -1),
        sequences.touch.reshape(cells, 1, -1),
        *(getattr(sequences, name).reshape(cells, 1) for name in ("sent", "opened", "responded")),
    )
