"""A fitted ALIMN on disk: safetensors, LightGBM's text form and a JSON card; nothing that runs code when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ragmarket.prediction.alimn.blending import Blend
from ragmarket.prediction.alimn.companions import Companion, Line, Trees
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.folds import FoldModel, Stops
from ragmarket.prediction.alimn.model import AlimnModel
from ragmarket.prediction.alimn.network import Alimn, Shape
from ragmarket.prediction.calibration import Calibrator
from ragmarket.prediction.contexts import ContextRates
from ragmarket.prediction.model_folder import ModelFolder
from ragmarket.prediction.preprocessing import Pca, Preprocessor
from ragmarket.prediction.tables import TableSpec

_FOLDER = ModelFolder("the ALIMN model", 1, "Train again with `ragmarket train alimn`.")


def save(model: AlimnModel, folder: Path, card: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write the model; ``card.json``, written last, names every other file's hash.

    Returns:
        The card.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    folds = []
    for number, fold in enumerate(model.folds):
        tensors = {f"network.{name}": value.contiguous() for name, value in fold.network.state_dict().items()}
        tensors["text_scale"] = torch.from_numpy(fold.text_scale)
        if fold.pca is not None:
            tensors |= {
                f"pca.{name}": torch.from_numpy(np.ascontiguousarray(value))
                for name, value in (
                    ("mean", fold.pca.mean),
                    ("components", fold.pca.components),
                    ("explained", fold.pca.explained),
                )
            }
        for name, companion in fold.companions.items():
            if isinstance(companion, Trees):
                files.append(folder / f"fold{number}-{name}.txt")
                files[-1].write_text(companion.as_text(), encoding="utf-8")
            else:
                tensors[f"{name}.weights"] = torch.from_numpy(np.ascontiguousarray(companion.weights))
                tensors[f"{name}.bias"] = torch.tensor(companion.bias, dtype=torch.float64)
        files.append(folder / f"fold{number}.safetensors")
        save_file(tensors, files[-1])
        text = fold.network.encoder.text
        folds.append(
            {
                "preprocessor": fold.preprocessor.as_dict(),
                "rates": None if fold.rates is None else fold.rates.as_dict(),
                "companions": {
                    name: "trees" if isinstance(one, Trees) else "line" for name, one in fold.companions.items()
                },
                "text_width": 0 if text is None else text.in_features,
                "network": fold.network.config.model_dump(mode="json"),
                "stops": {"epochs": fold.stops.epochs, "rounds": dict(fold.stops.rounds)},
                "curve": fold.curve,
            }
        )
    body: dict[str, Any] = {
        **(card or {}),
        "config": model.config.model_dump(mode="json"),
        "spec": model.spec.model_dump(mode="json"),
        "blend": dict(model.blend.alpha),
        "calibrator": model.calibrator.as_dict(),
        "threshold": model.threshold,
        "base_rate": model.base_rate,
        "held_out": model.held_out,
        "folds": folds,
    }
    return _FOLDER.seal(folder, body, files)


def load(folder: Path) -> AlimnModel:
    """Read and check a model.

    Raises:
        ModelMissing: Files are absent, do not match the card, or were written in another format.
        MissingDependency: lightgbm is needed and not installed.
    """
    with _FOLDER.opened(folder) as card:
        spec = TableSpec.model_validate(card["spec"])
        return AlimnModel(
            AlimnConfig.model_validate(card["config"]),
            spec,
            tuple(_fold(folder, number, data) for number, data in enumerate(card["folds"])),
            Blend({name: float(weight) for name, weight in card["blend"].items()}),
            Calibrator.from_dict(card["calibrator"]),
            float(card["threshold"]),
            float(card["base_rate"]),
            dict(card["held_out"]),
        )


def _fold(folder: Path, number: int, data: Mapping[str, Any]) -> FoldModel:
    from safetensors.torch import load_file

    from ragmarket.prediction.alimn.config import NetworkConfig

    tensors = load_file(folder / f"fold{number}.safetensors")
    preprocessor = Preprocessor.from_dict(data["preprocessor"])
    shape = Shape(len(preprocessor.mean), preprocessor.sizes, int(data["text_width"]))
    edges = torch.from_numpy(preprocessor.edges.astype(np.float32))
    network = Alimn(shape, NetworkConfig.model_validate(data["network"]), edges)
    network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    network.eval()
    pca = None
    if "pca.components" in tensors:
        pca = Pca(*(tensors[f"pca.{name}"].numpy() for name in ("mean", "components", "explained")))
    companions: dict[str, Companion] = {}
    for name, kind in data["companions"].items():
        if kind == "trees":
            companions[name] = Trees.from_text((folder / f"fold{number}-{name}.txt").read_text(encoding="utf-8"))
        else:
            companions[name] = Line(tensors[f"{name}.weights"].numpy(), float(tensors[f"{name}.bias"]))
    rates = None if data["rates"] is None else ContextRates.from_dict(data["rates"])
    stops = Stops(int(data["stops"]["epochs"]), dict(data["stops"]["rounds"]))
    scale = tensors["text_scale"].numpy()
    return FoldModel(rates, preprocessor, pca, network, companions, list(data["curve"]), stops, scale)
