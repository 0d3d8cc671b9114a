"""The network: the packaged sentence encoder's embeddings and layers, and a head on what they make of a pair.

A cross-encoder after Devlin et al. 2019 (BERT, sentence-pair classification): claim and evidence are read together, so
that every word of one can look at every word of the other. The word embeddings stay as they were pretrained, and are
not shipped again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.schemas.grounding import LABELS, SupportPair

if TYPE_CHECKING:
    import torch

LONGEST = 144
HIDDEN = 192
_FROZEN = "encoder.embeddings."


def build(base: Path, layers: int) -> tuple[Any, torch.nn.Module]:
    """Tokenizer and network, the layers as pretrained and the head as drawn.

    Args:
        base: The sentence encoder's folder.
        layers: How many of its layers are kept, from the first.

    Raises:
        MissingDependency: torch or transformers is not installed.
        ModelMissing: The folder holds no such encoder.
    """
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging as transformers_logging
    except ImportError as error:
        raise MissingDependency("transformers", "writer") from error
    transformers_logging.disable_progress_bar()
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
        encoder = AutoModel.from_pretrained(str(base), local_files_only=True, add_pooling_layer=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(f"the sentence encoder at {base} cannot be loaded: {error}") from error
    finally:
        transformers_logging.set_verbosity(level)
    encoder.encoder.layer = encoder.encoder.layer[:layers]
    width = encoder.config.hidden_size

    class Network(torch.nn.Module):
        """Logits of the three labels, shape (n, 3), from the first token and the mean of all."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.head = torch.nn.Sequential(
                torch.nn.Linear(2 * width, HIDDEN),
                torch.nn.GELU(),
                torch.nn.Dropout(0.1),
                torch.nn.Linear(HIDDEN, len(LABELS)),
            )

        def forward(self, **inputs: torch.Tensor) -> torch.Tensor:
            states = self.encoder(**inputs).last_hidden_state
            mask = inputs["attention_mask"][..., None].to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1)
            scores: torch.Tensor = self.head(torch.cat([states[:, 0], mean], 1))
            return scores

    network = Network()
    network.encoder.embeddings.requires_grad_(False)
    return tokenizer, network


def trained(name: str) -> bool:
    """Whether an array of the network is trained, and shipped."""
    return not name.startswith(_FROZEN)


def texts_of(pair: SupportPair) -> tuple[str, str]:
    """What the network reads: what exact comparison found with the claim in English words, and the evidence."""
    found = ", ".join(
        [*(one.replace("_", " ") for one in pair.faults), *("same " + one.replace("_", " ") for one in pair.borne)]
    )
    return f"{found or 'none'} : {pair.english_claim}", pair.english_evidence


def encoded(tokenizer: Any, pairs: list[SupportPair]) -> dict[str, torch.Tensor]:
    """A batch of pairs as tokens, the longer text of each cut first."""
    claims, evidence = zip(*(texts_of(pair) for pair in pairs), strict=True)
    found: dict[str, torch.Tensor] = tokenizer(
        list(claims), list(evidence), truncation="longest_first", max_length=LONGEST, padding=True, return_tensors="pt"
    )
    return dict(found)
