"""The support model on disk: arrays as npz, the rest as a JSON card; neither can run code when read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from ragmarket.compliance.grounding.model.classifier import LABELS, Classifier
from ragmarket.compliance.grounding.model.encoder import HIDDEN, SPACE, WIDTH, Student
from ragmarket.compliance.grounding.model.features import NAMES, KindTraits
from ragmarket.compliance.grounding.model.features import VERSION as FEATURES
from ragmarket.compliance.grounding.model.hashing import BITS
from ragmarket.compliance.grounding.model.hashing import VERSION as HASHING
from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.schemas.base import LANGUAGES

SHIPPED = Path(__file__).parent / "weights"
RETRAIN = "Reinstall the package, or train with `ragmarket train grounding`."
NAME = "grounding-support"
_FORM = {"hashing": HASHING, "bits": BITS, "features": FEATURES, "columns": len(NAMES)}
# Kept as they are trained; everything else is halved.
_EXACT = frozenset(("table",))


@dataclass(frozen=True, slots=True)
class Weights:
    """All that the model has learnt."""

    student: Student
    classifier: Classifier
    traits: KindTraits
    kinds: tuple[str, ...]
    card: Mapping[str, Any]
    name: str = NAME


def save(weights: Weights, folder: Path) -> None:
    """Write ``weights.npz`` and ``card.json``; the card, written last, names the arrays' hash."""
    import numpy as np

    arrays = {one.name: getattr(weights.student, one.name) for one in fields(Student)}
    arrays = {key: value if key in _EXACT else value.astype(np.float16) for key, value in arrays.items()}
    arrays |= {
        "classes": weights.traits.classes,
        "cues": weights.traits.cues,
        "centre": weights.classifier.centre,
        "spread": weights.classifier.spread,
    }
    for place, (matrix, bias) in enumerate(weights.classifier.layers):
        arrays |= {f"layer{place}": matrix, f"bias{place}": bias}
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(stream.getvalue())
    card = {
        "name": NAME,
        "form": _FORM,
        "labels": LABELS,
        "temperatures": dict(weights.classifier.temperatures),
        "weights_sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
        **weights.card,
        "kinds": weights.kinds,
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@lru_cache(maxsize=4)
def load(folder: Path = SHIPPED) -> Weights:
    """Read and check a model; every caller of one folder shares it.

    Raises:
        ModelMissing: Files are absent, do not match their card, or were made for other features.
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "compliance") from error
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        data = (folder / "weights.npz").read_bytes()
        if card["form"] != _FORM:
            raise ModelMissing("the support model was trained for other features", hint=RETRAIN)
        if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
            raise ModelMissing("the support model's weights do not match their card", hint=RETRAIN)
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        held = {
            one.name: arrays[one.name] if one.name in _EXACT else arrays[one.name].astype(np.float32)
            for one in fields(Student)
        }
        layers: list[tuple[Any, Any]] = []
        while f"layer{len(layers)}" in arrays:
            layers.append((arrays[f"layer{len(layers)}"], arrays[f"bias{len(layers)}"]))
        temperatures = {language: float(card["temperatures"][language]) for language in LANGUAGES}
        weights = Weights(
            student=Student(**held),
            classifier=Classifier(arrays["centre"], arrays["spread"], tuple(layers), temperatures),
            traits=KindTraits(arrays["classes"], arrays["cues"]),
            kinds=tuple(card["kinds"]),
            card=card,
            name=f"{card['name']}@{card['weights_sha256'][:12]}",
        )
    except FileNotFoundError as error:
        raise ModelMissing(f"the support model is absent: {error.filename}", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"the support model cannot be read: {error}", hint=RETRAIN) from error
    _demand_shapes(weights)
    return weights


def _demand_shapes(weights: Weights) -> None:
    student, kinds = weights.student, len(weights.kinds) + 1
    wanted = {
        "table": (1 << BITS, WIDTH),
        "steps": (1 << BITS,),
        "inner": (WIDTH, HIDDEN),
        "outer": (HIDDEN, SPACE),
        "kind": (HIDDEN, kinds),
        "evidence": (SPACE + HIDDEN, kinds),
    }
    wrong = [name for name, shape in wanted.items() if getattr(student, name).shape != shape]
    layers = weights.classifier.layers
    fits = layers and layers[0][0].shape[0] == len(NAMES) and layers[-1][1].shape == (len(LABELS),)
    if wrong or not fits or weights.traits.cues.shape != (len(LANGUAGES), kinds, 3):
        raise ModelMissing("the support model's arrays do not fit its card", hint=RETRAIN)
