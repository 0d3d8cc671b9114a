"""A vector for every word piece of a text, in its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# MiniLM reads 512 pieces; longer texts are cut by whoever asks.
PIECES = 500


@dataclass(frozen=True)
class TokenVectors:
    """Unit vectors of the word pieces of one text, shape (pieces, width), with their places and vocabulary ids."""

    vectors: NDArray[np.float32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    ids: NDArray[np.int32]


class TokenEncoder:
    """The last layer of a local encoder, on the CPU.

    Args:
        path: A folder that transformers can load, such as the sentence encoder's.
        batch: Texts at once.
    """

    def __init__(self, path: Path, *, batch: int = 16) -> None:
        self._path = path
        self._batch = batch
        self._loaded: tuple[Any, Any] | None = None

    def _model(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoModel, AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(str(self._path), local_files_only=True)
            model = AutoModel.from_pretrained(str(self._path), local_files_only=True)
            self._loaded = tokenizer, model.eval()
        return self._loaded

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Vectors of each text, without the pieces that frame it; an empty text has none."""
        import numpy as np
        import torch

        tokenizer, model = self._model()
        found: list[TokenVectors | None] = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for first in range(0, len(order), self._batch):
            rows = order[first : first + self._batch]
            packed = tokenizer(
                [texts[row] for row in rows],
                truncation=True,
                max_length=PIECES,
                padding=True,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            offsets = packed.pop("offset_mapping").numpy()
            with torch.inference_mode():
                hidden = torch.nn.functional.normalize(model(**packed).last_hidden_state, dim=-1).numpy()
            ids = packed["input_ids"].numpy()
            for place, row in enumerate(rows):
                kept = offsets[place, :, 1] > offsets[place, :, 0]
                found[row] = TokenVectors(
                    hidden[place][kept].astype(np.float32),
                    offsets[place, kept, 0].astype(np.int32),
                    offsets[place, kept, 1].astype(np.int32),
                    ids[place][kept].astype(np.int32),
                )
        return [one for one in found if one is not None]
