"""The text side: a pretrained encoder, frozen, with domain adapters and prompts (Eqs. 1, 2, 4)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.prediction.alimn.adapters import DOMAINS, DomainAdapters
from ragmarket.prediction.alimn.language import causal_mask
from ragmarket.prediction.alimn.prompts import prompt_text

_LONGEST = 128
_BATCH = 64


class TextEncoder:
    """Texts to unit vectors by a BERT-like model at a local path; only the adapters are ever trained.

    Args:
        path: A folder that transformers can load (all-MiniLM-L6-v2, say); nothing is downloaded.
        adapters: A folder that `save` wrote; None: fresh adapters, which change nothing.

    Raises:
        ModelMissing: The model, or its adapters, cannot be read.
        MissingDependency: transformers is not installed.
    """

    def __init__(self, path: Path, adapters: Path | None = None, *, bottleneck: int = 32) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise MissingDependency("transformers", "generation") from error
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(str(path), local_files_only=True)
            self.model: Any = AutoModel.from_pretrained(str(path), local_files_only=True)
            blocks = self.model.encoder.layer
        except (OSError, ValueError, AttributeError) as error:
            raise ModelMissing(
                f"the text encoder at {path} cannot be loaded: {error}", hint="Check the path."
            ) from error
        self.model.eval().requires_grad_(False)
        kept = self._read_card(adapters) if adapters is not None else {}
        self.adapters = DomainAdapters(
            len(blocks), self.width, tuple(kept.get("domains", DOMAINS)), int(kept.get("bottleneck", bottleneck))
        )
        self._bottleneck = int(kept.get("bottleneck", bottleneck))
        self.handles = list(self.adapters.attach(blocks))
        if adapters is not None:
            from safetensors import SafetensorError
            from safetensors.torch import load_file

            try:
                self.adapters.load_state_dict(load_file(adapters / "adapters.safetensors"))
            except (OSError, RuntimeError, SafetensorError) as error:
                raise ModelMissing(
                    f"the adapters in {adapters} cannot be read: {error}", hint="Train again."
                ) from error

    @staticmethod
    def _read_card(folder: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((folder / "adapters.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelMissing(f"the adapters in {folder} have no card: {error}", hint="Train again.") from error
        return found

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    def tokens(self, texts: Sequence[str], prompt: str | None = None) -> tuple[Tensor, Tensor]:
        """Token ids (n, T) and mask (n, T); with a prompt r each text is the pair [x; r] of Eq. 2."""
        pairs = None if prompt is None else [prompt_text(prompt)] * len(texts)
        found = self.tokenizer(
            list(texts), pairs, padding=True, truncation="only_first" if pairs else True, max_length=_LONGEST,
            return_tensors="pt",
        )  # fmt: skip
        return found["input_ids"], found["attention_mask"].bool()

    def hidden(
        self, tokens: Tensor, mask: Tensor, domains: Sequence[str | None] | None = None, *, causal: bool = False
    ) -> Tensor:
        """H_text (n, T, width), through the adapters of each row's domain; ``causal`` forbids looking ahead."""
        self.adapters.tags = None if domains is None else self.adapters.tag(domains)
        try:
            shown = causal_mask(mask) if causal else mask.long()
            found: Tensor = self.model(input_ids=tokens, attention_mask=shown).last_hidden_state
        finally:
            self.adapters.tags = None
        return found

    @property
    def words(self) -> Tensor:
        """The word embeddings, (V, width)."""
        found: Tensor = self.model.embeddings.word_embeddings.weight
        return found

    def vectors(self, texts: Sequence[str], domain: str | None = None, prompt: str | None = None) -> Tensor:
        """(n, width) unit vectors: the masked mean of the hidden states. Gradients reach the adapters."""
        tokens, mask = self.tokens(texts, prompt)
        hidden = self.hidden(tokens, mask, None if domain is None else [domain] * len(texts))
        weight = mask[:, :, None].to(hidden.dtype)
        return functional.normalize((hidden * weight).sum(dim=1) / weight.sum(dim=1), dim=-1)

    def embed(
        self, texts: Sequence[str], domain: str | None = None, prompt: str | None = None
    ) -> npt.NDArray[np.float32]:
        """Eq. 2 without gradients: (n, width) float32; texts are batched by length."""
        found = np.zeros((len(texts), self.width), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                found[rows] = self.vectors([texts[row] for row in rows], domain, prompt).numpy()
        return found

    def save(self, folder: Path, card: dict[str, Any] | None = None) -> None:
        """Write ``adapters.safetensors`` and ``adapters.json``."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.adapters.state_dict(), folder / "adapters.safetensors")
        body = {**(card or {}), "domains": self.adapters.domains, "bottleneck": self._bottleneck}
        (folder / "adapters.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
