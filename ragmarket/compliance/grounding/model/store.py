"""The cross-encoder on disk: arrays as npz, the rest as a JSON card; neither can run code when read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.network import LONGEST
from ragmarket.compliance.grounding.rendering import VERSION as RENDERING
from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.schemas.grounding import LABELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.float32]]

SHIPPED = Path(__file__).parent / "weights"
RETRAIN = "Reinstall the package, or train with `ragmarket train grounding`."
NAME = "grounding-support"
FORM = {"rendering": RENDERING, "labels": list(LABELS), "longest": LONGEST}
_STEPS = ":steps"
_LARGEST = 127


def save(arrays: Arrays, card: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write ``weights.npz`` and ``card.json``; the card, written last, names the arrays' hash.

    Matrices are kept in 8 bits with one step for each row, all else as it is.
    """
    import numpy as np

    kept: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim < 2:
            kept[name] = array.astype(np.float32)
            continue
        steps = np.maximum(np.abs(array).max(axis=1, keepdims=True), 1e-8) / _LARGEST
        kept[name] = np.round(array / steps).astype(np.int8)
        kept[name + _STEPS] = steps.astype(np.float32)
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **kept)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(stream.getvalue())
    whole = {"name": NAME, "form": FORM, "weights_sha256": hashlib.sha256(stream.getvalue()).hexdigest(), **card}
    (folder / "card.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return whole


@lru_cache(maxsize=2)
def load(folder: Path = SHIPPED) -> tuple[Arrays, Mapping[str, Any]]:
    """Read and check a model: its arrays, and its card with ``name`` followed by the first figures of the hash.

    Raises:
        ModelMissing: Files are absent, do not match their card, or were made for another rendering.
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "retrieval") from error
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if card["form"] != FORM:
            raise ModelMissing(f"the support model at {folder} was trained for another rendering", hint=RETRAIN)
        raw = (folder / "weights.npz").read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if digest != card["weights_sha256"]:
            raise ModelMissing(f"the weights in {folder} do not match their card", hint=RETRAIN)
        with np.load(io.BytesIO(raw), allow_pickle=False) as held:
            arrays = {
                name: held[name].astype(np.float32) * held.get(name + _STEPS, 1)
                for name in held
                if not name.endswith(_STEPS)
            }
    except FileNotFoundError as error:
        raise ModelMissing(f"no support model: {error.filename} is absent", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"the support model at {folder} cannot be read: {error}", hint=RETRAIN) from error
    return arrays, {**card, "name": f"{card['name']}-{digest[:12]}"}
