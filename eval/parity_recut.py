"""Whether a served draft is what the same model writes greedily after another split of letters that the grammar forces.

Where one continuation alone is left, the embedded engine reads its letters as the tokenizer cuts them; a server's model
chooses the cut itself, and then goes on from other tokens. That explains a difference only if all of it holds: the
tokens spell the draft; up to where the drafts part they spell the same characters under another cut; wherever the cuts
differ the grammar left one text alone; and after each of its own tokens the very model, in process, finds the server's
next one the likeliest that the grammar admits, up to a near tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Recut:
    """What a served draft's own tokens show.

    Attributes:
        spelled: They spell the draft, and the grammar accepts each.
        same_letters: Up to the token in which the drafts part they spell what the other draft says there.
        other_cut: Within these letters they are not the tokenizer's own cut.
        forced: Every token that is not of the tokenizer's cut lies in letters that the grammar forces.
        behind: How far, in nats, the worst of them lies behind the likeliest that the grammar admits after the ones
            before it.
    """

    spelled: bool
    same_letters: bool
    other_cut: bool
    forced: bool
    behind: float

    def explains(self, near_tie: float) -> bool:
        """Whether the other cut, and nothing else, accounts for the difference."""
        return self.spelled and self.same_letters and self.other_cut and self.forced and self.behind <= near_tie


@lru_cache(maxsize=1)
def _parts(folder: Path) -> tuple[Any, Any, Any, Any]:
    import torch
    import xgrammar
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)
    model = LlamaForCausalLM.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32).eval()
    info = xgrammar.TokenizerInfo.from_huggingface(
        tokenizer, vocab_size=model.config.vocab_size, stop_token_ids=[tokenizer.eos_token_id]
    )
    return tokenizer, model, xgrammar.GrammarCompiler(info, max_threads=1), torch


def _forced(matcher: Any) -> bytes:
    try:
        return str(matcher.find_jump_forward_string()).encode("utf-8")
    except UnicodeDecodeError as cut:  # alternatives may part within the bytes of one letter
        return bytes(cut.object)


def _letters() -> dict[str, int]:
    """How byte-level BPE (Radford et al. 2019) writes each byte: printable ones as they are, others from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = (byte for byte in range(0x100) if byte not in plain)
    return {chr(byte): byte for byte in plain} | {chr(0x100 + number): byte for number, byte in enumerate(rest)}


_LETTERS = _letters()


def _bytes(tokenizer: Any, tokens: Sequence[int]) -> list[bytes]:
    """What each token spells: a token may end within a letter."""
    added = tokenizer.get_added_vocab()
    names = tokenizer.convert_ids_to_tokens(list(tokens))
    return [name.encode("utf-8") if name in added else bytes(_LETTERS[one] for one in name) for name in names]


def recut(folder: Path, prompt: str, grammar: str, other: str, served: str, tokens: Sequence[int]) -> Recut:
    """Judge a served draft by its tokens.

    Args:
        folder: The model that both engines run.
        prompt: What both were asked.
        grammar: The request's grammar.
        other: The embedded engine's draft.
        served: The server's draft.
        tokens: The tokens in which the server wrote it, its end included or not.
    """
    import xgrammar

    tokenizer, model, compiler, torch = _parts(folder)
    ids = [token for token in tokens if token != tokenizer.eos_token_id] + [tokenizer.eos_token_id]
    pieces = _bytes(tokenizer, ids[:-1])
    ends = list(accumulate(map(len, pieces)))
    theirs, ours = other.encode("utf-8"), served.encode("utf-8")
    alike = [one == two for one, two in zip(theirs, ours, strict=False)]
    parts_at = alike.index(False) if False in alike else len(alike)
    usual = {*accumulate(map(len, _bytes(tokenizer, tokenizer.encode(served, add_special_tokens=False))))}
    shared = [number for number, end in enumerate(ends) if end <= parts_at]
    strange = {number for number, end in enumerate(ends) if end not in usual}
    matcher = xgrammar.GrammarMatcher(compiler.compile_grammar(grammar))
    bitmask = xgrammar.allocate_token_bitmask(1, model.config.vocab_size)
    asked = tokenizer.encode(prompt)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*asked, *ids]])).logits[0, len(asked) - 1 : -1].float()
    spelled, forced, behind = b"".join(pieces) == ours, True, 0.0
    for number, token in enumerate(ids):
        if number in strange:
            forced = forced and _forced(matcher).startswith(pieces[number])
        matcher.fill_next_token_bitmask(bitmask)
        row = logits[number : number + 1].clone()
        xgrammar.apply_token_bitmask_inplace(row, bitmask)
        behind = max(behind, float(row.max() - row[0, token]))
        if not matcher.accept_token(token):
            spelled = False
            break
    same = bool(shared) and ours[: ends[shared[-1]]] == theirs[: ends[shared[-1]]]
    return Recut(spelled, same, bool(strange.intersection(shared)), forced, behind)
