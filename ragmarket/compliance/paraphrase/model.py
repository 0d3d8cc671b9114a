"""The classifier on disk and in memory: arrays as npz, the rest as a JSON card; neither can run code when read."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.paraphrase.features import BITS, VERSION, features
from ragmarket.errors import MissingDependency, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.int8]

SHIPPED = Path(__file__).parent / "weights"
RETRAIN = "Reinstall the package, or train with `ragmarket train claims`."


@dataclass(frozen=True, slots=True)
class ClaimModel:
    """Two linear models over hashed features: whether a passage claims what it may not, and which class it would be.

    ``idf`` and ``lawless`` are (2^BITS,), ``classes`` is (2^BITS, 24) in steps of ``class_scale`` (24,). A margin's
    probability is ``1 / (1 + exp(-(slope * margin + offset)))``.
    """

    name: str
    idf: Floats
    lawless: Floats
    bias: float
    classes: Bytes
    class_scale: Floats
    class_bias: Floats
    slope: float
    offset: float
    threshold: float
    card: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the weights, which with the card's threshold decide what is found."""
        return str(self.card["weights_sha256"])

    def probability(self, margin: float) -> float:
        """The calibrated probability that a passage with this margin is unlawful."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * margin + self.offset))))

    def weigh(self, words: tuple[str, ...], product_class: str) -> tuple[Any, Floats]:
        """Which features a passage has, (n,), and how much each counts, (n,); the weights' squares sum to one."""
        return weigh(words, product_class, self.idf)

    def margin(self, places: Any, weights: Floats) -> float:
        """How far the passage is on the unlawful side."""
        return float(self.lawless[places] @ weights) + self.bias

    def class_of(self, places: Any, weights: Floats, admissible: Collection[int]) -> int:
        """The likeliest class among the ``admissible`` numbers."""
        scores = (weights @ self.classes[places].astype("float32")) * self.class_scale + self.class_bias
        return max(sorted(admissible), key=lambda number: float(scores[number - 1]))


def weigh(words: tuple[str, ...], product_class: str, idf: Floats) -> tuple[Any, Floats]:
    """Features and their weights, as `ClaimModel.weigh` says, under an inverse document frequency."""
    import numpy as np

    places, counts = np.unique(features(words, product_class), return_counts=True)
    weights = (1 + np.log(counts.astype(np.float32))) * idf[places]
    return places, np.asarray(weights / max(float(np.sqrt(weights @ weights)), 1e-6), dtype=np.float32)


def save(model: ClaimModel, folder: Path) -> None:
    """Write ``weights.npz`` and ``card.json``; the card, written last, names the arrays' hash."""
    import numpy as np

    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        idf=model.idf.astype(np.float16),
        lawless=model.lawless.astype(np.float16),
        classes=model.classes,
        class_scale=model.class_scale,
        class_bias=model.class_bias,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(stream.getvalue())
    card = {
        "name": model.name,
        "features": {"version": VERSION, "bits": BITS},
        "bias": model.bias,
        "calibration": {"slope": model.slope, "offset": model.offset},
        "threshold": model.threshold,
        "weights_sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
        **model.card,
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def fingerprint(folder: Path = SHIPPED) -> str | None:
    """What `ClaimModel.fingerprint` will be, read from the card alone; None when there is no card to read."""
    try:
        return str(json.loads((folder / "card.json").read_text(encoding="utf-8"))["weights_sha256"])
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=4)
def load(folder: Path = SHIPPED) -> ClaimModel:
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
        if card["features"] != {"version": VERSION, "bits": BITS}:
            raise ModelMissing("the claim classifier was trained for other features", hint=RETRAIN)
        if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
            raise ModelMissing("the claim classifier's weights do not match their card", hint=RETRAIN)
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        model = ClaimModel(
            name=f"{card['name']}@{card['weights_sha256'][:12]}",
            idf=arrays["idf"].astype(np.float32),
            lawless=arrays["lawless"].astype(np.float32),
            bias=float(card["bias"]),
            classes=arrays["classes"],
            class_scale=arrays["class_scale"].astype(np.float32),
            class_bias=arrays["class_bias"].astype(np.float32),
            slope=float(card["calibration"]["slope"]),
            offset=float(card["calibration"]["offset"]),
            threshold=float(card["threshold"]),
            card=card,
        )
    except FileNotFoundError as error:
        raise ModelMissing(f"the claim classifier is absent: {error.filename}", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"the claim classifier cannot be read: {error}", hint=RETRAIN) from error
    size = 1 << BITS
    if model.idf.shape != (size,) or model.lawless.shape != (size,) or model.classes.shape != (size, 24):
        raise ModelMissing("the claim classifier's arrays do not fit its card", hint=RETRAIN)
    return model
