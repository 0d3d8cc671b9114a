"""The support model: pairs in, three probabilities out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.network import build, encoded, texts_of
from ragmarket.compliance.grounding.model.store import RETRAIN, SHIPPED, load
from ragmarket.errors import ModelMissing
from ragmarket.schemas.grounding import LABELS, SupportPair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEPT = 8_192


class CrossEncoder:
    """Judges pairs by the fine-tuned sentence encoder; weights are read at the first pair.

    Args:
        base: The packaged sentence encoder's folder, whose embeddings it shares.
        folder: Weights and their card; the shipped ones by default.
    """

    def __init__(self, base: Path, folder: Path = SHIPPED) -> None:
        self._base = base
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None
        self._known: OrderedDict[tuple[str, str], tuple[float, ...]] = OrderedDict()

    @property
    def name(self) -> str:
        """The model and the first figures of its weights' hash.

        Raises:
            ModelMissing: The weights are absent or broken.
        """
        return str(load(self._folder)[1]["name"])

    def _ready(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                arrays, card = load(self._folder)
                tokenizer, network = build(self._base, int(card["layers"]))
                import torch

                state = {name: torch.from_numpy(array) for name, array in arrays.items()}
                try:
                    missing, unknown = network.load_state_dict(state, strict=False)
                except RuntimeError as error:
                    raise ModelMissing(f"the support model at {self._folder} does not fit: {error}") from error
                lost = [name for name in missing if not name.startswith("encoder.embeddings.")]
                if lost or unknown:
                    raise ModelMissing(f"the support model at {self._folder} lacks {lost or unknown}", hint=RETRAIN)
                # Where the processor multiplies bfloat16 itself, half the time for the same verdicts but near-ties.
                narrow = torch.cpu.get_capabilities().get("avx512_bf16")
                self._loaded = tokenizer, (network.to(torch.bfloat16) if narrow else network).eval()
            return self._loaded

    def score(self, pairs: Sequence[SupportPair]) -> NDArray[np.float64]:
        """Probabilities of supported, contradicted and unsupported of each pair, shape (n, 3), rows summing to one.

        Raises:
            ModelMissing: The weights are absent, broken, or were made for another encoder.
        """
        import numpy as np

        keys = [texts_of(pair) for pair in pairs]
        with self._lock:
            found = {key: self._known[key] for key in set(keys) if key in self._known}
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in found}
        found |= dict(zip(missing, self._judged(list(missing.values())), strict=True))
        with self._lock:
            for key in set(keys):
                self._known[key] = found[key]
                self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return np.array([found[key] for key in keys], dtype=np.float64).reshape(len(keys), len(LABELS))

    def _judged(self, pairs: list[SupportPair]) -> list[tuple[float, ...]]:
        if not pairs:
            return []
        tokenizer, network = self._ready()
        import torch

        found: list[tuple[float, ...]] = []
        # One after the other: padded in a batch, a pair would have other last figures than alone.
        with torch.inference_mode():
            for pair in pairs:
                chances = torch.softmax(network(**encoded(tokenizer, [pair]))[0].double(), 0)
                found.append(tuple(chances.tolist()))
        return found
