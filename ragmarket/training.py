"""What the `train` commands do: data from the house's knowledge, loops from the workshops, weights with their cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.generation.task import Fact
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot

if TYPE_CHECKING:
    from ragmarket.generation.writer.examples import Mixture

Report = Callable[[dict[str, Any]], None]
DRAFT_SHARE = 1.5


def writer_mixture(house: House) -> Mixture:
    """The examples that the writer learns from: drafting first, the smaller tasks beside it."""
    from ragmarket.generation.writer.examples import DraftSampler, Mixture
    from ragmarket.generation.writer.task_examples import task_samplers

    drafting = DraftSampler(house.catalogue, house.packs, house.angles)
    return Mixture([(drafting, DRAFT_SHARE), *task_samplers(house.angles)])


def train_writer(
    house: House, folder: Path, report: Report, *, minutes: float | None = None, preferences: bool = True
) -> dict[str, Any]:
    """Train, or go on training, the writer: pretraining, fine-tuning, preference tuning; the model is ``folder/model``.

    Args:
        house: Gives catalogue, language packs, angles and the indexed documents.
        folder: Holds everything that a killed run needs to go on.
        report: Receives rows of progress.
        minutes: Wall-clock limit of this call's first two phases; run again to go on.
        preferences: Whether preference tuning follows; without it ``folder/model`` is the fine-tuned writer.
    """
    from ragmarket.generation.writer.card import write_card
    from ragmarket.generation.writer.corpus_text import plain_texts
    from ragmarket.generation.writer.training import TrainingPlan, train

    mixture = writer_mixture(house)
    texts = plain_texts(house.packs, [house.document_text(item.sha256) for item in house.documents()])
    summary = train(TrainingPlan(minutes=minutes), mixture, texts, folder, report)
    model = folder / "model"
    if summary["done"] and preferences:
        summary["preference"] = tune_writer(house, model, folder / "preference", report)
        model = folder / "preference" / "model"
    write_card(
        model,
        summary,
        kinds=len(house.catalogue.kinds),
        phrasings=sum(len(kind.all) for pack in house.packs.values() for kind in pack.kinds.values()),
    )
    return {**summary, "model": str(model)}


def tune_writer(house: House, model: Path, folder: Path, report: Report) -> dict[str, Any]:
    """Tune a writer on its own drafts, ranked by review; sampled in process, or by the configured server."""
    from ragmarket.compliance.support import SupportCheck
    from ragmarket.generation.engines.embedded import EmbeddedEngine
    from ragmarket.generation.writer.examples import DraftSampler
    from ragmarket.generation.writer.preference import PreferencePlan, sample_pairs, tune
    from ragmarket.generation.writer.reward import Reward

    folder.mkdir(parents=True, exist_ok=True)
    check = SupportCheck(house.packs)
    sampler = DraftSampler(house.catalogue, house.packs, house.angles)

    def supported(language: str, text: str, fact: Fact) -> bool:
        return check.claim(text, as_evidence(fact), language).verdict == "supported"

    served = house.settings.generation.base_url
    plan = PreferencePlan(workers=house.writers)
    engine = house.engine if served else EmbeddedEngine(model)
    reward = Reward(house.packs, supported, sampler.choose)
    pairs = sample_pairs(plan, engine, sampler, house.packs, reward, folder / "pairs.jsonl", report)
    return tune(plan, model, pairs, folder, report)


def as_evidence(fact: Fact) -> Evidence:
    """A fact as the evidence that review would judge its claim by; its figures stand for any."""
    figure = Figure.model_validate({"type": "rate", "value": 1, "unit": "percent", "start": 0, "end": 1, "text": "1"})
    roles = {slot: role for role, slot in fact.roles.items()} | {slot: id_ for id_, slot in fact.conditions if slot}
    return Evidence(
        id=fact.id,
        doc_id="none",
        version="0",
        sha256="0",
        title="none",
        product_code=None,
        doc_kind="product",
        start=0,
        end=1,
        quote="1",
        text="1",
        kind=fact.kind,
        kind_score=1.0,
        phrasable=True,
        slots=tuple(Slot(name=name, role=role, low=figure) for name, role in roles.items()),
        conditions=tuple(Condition(id=id_, slot=slot, start=0, end=1) for id_, slot in fact.conditions),
    )


def train_adapter(house: House, base: str, folder: Path, report: Report) -> dict[str, Any]:
    """Teach a base model of the user's choice the writer's tasks through a LoRA adapter."""
    from ragmarket.generation.writer.adapter import AdapterPlan
    from ragmarket.generation.writer.adapter import train_adapter as train

    return train(AdapterPlan(), base, writer_mixture(house), folder, report)


def train_predictor(folder: Path, report: Callable[[str], None]) -> dict[str, Any]:
    """Train segment, intent and propensities on simulated customers; the same seeds give the same bytes."""
    from ragmarket.prediction.training import Sample, train
    from ragmarket.prediction.weights import save
    from ragmarket.signals.features import DEFAULT_SPEC
    from ragmarket.signals.simulate import simulate

    def sample(count: int, seed: int) -> Sample:
        customers = list(simulate(count, seed))
        heads = ("segment", "intent", "product_class", "channel")
        labels = {name: [getattr(one, name) for one in customers] for name in heads}
        labels["response"] = ["yes" if one.responds else "no" for one in customers]
        return Sample([DEFAULT_SPEC.encode(one.signals) for one in customers], labels)

    sizes, seeds = (20_000, 5_000, 10_000), (1, 2, 3)
    names = ("fit", "validation", "held_out")
    provenance = {
        "origin": "simulated customers (ragmarket.signals.simulate); no real person, no real bank",
        "seeds": dict(zip(names, seeds, strict=True)),
        "sizes": dict(zip(names, sizes, strict=True)),
        "limits": "The figures below say how well the simulator's hidden answers are found, not how well any real "
        "customer is. Calibrated for the simulator's mix of segments; train again on a deployment's own records.",
    }
    model = train(
        *(sample(size, seed) for size, seed in zip(sizes, seeds, strict=True)),
        columns=DEFAULT_SPEC.columns,
        spec_sha256=DEFAULT_SPEC.sha256,
        provenance=provenance,
        progress=report,
    )
    save(model, folder)
    return dict(model.card)


def train_claims(folder: Path, report: Callable[[str], None], copy: Path | None = None) -> dict[str, Any]:
    """Train the classifier of paraphrased claims on written copy; the same copy, rules and phrases give the same bytes.

    Args:
        folder: Receives weights and card.
        report: Receives lines of progress.
        copy: Folder of written copy; the shipped `knowledge/copy/` by default.
    """
    from ragmarket.compliance.paraphrase.samples import house_lines, read_copy, rule_lines
    from ragmarket.compliance.paraphrase.training import train
    from ragmarket.compliance.rules.lexicon import load_lexicon
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.knowledge.files import ROOT
    from ragmarket.knowledge.language import load_languages

    catalogue = load_catalogue()
    lines: list[tuple[str, str, str]] = []
    for language, pack in sorted(load_languages(catalogue).items()):
        for id_, phrases in sorted(pack.kinds.items()):
            classes = catalogue.kinds[id_].classes
            lines += [(language, classes[place % len(classes)], line) for place, line in enumerate(phrases.all)]
        for field in ("opening", "bridge", "cta", "subject"):
            said = sorted(pack.lines(field))
            lines += [
                (language, PRODUCT_CLASSES[place % len(PRODUCT_CLASSES)], line) for place, line in enumerate(said)
            ]
    figures = {"amount": "₹500", "duration": "50", "rate": "7.25%", "age": "18", "count": "3", "x": "₹500"}
    samples = [
        *read_copy(copy or ROOT / "copy"),
        *rule_lines(load_lexicon(ROOT / "rules")),
        *house_lines(dict.fromkeys(lines), {**figures, "product": "Aranya Smart Saver"}),
    ]
    provenance = {
        "origin": "lines written for this project (knowledge/copy), the claim rules' examples and rewrites, and the "
        "bank's phrasebook; no copy of a real bank, and nothing of eval/",
        "limits": "The lawful and the unlawful were written by the same hands, so style may help the figures. Idioms "
        "that no line resembles are missed; a class or tongue that is not in the copy is hardly found (see "
        "leave_three_classes_out, leave_one_tongue_out). A finding asks for a person; it proves nothing.",
    }
    return train(samples, folder, report, provenance)
