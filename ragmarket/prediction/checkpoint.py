"""A predictor on disk: arrays as npz, all else as a JSON card. Neither can run code when it is read.

The card holds the feature spec that the model was trained with (names, types, units, vocabularies, version, hash),
training's bins of each feature, segment priors, figures and the data card; it names the arrays' hash.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.prediction.drift import Reference
from ragmarket.prediction.offers import OfferLines
from ragmarket.prediction.student import HEADS, Head, Student
from ragmarket.schemas.features import FeatureSpec, differences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

SHIPPED = Path(__file__).parent / "weights"
FORMAT = 3
RETRAIN = "Train again with `ragmarket train intents`, or point RAGMARKET_PREDICTION__MODEL_DIR at another checkpoint."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that serving needs.

    ``priors`` (segments, classes) by head; ``centres`` (segments, trunk): where customers of a segment lie in the
    trunk, ``spread`` (trunk,) how far around; ``means`` (segments, C): their mean standardised features.
    """

    name: str
    sha256: str
    trained_on: date
    spec: FeatureSpec
    student: Student
    reference: Reference
    priors: Mapping[str, Floats]
    centres: Floats
    spread: Floats
    means: Floats
    offers: OfferLines
    card: Mapping[str, Any]

    def age(self, day: date) -> int:
        """Days since training."""
        return (day - self.trained_on).days


def save(
    folder: Path,
    *,
    name: str,
    trained_on: date,
    spec: FeatureSpec,
    student: Student,
    reference: Reference,
    priors: Mapping[str, Floats],
    centres: Floats,
    spread: Floats,
    means: Floats,
    offers: OfferLines,
    card: Mapping[str, Any],
) -> dict[str, Any]:
    """Write ``weights.npz`` and ``card.json``; the card, written last, names the arrays' hash.

    Returns:
        The card.
    """
    import numpy as np

    arrays: dict[str, Any] = dict(student.arrays)
    arrays |= {f"prior.{head}": values for head, values in priors.items()}
    arrays |= {"centres": centres, "spread": spread, "means": means}
    arrays |= {"offer.opening": offers.opening, "offer.answering": offers.answering}
    stream = io.BytesIO()
    np.savez_compressed(stream, **{key: value.astype(np.float32) for key, value in arrays.items()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(stream.getvalue())
    body: dict[str, Any] = {
        **card,
        "format": FORMAT,
        "name": name,
        "trained_on": trained_on.isoformat(),
        "feature_spec_version": spec.version,
        "feature_spec_sha256": spec.sha256,
        "vocabularies_sha256": spec.vocabularies,
        "heads": {
            key: {name: getattr(head, name) for name in ("classes", "temperature", "sharp", "threshold")}
            for key, head in student.heads.items()
        },
        "weights_sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
        "spec": spec.model_dump(mode="json"),
        "reference": reference.as_dict(),
    }
    plain = json.dumps(body, indent=1, ensure_ascii=False)
    (folder / "card.json").write_text(plain + "\n", encoding="utf-8")
    return body


def load(folder: Path, spec: FeatureSpec) -> Checkpoint:
    """Read and check a checkpoint.

    Args:
        folder: Holds ``weights.npz`` and ``card.json``.
        spec: The features that the line gathers; vocabularies of words may be any.

    Raises:
        ModelMissing: Files are absent or damaged, or the checkpoint was trained for other features (names them).
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "prediction") from error
    try:
        written = (folder / "card.json").read_bytes()
        card = json.loads(written)
        if card.get("format") != FORMAT:
            raise ModelMissing("the prediction model was written in another format", hint=RETRAIN)
        trained = FeatureSpec.model_validate(card["spec"])
        _same_features(spec, trained, card)
        data = (folder / "weights.npz").read_bytes()
        if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
            raise ModelMissing("the prediction model's weights do not match their card", hint=RETRAIN)
        stored = np.load(io.BytesIO(data), allow_pickle=False)
        arrays = {key: stored[key].astype(np.float32) for key in stored.files}
        heads, start = {}, 0
        for key in HEADS:
            item = card["heads"][key]
            figures = (float(item[figure]) for figure in ("temperature", "threshold", "sharp"))
            heads[key] = Head(tuple(item["classes"]), start, *figures)
            start += len(item["classes"])
        priors = {key.removeprefix("prior."): arrays.pop(key) for key in list(arrays) if key.startswith("prior.")}
        centres, spread, means = (arrays.pop(key) for key in ("centres", "spread", "means"))
        offers = OfferLines(arrays.pop("offer.opening"), arrays.pop("offer.answering"))
        student = Student(heads, groups_of(trained), arrays)
        _fits(student, trained, priors, centres, means)
        return Checkpoint(
            name=f"{card['name']}@{card['weights_sha256'][:12]}",
            sha256=hashlib.sha256(written).hexdigest(),
            trained_on=date.fromisoformat(card["trained_on"]),
            spec=trained,
            student=student,
            reference=Reference.from_dict(card["reference"]),
            priors=priors,
            centres=centres,
            spread=spread,
            means=means,
            offers=offers,
            card=card,
        )
    except FileNotFoundError as error:
        raise ModelMissing(f"the prediction model is absent: {error.filename}", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(f"the prediction model cannot be read: {error}", hint=RETRAIN) from error


def groups_of(spec: FeatureSpec) -> dict[str, npt.NDArray[np.int64]]:
    """The columns of each branch, in the order in which branches first occur."""
    import numpy as np

    found: dict[str, list[int]] = {}
    for feature in spec.features:
        found.setdefault(feature.group, []).extend(range(*spec.spans[feature.name]))
    return {name: np.array(columns, dtype=np.int64) for name, columns in found.items()}


def _same_features(ours: FeatureSpec, theirs: FeatureSpec, card: Mapping[str, Any]) -> None:
    if theirs.sha256 != card["feature_spec_sha256"] or theirs.vocabularies != card["vocabularies_sha256"]:
        raise ModelMissing("the prediction model's features do not match the hash on its card", hint=RETRAIN)
    if lines := differences(ours, theirs):
        raise ModelMissing(
            f"the prediction model was trained for another set of features ({'; '.join(lines)})", hint=RETRAIN
        )


def _fits(student: Student, spec: FeatureSpec, priors: Mapping[str, Floats], centres: Floats, means: Floats) -> None:
    """Raise where arrays do not fit one another.

    Raises:
        ModelMissing: They do not.
    """
    import numpy as np

    width = sum(stop - start for start, stop in spec.spans.values())
    classes = sum(len(head.classes) for head in student.heads.values())
    segments = len(student.heads["segment"].classes)
    arrays = student.arrays
    right = (
        arrays["direct"].shape == (width, classes)
        and arrays["mean"].shape == arrays["inverse"].shape == (width,)
        and means.shape == (segments, width)
        and centres.shape == (segments, arrays["trunk.bias"].shape[0])
        and all(arrays[f"branch.{name}.weight"].shape[0] == len(places) for name, places in student.groups.items())
        and all(
            priors[name].shape == (segments, len(head.classes))
            for name, head in student.heads.items()
            if name != "segment"
        )
        and all(np.isfinite(value).all() for value in arrays.values())
    )
    if not right:
        raise ModelMissing("the prediction model's arrays do not fit its card", hint=RETRAIN)
