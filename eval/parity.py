"""Do the embedded engine and a vLLM server write the same?

The same briefs are written greedily by both. Where two drafts differ, the first differing token is looked up and the
embedded model's logits of both candidates are compared under the request's grammar: a near tie is numerics. Where one
continuation alone is left, the embedded engine reads its letters as the tokenizer cuts them; the server's model may cut
the same letters otherwise, and then goes on from other tokens: that is held against the server's own tokens
(`eval.parity_recut`). Anything else is a fault. Both drafts must be accepted.

    make vllm                                            # in another terminal
    python eval/parity.py --base-url http://127.0.0.1:8001/v1
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from eval.generation import briefs
from eval.intervals import percent
from eval.parity_recut import Recut, recut
from ragmarket.bootstrap import WRITER_WEIGHTS, House, build
from ragmarket.generation.drafter import MAX_TOKENS
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.settings import read_settings

NEAR_TIE = 0.02
"""Largest difference of two logits, in nats, that rounding in another order of summation explains."""


@dataclass(frozen=True)
class Difference:
    """Two drafts of one brief that part."""

    brief: str
    at_token: int
    embedded: str
    served: str
    margin: float
    recut: Recut | None

    @property
    def near_tie(self) -> bool:
        """Whether the embedded model found both continuations as good as equal."""
        return self.margin <= NEAR_TIE

    @property
    def why(self) -> str | None:
        """What explains the difference; None where nothing does."""
        if self.near_tie:
            return "a near tie"
        if self.recut is None or not self.recut.explains(NEAR_TIE):
            return None
        return f"the server's model cut forced letters otherwise, and went on greedily ({self.recut.behind:.4f} behind)"


@dataclass(frozen=True)
class Parity:
    """What a comparison found."""

    compared: int
    identical: int
    both_accepted: int
    differences: tuple[Difference, ...]


class _Recorder:
    """An engine that keeps what it was asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.asked: list[tuple[str, str, str]] = []

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Any:
        answer = self._engine.generate(prompt, grammar, seed=seed, max_tokens=max_tokens, temperature=temperature)
        self.asked.append((prompt, grammar, answer.raw))
        return answer


def served_tokens(engine: Engine, prompt: str, grammar: str, text: str) -> Sequence[int] | None:
    """The tokens in which a server wrote a text greedily; None where it does not say, or writes another text now."""
    if not isinstance(engine, VllmEngine):
        return None
    asked = {"structured_outputs": {"grammar": grammar}, "return_token_ids": True}
    more = {"skip_special_tokens": True, "spaces_between_special_tokens": False}
    answer = engine._client.completions.create(  # noqa: SLF001 (only a bench asks for tokens)
        model=engine.identity.name,
        prompt=prompt,
        max_tokens=MAX_TOKENS,
        temperature=0.0,
        seed=0,
        extra_body=asked | more,
    )
    choice = answer.choices[0]
    return getattr(choice, "token_ids", None) if choice.text == text else None


def margin_of(folder: Path, prompt: str, one: str, two: str) -> tuple[int, float]:
    """Where two continuations part, and by how much the model prefers the first there.

    The place is that of the first differing token, the preference in nats. The grammar admits both tokens, or neither
    engine would have written them: raw logits are compared.
    """
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder))
    model = LlamaForCausalLM.from_pretrained(str(folder), dtype=torch.float32).eval()
    left = [*tokenizer.encode(one, add_special_tokens=False), tokenizer.eos_token_id]
    right = [*tokenizer.encode(two, add_special_tokens=False), tokenizer.eos_token_id]
    at = next(place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*tokenizer.encode(prompt), *left[:at]]])).logits[0, -1]
    return at, abs(float(logits[left[at]] - logits[right[at]]))


def compare(house: House, engine: Engine, todo: Sequence[Brief], console: Console) -> Parity:
    """Write every brief twice, at the first attempt, greedily."""
    folder = house.settings.generation.model_dir or WRITER_WEIGHTS
    embedded, served = _Recorder(house.engine), _Recorder(engine)
    drafter: Any = house.pipeline.drafter
    identical = both = compared = 0
    differences: list[Difference] = []
    for brief in track(todo, "comparing", console=console):
        results = []
        for recorder in (embedded, served):
            recorder.asked.clear()
            drafter._engine = recorder  # noqa: SLF001 (one line, two engines: nothing else may differ)
            results.append(house.pipeline.draft(brief))
        if not embedded.asked or not served.asked:
            continue
        compared += 1
        both += all(result.status == "accepted" for result in results)
        (prompt, grammar, one), (_, _, two) = embedded.asked[0], served.asked[0]
        if one == two:
            identical += 1
            continue
        at, margin = margin_of(folder, prompt, one, two)
        name = f"{brief.product_code} {brief.language} {brief.channel}"
        tokens = served_tokens(engine, prompt, grammar, two) if margin > NEAR_TIE else None
        found = None if tokens is None else recut(folder, prompt, grammar, one, two, tokens)
        differences.append(Difference(name, at, one, two, margin, found))
    drafter._engine = house.engine  # noqa: SLF001
    return Parity(compared, identical, both, tuple(differences))


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True, help="the server's OpenAI root, ending in /v1")
    parser.add_argument("--model", help="served model, where there are several")
    parser.add_argument("--briefs", type=int, default=100, help="briefs to compare (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write everything there")
    arguments = parser.parse_args()
    settings = read_settings()
    house = build(settings.model_copy(update={"generation": settings.generation.model_copy(update={"base_url": None})}))
    house.index()
    todo = briefs(house, date(2026, 11, 21), arguments.briefs, arguments.seed)
    found = compare(house, VllmEngine(arguments.base_url, arguments.model), todo, Console(stderr=True))
    out = Console()
    out.print(f"identical drafts: {percent(found.identical, found.compared)}")
    out.print(f"both accepted: {percent(found.both_accepted, found.compared)}")
    for one in found.differences:
        why = one.why or "NOT explained"
        out.print(f"{one.brief}: token {one.at_token}, logits differ by {one.margin:.4f}: {why}", markup=False)
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1), encoding="utf-8")
    unexplained = [one for one in found.differences if one.why is None]
    return 1 if unexplained or found.identical < 0.95 * found.compared else 0


if __name__ == "__main__":
    sys.exit(main())
