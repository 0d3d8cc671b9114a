"""A fitted temporal model on disk: safetensors, LightGBM's text form and a JSON card; nothing that runs code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ragmarket.prediction.alimn.blending import Blend
from ragmarket.prediction.alimn.companions import Line, Trees
from ragmarket.prediction.calibration import Calibrator
from ragmarket.prediction.model_folder import ModelFolder
from ragmarket.prediction.temporal.config import TemporalConfig
from ragmarket.prediction.temporal.customs import Customs
from ragmarket.prediction.temporal.estimator import TemporalModel
from ragmarket.prediction.temporal.hmm import HmmConfig, IntentHmm, Level
from ragmarket.prediction.temporal.lines import ClassLine
from ragmarket.prediction.temporal.network import EncoderConfig, TemporalNetwork, Widths
from ragmarket.prediction.temporal.reader import Reader
from ragmarket.prediction.temporal.responder import Responder

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

    Floats = npt.NDArray[np.float64]

_FOLDER = ModelFolder("the temporal model", 1, "Train again with `ragmarket train temporal`.")
_PAIRS = ("first", "second")
_CUSTOMS = ("everyday", "theta", "share", "types")


def save(model: TemporalModel, folder: Path, card: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write the model; ``card.json``, written last, names every other file's hash.

    Returns:
        The card.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"reader.mean": model.reader.mean, "reader.scale": model.reader.scale}
    tensors: dict[str, torch.Tensor] = {}
    for number, network in enumerate(model.networks):
        tensors |= {f"network{number}.{name}": value.contiguous() for name, value in network.state_dict().items()}
    files = []
    for number, responder in enumerate(model.responders):
        assert isinstance(responder.trees, Trees)  # noqa: S101
        files.append(folder / f"trees{number}.txt")
        files[-1].write_text(responder.trees.as_text(), encoding="utf-8")
        for name, lines in zip(_PAIRS, (responder.first, responder.second), strict=True):
            for place, line in enumerate(lines or ()):
                arrays[f"responder{number}.{name}{place}"] = np.append(line.weights, line.bias)
    for number, fold in enumerate(model.lines):
        for name in model.shares:
            arrays[f"line{number}.{name}"] = np.vstack([fold[name].weights, fold[name].bias])
    hmm = model.hmm
    if hmm is not None:
        arrays |= {"hmm.fresh": hmm.fresh, "hmm.shift": hmm.level.shift}
        arrays |= {f"hmm.theta.{name}": values for name, values in hmm.theta.items()}
        for name, customs in hmm.customs.items():
            arrays |= {f"hmm.customs.{name}.{part}": getattr(customs, part) for part in _CUSTOMS}
    tensors |= {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in arrays.items()}
    files.append(folder / "model.safetensors")
    save_file(tensors, files[-1])
    widths = model.networks[0].widths
    body: dict[str, Any] = {
        **(card or {}),
        "config": model.config.model_dump(mode="json"),
        "reader": {name: getattr(model.reader, name) for name in ("categories", "codes", "months", "vocabularies")},
        "classes": dict(model.classes),
        "widths": asdict(widths),
        "encoder": model.networks[0].config.model_dump(mode="json"),
        "networks": len(model.networks),
        "lines": dict(model.shares),
        "responders": [responder.second is not None for responder in model.responders],
        "hmm": None if hmm is None else _described(hmm),
        "blend": dict(model.blend.alpha),
        "calibrator": model.calibrator.as_dict(),
        "threshold": model.threshold,
        "held_out": dict(model.held_out),
        "curve": list(model.curve),
    }
    return _FOLDER.seal(folder, body, files)


def _described(hmm: IntentHmm) -> dict[str, Any]:
    level = asdict(hmm.level)
    level.pop("shift")
    return {
        "config": asdict(hmm.config), "streams": hmm.streams, "theta": list(hmm.theta), "customs": list(hmm.customs),
        "errand": dict(hmm.errand), "stay": hmm.stay, "level": level,
    }  # fmt: skip


def load(folder: Path) -> TemporalModel:
    """Read and check a model.

    Raises:
        ModelMissing: Files are absent, do not match the card, or were written in another format.
        MissingDependency: lightgbm is needed and not installed.
    """
    from safetensors.torch import load_file

    with _FOLDER.opened(folder) as card:
        tensors = load_file(folder / "model.safetensors")
        reader = Reader(
            {name: tuple(values) for name, values in card["reader"]["categories"].items()},
            {name: tuple(values) for name, values in card["reader"]["codes"].items()},
            tuple(card["reader"]["months"]),
            {name: tuple(values) for name, values in card["reader"]["vocabularies"].items()},
            tensors["reader.mean"].numpy(),
            tensors["reader.scale"].numpy(),
        )
        widths = Widths(**{**card["widths"], "touch": tuple(card["widths"]["touch"])})
        encoder = EncoderConfig.model_validate(card["encoder"])
        return TemporalModel(
            TemporalConfig.model_validate(card["config"]),
            reader,
            {name: tuple(values) for name, values in card["classes"].items()},
            None if card["hmm"] is None else _hmm(card["hmm"], tensors),
            tuple(_network(widths, encoder, tensors, number) for number in range(card["networks"])),
            tuple(
                {name: _line(tensors[f"line{number}.{name}"].numpy()) for name in card["lines"]}
                for number in range(card["networks"])
            ),
            {name: float(share) for name, share in card["lines"].items()},
            tuple(_responder(folder, tensors, number, chain) for number, chain in enumerate(card["responders"])),
            Blend({name: float(weight) for name, weight in card["blend"].items()}),
            Calibrator.from_dict(card["calibrator"]),
            float(card["threshold"]),
            dict(card["held_out"]),
            tuple(card["curve"]),
        )


def _network(
    widths: Widths, encoder: EncoderConfig, tensors: Mapping[str, torch.Tensor], number: int
) -> TemporalNetwork:
    network = TemporalNetwork(widths, encoder)
    head = f"network{number}."
    network.load_state_dict({k.removeprefix(head): v for k, v in tensors.items() if k.startswith(head)})
    network.eval()
    return network


def _line(values: Floats) -> ClassLine:
    return ClassLine(values[:-1], values[-1])


def _responder(folder: Path, tensors: Mapping[str, torch.Tensor], number: int, chain: bool) -> Responder:
    trees = Trees.from_text((folder / f"trees{number}.txt").read_text(encoding="utf-8"))

    def lines(name: str) -> tuple[Line, Line]:
        values = [tensors[f"responder{number}.{name}{place}"].numpy() for place in range(2)]
        return Line(values[0][:-1], float(values[0][-1])), Line(values[1][:-1], float(values[1][-1]))

    return Responder(lines("first"), lines("second") if chain else None, trees)


def _hmm(data: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> IntentHmm:
    config = HmmConfig(**{**data["config"], "customs": tuple(data["config"]["customs"])})
    customs = {
        name: Customs(*(tensors[f"hmm.customs.{name}.{part}"].numpy() for part in _CUSTOMS)) for name in data["customs"]
    }
    return IntentHmm(
        config,
        tuple(data["streams"]),
        {name: tensors[f"hmm.theta.{name}"].numpy() for name in data["theta"]},
        customs,
        dict(data["errand"]),
        float(data["stay"]),
        tensors["hmm.fresh"].numpy(),
        Level(tensors["hmm.shift"].numpy(), **data["level"]),
    )
