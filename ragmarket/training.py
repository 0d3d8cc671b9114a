"""What the `train` commands do: data from the house's knowledge, loops from the workshops, weights with their cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def train_claims(
    folder: Path, report: Callable[[str], None], copy: Path | None = None, also: Sequence[Path] = ()
) -> dict[str, Any]:
    """Train the classifier of paraphrased claims on written copy; the same copy, rules and phrases give the same bytes.

    Args:
        folder: Receives weights and card.
        report: Receives lines of progress.
        copy: Folder of written copy; the shipped `knowledge/copy/` by default.
        also: More folders to learn from, one for each author (the card names those of the shipped weights).
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
        *(line for one in also for line in read_copy(one)),
        *rule_lines(load_lexicon(ROOT / "rules")),
        *house_lines(dict.fromkeys(lines), {**figures, "product": "Aranya Smart Saver"}),
    ]
    provenance = {
        "origin": "lines written for this project (knowledge/copy), the claim rules' examples and rewrites, and the "
        "bank's phrasebook"
        + (f", and copy of other authors ({', '.join(one.resolve().name for one in also)})" if also else "")
        + "; no copy of a real bank",
        "limits": "The lawful and the unlawful were written by the same hands, so style may help the figures. Idioms "
        "that no line resembles are missed; a class or tongue that is not in the copy is hardly found (see "
        "leave_three_classes_out, leave_one_tongue_out). A finding asks for a person; it proves nothing.",
    }
    return train(samples, folder, report, provenance)


def train_grounding(
    folder: Path, report: Callable[[str], None], *, corpus: Path, data: Path | None = None
) -> dict[str, Any]:
    """Train the model that judges what a claim's words say of its evidence; returns its card.

    Args:
        folder: Receives weights and card.
        report: Receives lines of progress.
        corpus: Product documents, whose sentences of a known kind are evidence to learn from.
        data: A folder of public data sets; without one nothing but the house's own knowledge is learnt from.
    """
    from ragmarket.compliance.grounding.model import lines
    from ragmarket.compliance.grounding.model.crossing import Lessons
    from ragmarket.compliance.grounding.model.public import read_public
    from ragmarket.compliance.grounding.model.training import SEED, train
    from ragmarket.compliance.paraphrase.samples import read_copy
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.knowledge.files import ROOT
    from ragmarket.knowledge.language import load_languages
    from ragmarket.retrieval.chunking import split
    from ragmarket.retrieval.corpus import read_corpus
    from ragmarket.retrieval.embedding import SentenceEncoder
    from ragmarket.retrieval.facts import FactReader
    from ragmarket.retrieval.reading import names_of

    catalogue, encoder = load_catalogue(), SentenceEncoder()
    packs = load_languages(catalogue)
    reader = FactReader(catalogue, encoder.embed)
    labelled: list[tuple[str, str | None]] = []
    for document in read_corpus(corpus).documents:
        version = document.version
        if version.kind != "product" or version.language != "en":
            continue
        units = split(document.text, lambda text: len(text.split()))
        readings = reader.read(units, version.product_class, version.language, names_of(version))
        labelled += [(unit.view, reading.kind) for unit, reading in zip(units, readings, strict=True) if reading.kind]
        report(f"read {version.doc_id}")
    lessons = Lessons(
        catalogue=catalogue,
        packs=packs,
        phrasings=lines.phrasings(catalogue, packs, SEED),
        exemplars=lines.exemplars(catalogue),
        bare=lines.bare_lines(packs),
        documents=lines.sentences(labelled),
        promises=lines.promises(
            [(one.tongue, one.text) for one in read_copy(ROOT / "copy") if one.unlawful and one.tongue in packs]
        ),
        terms=[*lines.terms(packs), *lines.glossed(packs)],
    )
    extra = read_public(data, SEED) if data else []
    provenance = {
        "origin": "the bank's phrasebook in nine languages, the fact catalogue, the term bases, the glossaries, the "
        "written copy of knowledge/copy (as promises that no document makes), and the demonstration corpus as the fact "
        "reader reads it"
        + ("; pairs of Factcheck-GPT (Apache-2.0) and BEGIN over WoW and CMU-DoG (CC BY 4.0)" if extra else "")
        + "; nothing of eval/ or of the tests' documents",
        "limits": "Phrasings of one kind were written by few hands, so the figures on held-out phrasings flatter; "
        "those on held-out languages and kinds are nearer to what a new bank's copy meets. Denials and turned bounds "
        "were made by rule. Figures are seen by type only. A sentence of no known kind is judged by meaning alone.",
    }
    return train(lessons, encoder, folder, provenance, extra=extra, progress=report)
