"""The writer's tokenizer: byte-level BPE whose words keep their combining marks, with every slot a token of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ragmarket.errors import MissingDependency

BOS, EOS, PAD = "<bos>", "<eos>", "<pad>"
SLOT_LETTERS = "abcdef"
MAX_EVIDENCE = 12
# A word is letters with their marks and joiners (and "_", so that a kind's id is one word); digits stand alone.
WORD = r" ?[\p{L}\p{M}_\x{200c}\x{200d}]+| ?\p{N}| ?[^\s\p{L}\p{M}\p{N}]+|\s+"


def slot_tokens() -> list[str]:
    """All slot tokens: ``{S1a}`` … and ``{product}``. They are ordinary tokens: a grammar never admits special ones."""
    numbers = range(1, MAX_EVIDENCE + 1)
    return [f"{{S{number}{letter}}}" for number in numbers for letter in SLOT_LETTERS] + ["{product}"]


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Any:
    """Train a `PreTrainedTokenizerFast` on ``texts``; the result has ``vocab_size`` tokens, slots included.

    Raises:
        MissingDependency: transformers is not installed.
    """
    try:
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
        from transformers import PreTrainedTokenizerFast
    except ImportError as error:
        raise MissingDependency("transformers", "generation") from error
    slots = slot_tokens()
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORD), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(slots),
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[PAD, BOS, EOS],
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    core.add_tokens(slots)
    # Every engine that loads this tokenizer begins a prompt alike, whoever serves it.
    core.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, core.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token=BOS, eos_token=EOS, pad_token=PAD, clean_up_tokenization_spaces=False
    )


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write the tokenizer in the form that transformers and vLLM load."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(folder))
