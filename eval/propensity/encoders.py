"""The text encoders of the ablations: MiniLM frozen, adapted, instructed; with and without a prompt."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.adaptation import Passage
    from ragmarket.prediction.alimn.data import Embed
    from ragmarket.prediction.alimn.text_encoder import TextEncoder

ROOT = Path(__file__).resolve().parents[2]
PROMPT = "campaign_interest"
DOMAIN = "marketing"
_PARAGRAPH = re.compile(r"\n\s*\n")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.S)


def passages(corpus: Path) -> list[Passage]:
    """The bank's own English texts with their domains: corpus paragraphs, and the phrasebook as marketing copy."""
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.knowledge.language import load_languages
    from ragmarket.prediction.alimn.adaptation import Passage

    found = [Passage(text, domain) for text, domain in _documents(corpus)]
    pack = load_languages(load_catalogue())["en"]
    said = {line for kind in pack.kinds.values() for line in kind.all}
    said |= {line for field in ("opening", "bridge", "cta", "subject") for line in pack.lines(field)}
    return found + [Passage(re.sub(r"\{\w+\}", "#", line), DOMAIN) for line in sorted(said)]


def _documents(corpus: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(corpus.rglob("*.md")):
        if path.name == "README.md":
            continue
        domain = "regulatory" if "regulatory" in path.parts else "product"
        for paragraph in _PARAGRAPH.split(_FRONT.sub("", path.read_text(encoding="utf-8"))):
            text = " ".join(paragraph.split())
            if len(text) >= 40 and text.isascii():
                yield text[:400], domain


def banking77(data: Path, part: str) -> list[tuple[str, str]]:
    """(message, intent) of Banking77.

    Raises:
        InvalidInput: The file is missing.
    """
    for place in (data / f"banking77_{part}.csv.gz", data / "customers" / f"banking77_{part}.csv.gz"):
        if place.is_file():
            with gzip.open(place, "rt", encoding="utf-8", newline="") as stream:
                return [(row["text"], row["category"]) for row in csv.DictReader(stream)]
    raise InvalidInput(f"{data} holds no banking77_{part}.csv.gz")


class Encoders:
    """Trained when first asked for, kept in ``cache``, and the figures of their training."""

    def __init__(self, data: Path, cache: Path, report: Callable[[str], None], *, quick: bool) -> None:
        self._data, self._cache, self._report, self._quick = data, cache / "encoders", report, quick
        self.figures: dict[str, Any] = {}
        self._loaded: dict[str, TextEncoder] = {}

    def all(self) -> dict[str, Embed]:
        """Every variant; the first is the default."""
        return {
            "adapted, prompted": self._embed("adapted", PROMPT),
            "frozen": self._embed("frozen", None),
            "frozen, prompted": self._embed("frozen", PROMPT),
            "instructed, prompted": self._embed("instructed", PROMPT),
            "adapted": self._embed("adapted", None),
        }

    def only_default(self) -> dict[str, Embed]:
        """The default and the frozen encoder that the printed setting reads."""
        return {name: embed for name, embed in self.all().items() if name in ("adapted, prompted", "frozen")}

    def _embed(self, kind: str, prompt: str | None) -> Embed:
        domain = None if kind == "frozen" else DOMAIN

        def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
            """Kept by its texts, so that runs side by side encode them once."""
            import numpy as np

            digest = hashlib.sha256("\n".join([kind, prompt or "", *texts]).encode()).hexdigest()[:16]
            file = self._cache / f"vectors-{digest}.npy"
            if not file.is_file():
                found = self.encoder(kind).embed(texts, domain, prompt)
                beside = file.with_suffix(f".{os.getpid()}.npy")
                beside.parent.mkdir(parents=True, exist_ok=True)
                np.save(beside, found)
                beside.replace(file)
            return np.asarray(np.load(file, allow_pickle=False), dtype=np.float32)

        return embed

    def encoder(self, kind: str) -> TextEncoder:
        """``frozen``: MiniLM as shipped; ``adapted``: Eq. 1, then instructed; ``instructed``: without Eq. 1."""
        if kind in self._loaded:
            return self._loaded[kind]
        import json

        from ragmarket.prediction.alimn.text_encoder import TextEncoder
        from ragmarket.retrieval.embedding import packaged_path

        folder = self._cache / kind
        trained = (folder / "adapters.safetensors").is_file() and (folder / "adapters.json").is_file()
        found = TextEncoder(packaged_path(), folder if trained else None)
        if trained:
            card = json.loads((folder / "adapters.json").read_text(encoding="utf-8"))
            self.figures[kind] = card.get("figures", {})
        elif kind != "frozen":
            self.figures[kind] = self._train(found, kind)
            found.save(folder, {"figures": self.figures[kind]})
        self._loaded[kind] = found
        return found

    def _train(self, encoder: TextEncoder, kind: str) -> dict[str, Any]:
        """Train, and probe on intents that instruction tuning never saw."""
        from ragmarket.prediction.alimn.adaptation import AdaptationPlan, adapt, instruct

        figures: dict[str, Any] = {}
        messages = banking77(self._data, "train")
        intents = sorted({intent for _, intent in messages})
        seen = set(intents[::2])
        figures["probe_before"] = self.probe(encoder, seen, None, None)
        figures["probe_prompt"] = self.probe(encoder, seen, None, "banking_intent")
        if kind == "adapted":
            self._report("encoder: adapting to the bank's language (Eq. 1)")
            texts = passages(ROOT / "corpus")
            plan = AdaptationPlan(epochs=1 if self._quick else 2)
            figures["eq1"] = adapt(encoder, texts[:: 24 if self._quick else 2], plan)
        self._report("encoder: instruction tuning on half of Banking77's intents")
        chosen = [row for row in messages if row[1] in seen][:: 40 if self._quick else 4]
        figures["instruction_loss"] = instruct(encoder, chosen, "banking_intent", domain=DOMAIN)
        figures["probe_after"] = self.probe(encoder, seen, DOMAIN, "banking_intent")
        return figures

    def probe(self, encoder: TextEncoder, seen: set[str], domain: str | None, prompt: str | None) -> dict[str, float]:
        """Nearest class mean from five messages an intent, on intents not in ``seen``: accuracy and n."""
        import numpy as np

        shots: dict[str, list[str]] = {}
        for text, intent in banking77(self._data, "train"):
            if intent not in seen and len(shots.setdefault(intent, [])) < 5:
                shots[intent].append(text)
        names = sorted(shots)[:8] if self._quick else sorted(shots)
        means = np.stack([encoder.embed(shots[name], domain, prompt).mean(axis=0) for name in names])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        tested = [row for row in banking77(self._data, "test") if row[1] in names][:: 8 if self._quick else 2]
        vectors = encoder.embed([text for text, _ in tested], domain, prompt)
        hits = sum(
            names[place] == intent
            for place, (_, intent) in zip((vectors @ means.T).argmax(axis=1), tested, strict=True)
        )
        return {"hits": float(hits), "n": float(len(tested)), "accuracy": hits / len(tested)}
