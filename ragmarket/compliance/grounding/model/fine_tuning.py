"""Fine-tuning: an author at a time held out for the figures, then a last model on everything."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.glossed import Glosser
from ragmarket.compliance.grounding.model.lessons import Lesson
from ragmarket.compliance.grounding.model.network import build, encoded, trained
from ragmarket.compliance.grounding.model.store import load, save
from ragmarket.schemas.grounding import LABELS

if TYPE_CHECKING:
    import torch

    from ragmarket.compliance.grounding.model.store import Arrays

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained: AdamW, one cycle of the learning rate (Smith and Topin 2018), label smoothing.

    ``others`` and ``twins`` are the shares of phrasings and public pairs, against people's claims, and of English
    renderings that a pass sees; ``glossed`` the share of English claims that it sees as glosses would leave them.
    """

    seed: int = 7
    layers: int = 6
    epochs: int = 6
    batch: int = 32
    rate: float = 1.5e-4
    warm: float = 0.1
    decay: float = 0.01
    smoothing: float = 0.05
    others: float = 0.25
    twins: float = 0.5
    glossed: float = 0.5


def train(
    lessons: Sequence[Lesson],
    base: Path,
    folder: Path,
    provenance: dict[str, Any],
    *,
    held: Sequence[str] = (),
    start: Path | None = None,
    recipe: Recipe | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Train and write a model; returns its card.

    Args:
        lessons: Everything that there is to learn from.
        base: The sentence encoder's folder.
        folder: Receives ``weights.npz`` and ``card.json``, and the state of every pass until they are written: killed,
            the same training goes on with the pass that it was at.
        provenance: What the card says of the data.
        held: Authors who are left out, and whose claims give the card's figures.
        start: A trained model's folder to go on from; the sentence encoder alone without one.
        recipe: How.
        progress: Receives lines.

    Raises:
        ValueError: Nobody's claims are left to learn from.
        ModelMissing: ``start`` holds no model, or the base is absent.
    """
    recipe = recipe or Recipe()
    learnt = [one for one in lessons if one.author not in held]
    left = [one for one in lessons if one.author in held and not one.twin]
    if not any(one.ours for one in learnt):
        raise ValueError("no claim is left to learn from")
    begun, card_before = load(start) if start else ({}, {})
    tokenizer, network = _fitted(learnt, base, begun, folder, recipe, progress)
    arrays = {name: array.numpy() for name, array in network.state_dict().items() if trained(name)}
    card = {
        **provenance,
        "base": base.name,
        "layers": recipe.layers,
        "lessons": {author: sum(one.author == author for one in learnt) for author in _authors(learnt)},
        "training": {name: getattr(recipe, name) for name in recipe.__slots__},
        **({"start": {"name": card_before["name"], "training": card_before["training"]}} if start else {}),
        "held_out": {"authors": sorted(held), **(figures(left, network, tokenizer) if left else {})},
    }
    card = save(arrays, card, folder)
    _state(folder).unlink(missing_ok=True)
    return card


def _authors(lessons: Sequence[Lesson]) -> list[str]:
    return list(dict.fromkeys(one.author for one in lessons))


def _state(folder: Path) -> Path:
    return folder / "state.pt"


def _fitted(
    lessons: Sequence[Lesson], base: Path, begun: Arrays, folder: Path, recipe: Recipe, progress: Progress
) -> tuple[Any, torch.nn.Module]:
    import torch

    torch.manual_seed(recipe.seed)
    tokenizer, network = build(base, recipe.layers)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in begun.items()}, strict=False)
    glosser = Glosser(
        [(one.pair.english_claim, twin.pair.english_claim) for one, twin in pairwise(lessons) if twin.twin]
    )
    plan = [_batches(lessons, glosser, recipe, epoch) for epoch in range(recipe.epochs)]
    steps = sum(len(batches) for batches in plan)
    optimiser = torch.optim.AdamW(
        [one for one in network.parameters() if one.requires_grad], lr=recipe.rate, weight_decay=recipe.decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=recipe.warm)
    first = _resumed(folder, (network, optimiser, schedule), steps)
    began, done = time.monotonic(), sum(len(batches) for batches in plan[:first])
    start = done
    for epoch, batches in list(enumerate(plan))[first:]:
        network.train()
        for batch in batches:
            labels = torch.tensor([LABELS.index(one.label) for one in batch])
            weights = torch.tensor([one.weight for one in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(**encoded(tokenizer, [one.pair for one in batch]))
            losses = torch.nn.functional.cross_entropy(
                logits.float(), labels, reduction="none", label_smoothing=recipe.smoothing
            )
            loss = (losses * weights).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            if done % 25 == 0:
                left = (time.monotonic() - began) / (done - start) * (steps - done) / 60
                progress(f"pass {epoch + 1}, step {done} of {steps}, loss {loss.item():.3f}, {left:.0f} min left")
        folder.mkdir(parents=True, exist_ok=True)
        state = {"steps": steps, "epoch": epoch + 1, "network": network.state_dict(),
                 "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
                 "random": torch.get_rng_state()}  # fmt: skip
        torch.save(state, _state(folder).with_suffix(".part"))
        _state(folder).with_suffix(".part").replace(_state(folder))
    return tokenizer, network.eval()


def _resumed(folder: Path, parts: Sequence[Any], steps: int) -> int:
    """Take up the state of the last whole pass of the same training, if there is one; the next pass's number."""
    import torch

    if not _state(folder).is_file():
        return 0
    state = torch.load(_state(folder), weights_only=True)
    if state["steps"] != steps:
        return 0
    for part, name in zip(parts, ("network", "optimiser", "schedule"), strict=True):
        part.load_state_dict(state[name])
    torch.set_rng_state(state["random"])
    return int(state["epoch"])


def _batches(lessons: Sequence[Lesson], glosser: Glosser, recipe: Recipe, epoch: int) -> list[list[Lesson]]:
    """The batches of one pass, pairs of like length together."""

    def seen(one: Lesson) -> Lesson:
        if not one.ours or one.pair.language != "en" or rng.random() >= recipe.glossed:
            return one
        return replace(one, pair=one.pair.model_copy(update={"english_claim": glosser(one.pair.english_claim, rng)}))

    rng = random.Random(recipe.seed * 1000 + epoch)
    ours = [one for one in lessons if one.ours and not one.twin]
    twins = [one for one in lessons if one.twin]
    others = [one for one in lessons if not one.ours]
    chosen = [
        *ours,
        *rng.sample(twins, round(len(twins) * recipe.twins)),
        *rng.sample(others, min(len(others), round(len(ours) * recipe.others))),
    ]
    rng.shuffle(chosen)
    chosen = [seen(one) for one in chosen]
    near = recipe.batch * 16
    chosen = [one for at in range(0, len(chosen), near) for one in sorted(chosen[at : at + near], key=_length)]
    batches = [chosen[at : at + recipe.batch] for at in range(0, len(chosen), recipe.batch)]
    rng.shuffle(batches)
    return batches


def _length(lesson: Lesson) -> int:
    return len(lesson.pair.english_claim) + len(lesson.pair.english_evidence)


def figures(lessons: Sequence[Lesson], network: torch.nn.Module, tokenizer: Any) -> dict[str, Any]:
    """Of claims that nothing was learnt from, how many of each label are right: supported so, others not."""
    import torch

    told: list[int] = []
    with torch.inference_mode():
        for at in range(0, len(lessons), 32):
            batch = [one.pair for one in lessons[at : at + 32]]
            told += network(**encoded(tokenizer, batch)).argmax(1).tolist()
    found = {}
    for place, label in enumerate(LABELS):
        own = [guess for guess, one in zip(told, lessons, strict=True) if one.label == label]
        hits = sum((guess == 0) == (place == 0) for guess in own)
        found["supported_recall" if not place else f"{label}_flagged"] = {"hits": hits, "of": len(own)}
    return found
