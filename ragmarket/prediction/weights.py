"""The model on disk: arrays as npz, everything else as a JSON card. Neither can run code when it is read."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

SHIPPED = Path(__file__).parent / "weights"
HEADS = ("segment", "intent", "product_class", "channel", "response")
RETRAIN = "Train again with `ragmarket train intents`."


@dataclass(frozen=True, slots=True)
class Head:
    """One multinomial logistic head: ``softmax((z @ weights + bias) / temperature)``.

    ``weights`` is (columns, classes), ``bias`` (classes,). Below ``threshold`` its answer is not used.
    """

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: float
    threshold: float

    def probabilities(self, z: Floats) -> Floats:
        """Class probabilities, (…, classes), of standardised vectors (…, columns)."""
        import numpy as np

        logits = (z @ self.weights + self.bias) / self.temperature
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Model:
    """All heads over one standardisation. ``columns`` are (name, plain words, role)."""

    name: str
    columns: tuple[tuple[str, str, str], ...]
    mean: Floats
    scale: Floats
    heads: Mapping[str, Head]
    card: Mapping[str, Any]

    def standardise(self, vectors: Floats) -> Floats:
        """Zero mean and unit variance; a missing number (NaN) becomes the mean, which moves no decision."""
        import numpy as np

        return np.nan_to_num((vectors - self.mean) / self.scale, nan=0.0)


def save(model: Model, folder: Path) -> None:
    """Write ``weights.npz`` and ``card.json``; the card, written last, names the arrays' hash."""
    import numpy as np

    arrays: dict[str, Floats] = {"mean": model.mean, "scale": model.scale}
    for name, head in model.heads.items():
        arrays |= {f"{name}.weights": head.weights, f"{name}.bias": head.bias}
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(stream.getvalue())
    heads = {
        name: {"classes": head.classes, "temperature": head.temperature, "threshold": head.threshold}
        for name, head in model.heads.items()
    }
    card = {
        **model.card,
        "name": model.name,
        "columns": model.columns,
        "heads": heads,
        "weights_sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(folder: Path, spec_sha256: str) -> Model:
    """Read and check a model.

    Args:
        folder: Holds ``weights.npz`` and ``card.json``.
        spec_sha256: Hash of the feature spec that will encode the signals.

    Raises:
        ModelMissing: Files are absent, do not match their card, or were trained for another feature spec.
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "prediction") from error
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        data = (folder / "weights.npz").read_bytes()
        if card["feature_spec_sha256"] != spec_sha256:
            raise ModelMissing("the prediction model was trained for another set of features", hint=RETRAIN)
        if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
            raise ModelMissing("the prediction model's weights do not match their card", hint=RETRAIN)
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        heads = {
            name: Head(
                classes=tuple(item["classes"]),
                weights=arrays[f"{name}.weights"].astype(np.float64),
                bias=arrays[f"{name}.bias"].astype(np.float64),
                temperature=float(item["temperature"]),
                threshold=float(item["threshold"]),
            )
            for name, item in card["heads"].items()
        }
        columns = tuple((str(name), str(label), str(role)) for name, label, role in card["columns"])
        mean, scale = arrays["mean"].astype(np.float64), arrays["scale"].astype(np.float64)
        name = f"{card['name']}@{card['weights_sha256'][:12]}"
    except FileNotFoundError as error:
        raise ModelMissing(f"the prediction model is absent: {error.filename}", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"the prediction model cannot be read: {error}", hint=RETRAIN) from error
    fits = all(head.weights.shape == (len(columns), len(head.classes)) for head in heads.values())
    if not fits or set(heads) != set(HEADS) or not math.isfinite(float(mean.sum() + scale.sum())):
        raise ModelMissing("the prediction model's arrays do not fit its card", hint=RETRAIN)
    return Model(name=name, columns=columns, mean=mean, scale=scale, heads=heads, card=card)
