"""A bank's own recommender as it is kept, and refused where it was learned from other signs than the store has."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from pydantic import ValidationError

from ragmarket.errors import ModelMissing
from ragmarket.schemas.offers import OfferCard, OfferSpec
from ragmarket.signals.offers.recommender import Recommender

FILE, CARD = "recommender.npz", "card.json"
HINT = "Run `ragmarket train offers` again."


@dataclass(frozen=True, slots=True)
class KeptRecommender:
    """A recommender with its card."""

    recommender: Recommender
    card: OfferCard

    def save(self, folder: Path) -> None:
        """Write it, and its card beside it to be read; a process killed meanwhile leaves the old one whole."""
        import numpy as np

        folder.mkdir(parents=True, exist_ok=True)
        own = self.recommender
        plain = {"pairs": own.pairs, "classes": own.classes, "card": self.card.model_dump(mode="json")}
        arrays = {
            "weights": own.weights,
            "bias": own.bias,
            "typical": own.typical,
            "plain": np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8),
        }
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        os.replace(stream.name, folder / FILE)  # noqa: PTH105 (a rename that replaces, on every system)
        (folder / CARD).write_text(self.card.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, spec: OfferSpec) -> KeptRecommender | None:
        """Read it; None where none was trained.

        Args:
            folder: Where it was saved.
            spec: What offers can be read from now.

        Raises:
            ModelMissing: It is damaged, or reads other signs than ``spec`` has; says which.
        """
        import numpy as np

        try:
            with (folder / FILE).open("rb") as stream, np.load(stream) as kept:
                arrays = {name: kept[name] for name in kept.files}
            plain = json.loads(arrays.pop("plain").tobytes())
            card = OfferCard.model_validate(plain["card"])
            pairs = tuple((str(one), str(two)) for one, two in plain["pairs"])
            classes = tuple(str(one) for one in plain["classes"])
            own = Recommender(pairs, classes, arrays["weights"], arrays["bias"], arrays["typical"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, BadZipFile, ValidationError) as error:
            raise ModelMissing(f"the recommender in {folder} cannot be read: {error}", hint=HINT) from error
        if told := card.spec.differences(spec):
            hint = f"{HINT[:-1]}, or let the rules answer: `ragmarket segments offers --rules`."
            raise ModelMissing(f"the recommender in {folder} does not fit this store: {'; '.join(told)}", hint=hint)
        return cls(own, card)
