"""A cross-encoder of the user's choice: any local model of natural-language inference."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.schemas.grounding import LABELS, SupportPair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What inference corpora call the three relations, and what two-way models call theirs.
_MEANING = {
    "entailment": 0, "entail": 0, "entails": 0, "supported": 0, "supports": 0, "support": 0, "consistent": 0,
    "contradiction": 1, "contradict": 1, "contradicts": 1, "contradicted": 1, "refuted": 1, "refutes": 1,
    "neutral": 2, "not_entailment": 2, "unsupported": 2, "not_supported": 2, "not_enough_info": 2, "inconsistent": 2,
}  # fmt: skip
_LONGEST = 512


class CrossEncoderSupport:
    """Judges pairs by a local transformers folder; the premise is the evidence, the hypothesis the claim.

    Which output means what is read from the folder's ``config.json`` (``id2label``): a model that names its outputs
    LABEL_0 to LABEL_2 is refused, because their order differs from model to model. Where it tells only entailment from
    its absence, no pair is ever contradicted. Nothing is downloaded; no code of the folder is run.

    Args:
        folder: A folder that `transformers` can load, with its tokenizer.
        temperature: Divides the logits, as measured on the user's own pairs.
        batch_size: Pairs judged at once.
    """

    def __init__(self, folder: Path, *, temperature: float = 1.0, batch_size: int = 16) -> None:
        if temperature <= 0:
            raise ValueError(f"temperature: {temperature} is not above zero")
        self._folder = folder
        self._temperature = temperature
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any, tuple[int, ...]] | None = None

    @property
    def name(self) -> str:
        """The folder's name, for records."""
        return self._folder.name

    def _ready(self) -> tuple[Any, Any, tuple[int, ...]]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Any, Any, tuple[int, ...]]:
        if not (self._folder / "config.json").is_file():
            hint = "Point RAGMARKET_COMPLIANCE__NLI_MODEL at a folder saved by transformers, or unset it."
            raise ModelMissing(f"no cross-encoder at {self._folder}", hint=hint)
        # Read when the library is first imported: no look-up on any hub, no bar across stderr.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        try:
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()
        except ImportError as error:
            raise MissingDependency("transformers", "writer") from error
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(self._folder), local_files_only=True)
            model = AutoModelForSequenceClassification.from_pretrained(str(self._folder), local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelMissing(f"the cross-encoder at {self._folder} cannot be loaded: {error}") from error
        return tokenizer, model.eval(), self._meanings(model.config.id2label)

    def _meanings(self, names: dict[int, str]) -> tuple[int, ...]:
        """For each output, its place in `LABELS`."""
        said = [names[place].casefold().replace("-", "_").replace(" ", "_") for place in sorted(names)]
        unknown = [name for name in said if name not in _MEANING]
        if unknown or _MEANING["entailment"] not in [_MEANING[name] for name in said]:
            hint = f"Set id2label in {self._folder / 'config.json'} to entailment, contradiction and neutral."
            raise ModelMissing(f"the cross-encoder's outputs are named {', '.join(said)}", hint=hint)
        return tuple(_MEANING[name] for name in said)

    def score(self, pairs: Sequence[SupportPair]) -> NDArray[np.float64]:
        """Probabilities of supported, contradicted and unsupported of each pair, shape (n, 3), rows summing to one.

        The model reads claim and evidence as they were sent, so it has to know the claims' languages.

        Raises:
            ModelMissing: The folder is no such model.
            MissingDependency: transformers or torch is not installed.
        """
        import numpy as np

        found = np.zeros((len(pairs), len(LABELS)))
        if not pairs:
            return found
        tokenizer, model, meanings = self._ready()
        import torch

        for start in range(0, len(pairs), self._batch_size):
            part = slice(start, start + self._batch_size)
            encoded = tokenizer(
                [pair.evidence for pair in pairs[part]], [pair.claim for pair in pairs[part]],
                truncation="only_first", max_length=_LONGEST, padding=True, return_tensors="pt",
            )  # fmt: skip
            with torch.inference_mode():
                logits = model(**encoded).logits.double() / self._temperature
            shares = torch.softmax(logits, dim=1).numpy()
            for place, meaning in enumerate(meanings):
                found[part, meaning] += shares[:, place]
        return found
