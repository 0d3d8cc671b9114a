"""The default engine: transformers in this process, every step masked by the request's grammar (xgrammar)."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from typing import Any

from ragmarket.errors import MissingDependency, ModelMissing, UndecodableOutput
from ragmarket.generation.engines.folder import revision_of
from ragmarket.generation.grammar import can_end
from ragmarket.schemas.draft import Generation
from ragmarket.schemas.message import ModelInfo

GRAMMARS_KEPT = 256


class EmbeddedEngine:
    """transformers in process.

    Args:
        folder: A model folder as `transformers` saves it (safetensors).
        name: Name recorded with every generation.
        threads: Threads of one forward pass; None leaves torch's default.
    """

    def __init__(self, folder: Path, name: str = "ragmarket-writer", threads: int | None = None) -> None:
        self._folder = folder
        self._name = name
        self._threads = threads
        self._lock = threading.Lock()
        self._ready = False
        self._grammars: OrderedDict[str, tuple[Any, bool]] = OrderedDict()

    def warm_up(self) -> None:
        """Load model, tokenizer and grammar compiler; safe to call again.

        Raises:
            MissingDependency: The extra ``generation`` is not installed.
            ModelMissing: Files are absent or unreadable.
        """
        with self._lock:
            if self._ready:
                return
            try:
                import torch
                import xgrammar
                from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
                from transformers.utils import logging as transformers_logging
            except ImportError as error:
                raise MissingDependency("transformers", "generation") from error
            transformers_logging.disable_progress_bar()
            self._revision = revision_of(self._folder)
            if self._threads is not None:
                torch.set_num_threads(self._threads)
            try:
                self._tokenizer = PreTrainedTokenizerFast.from_pretrained(str(self._folder), local_files_only=True)
                model = LlamaForCausalLM.from_pretrained(str(self._folder), local_files_only=True, dtype=torch.float32)
            except Exception as error:  # safetensors and tokenizers raise bare Exceptions of their own
                raise ModelMissing(f"the writer's model in {self._folder} cannot be loaded: {error}") from error
            self._model = model.eval()
            self._eos = int(self._tokenizer.eos_token_id)
            self._vocabulary = sorted(self._tokenizer.get_vocab())
            info = xgrammar.TokenizerInfo.from_huggingface(
                self._tokenizer, vocab_size=model.config.vocab_size, stop_token_ids=[self._eos]
            )
            self._compiler = xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=False)
            self._ready = True

    @property
    def identity(self) -> ModelInfo:
        """Which model answers; its files are hashed, not loaded."""
        return ModelInfo(name=self._name, revision=revision_of(self._folder), engine="embedded")

    def _compiled(self, grammar: str) -> tuple[Any, bool]:
        """The grammar, and whether what it forces has an end."""
        with self._lock:
            if grammar in self._grammars:
                self._grammars.move_to_end(grammar)
                return self._grammars[grammar]
            compiled = self._compiler.compile_grammar(grammar), can_end(grammar)
            self._grammars[grammar] = compiled
            if len(self._grammars) > GRAMMARS_KEPT:
                self._grammars.popitem(last=False)
            return compiled

    def _forced(self, matcher: Any, written: list[int]) -> tuple[list[int], list[Any]]:
        """Tokens of letters that the grammar leaves no choice about, and what it admitted before each of them.

        They are read in one pass with what comes after them. The tokenizer's own split of the whole text is taken; its
        last tokens wait where some token could hold them together with what follows.
        """
        import xgrammar

        try:
            text = matcher.find_jump_forward_string()
        except UnicodeDecodeError as cut:  # alternatives may part within the bytes of one letter
            text = cut.object[: cut.start].decode("utf-8")
        if not text:
            return [], []
        before = self._tokenizer.decode(written, skip_special_tokens=False)
        whole = self._tokenizer.encode(before + text, add_special_tokens=False)
        if whole[: len(written)] != written:
            return [], []
        pieces = self._tokenizer.convert_ids_to_tokens(whole[len(written) :])
        sure = next((at for at in range(len(pieces)) if self._goes_on("".join(pieces[at:]))), len(pieces) - 1)
        forced: list[int] = []
        masks: list[Any] = []
        for token in whole[len(written) : len(written) + min(sure, len(pieces) - 1)]:
            mask = xgrammar.allocate_token_bitmask(1, self._model.config.vocab_size)
            matcher.fill_next_token_bitmask(mask)
            if not matcher.accept_token(token):
                break
            forced.append(int(token))
            masks.append(mask)
        return forced, masks

    @staticmethod
    def _otherwise(logits: Any, masks: list[Any], forced: list[int]) -> tuple[int, int] | None:
        """The first place at which a greedy model cuts forced letters otherwise, with its token; None where none is.

        Args:
            logits: Of shape (1, n + 1, vocabulary): before each of the n forced tokens, and behind the last.
            masks: What the grammar admitted before each.
            forced: The tokens as the tokenizer cuts them.
        """
        import xgrammar

        for place, (mask, token) in enumerate(zip(masks, forced, strict=True)):
            own = logits[:, place].float().clone()
            xgrammar.apply_token_bitmask_inplace(own, mask)
            best = int(own.argmax())
            if best != token:
                return place, best
        return None

    def _goes_on(self, end: str) -> bool:
        """Whether some token is longer than the end of what is forced, and begins with it."""
        place = bisect_right(self._vocabulary, end)
        return place < len(self._vocabulary) and self._vocabulary[place].startswith(end)

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:
        """One continuation under ``grammar``; temperature 0 takes the likeliest token at each step.

        Raises:
            UndecodableOutput: The text did not end within ``max_tokens``.
        """
        self.warm_up()
        import torch
        import xgrammar

        vocabulary = self._model.config.vocab_size
        compiled, ends = self._compiled(grammar)
        matcher = xgrammar.GrammarMatcher(compiled)
        bitmask = xgrammar.allocate_token_bitmask(1, vocabulary)
        dice = torch.Generator().manual_seed(seed)
        prompt_ids = self._tokenizer.encode(prompt)
        unread = prompt_ids
        written: list[int] = []
        cache = None
        with torch.inference_mode():
            while len(written) < max_tokens:
                forced, masks = self._forced(matcher, written) if ends else ([], [])
                unread, written = [*unread, *forced], [*written, *forced]
                output = self._model(
                    input_ids=torch.tensor([unread]),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=len(forced) + 1,
                )
                cache = output.past_key_values
                cut = self._otherwise(output.logits, masks, forced) if temperature == 0 else None
                if cut is not None:
                    # A server goes token by token: what it would not have written is taken back.
                    place, token = cut
                    back = len(forced) - place
                    matcher.rollback(back)
                    cache.crop(-back)
                    matcher.accept_token(token)
                    written, unread = [*written[: len(written) - back], token], [token]
                    continue
                logits = output.logits[:, -1].float()
                matcher.fill_next_token_bitmask(bitmask)
                xgrammar.apply_token_bitmask_inplace(logits, bitmask)
                if not torch.isfinite(logits).any():
                    raise UndecodableOutput("the model gave no token that the grammar admits")
                if temperature > 0:
                    weights = torch.softmax(logits[0] / temperature, dim=-1)
                    token = int(torch.multinomial(weights, 1, generator=dice))
                else:
                    token = int(logits.argmax())
                if not matcher.accept_token(token):
                    raise UndecodableOutput("the model gave no token that the grammar admits")
                if token == self._eos:
                    break
                written.append(token)
                unread = [token]
            else:
                raise UndecodableOutput(f"the text did not end within {max_tokens} tokens")
        return Generation(
            raw=self._tokenizer.decode(written, skip_special_tokens=False),
            prompt=prompt,
            prompt_tokens=len(prompt_ids),
            completion_tokens=len(written),
            model=self._name,
            revision=self._revision,
            engine="embedded",
            seed=seed,
        )
