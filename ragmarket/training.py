"""What the `train` commands do: data from the house's knowledge, loops from the workshops, weights with their cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.errors import InvalidInput
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
    from ragmarket.compliance.ledger import load_ledger
    from ragmarket.compliance.paraphrase.samples import house_lines, read_copy, rule_lines
    from ragmarket.compliance.paraphrase.serving import as_served
    from ragmarket.compliance.paraphrase.training import train
    from ragmarket.compliance.rules.lexicon import load_lexicon
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.knowledge.files import ROOT, ledger_folder
    from ragmarket.knowledge.language import load_languages

    catalogue = load_catalogue()
    lexicon = load_lexicon(ROOT / "rules")
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
        *rule_lines(lexicon),
        *house_lines(dict.fromkeys(lines), {**figures, "product": "Aranya Smart Saver"}),
    ]
    wordings: dict[str, list[str]] = {}
    for entry in load_ledger(ledger_folder()).texts():
        wordings.setdefault(entry.language, []).append(entry.text)
    samples = as_served(samples, lexicon.words, wordings)
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
    folder: Path,
    report: Callable[[str], None],
    *,
    claims: Sequence[Path],
    held: Sequence[Path] = (),
    start: Path | None = None,
    passes: int = 6,
    rate: float = 1.5e-4,
    data: Path | None = None,
) -> dict[str, Any]:
    """Fine-tune the model that judges what a claim's words say of its evidence; returns its card.

    Args:
        folder: Receives weights and card.
        report: Receives lines of progress.
        claims: Folders of labelled claims, one author each.
        held: Folders of authors who are left out, for the card's figures.
        start: A trained model to go on from.
        passes: How often everything is seen.
        rate: Highest learning rate.
        data: A folder of public data sets; without one they are not learnt from.

    Raises:
        InvalidInput: No folder of claims is given.
        FileNotFoundError: A folder holds no claims.
    """
    from ragmarket.compliance.grounding.model.claims import read_claims
    from ragmarket.compliance.grounding.model.fine_tuning import Recipe, train
    from ragmarket.compliance.grounding.model.lessons import PHRASES, Lesson, lessons
    from ragmarket.compliance.grounding.model.phrases import phrased
    from ragmarket.compliance.grounding.model.public import KIND, read_public
    from ragmarket.compliance.grounding.verifier import ClaimVerifier
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.knowledge.language import load_languages
    from ragmarket.retrieval.embedding import packaged_path
    from ragmarket.retrieval.figures import recognise

    if not claims:
        raise InvalidInput("no claims to learn from", hint="Name folders of labelled claims with --claims.")
    recipe = Recipe(epochs=passes, rate=rate)
    read = ClaimVerifier(recognise, load_languages(load_catalogue())).pair
    found: list[Lesson] = []
    for author, rows in (
        *((path.resolve().name, read_claims(path)) for path in (*claims, *held)),
        (PHRASES, phrased(recipe.seed)),
        *([(KIND, read_public(data, recipe.seed))] if data else []),
    ):
        found += lessons(rows, author, read)
        report(f"read {len(rows)} claims of {author}")
    provenance = {
        "origin": "claims and documents of invented banks, written and labelled for this project in nine languages; "
        "the bank's phrasebook" + ("; Factcheck-GPT (Apache-2.0) and parts of BEGIN (CC BY 4.0)" if data else ""),
        "limits": "Native words are read one by one in English; what no glossary holds is guessed by its sound. The "
        "writers of claims and labels are the same.",
    }
    names = [path.resolve().name for path in held]
    return train(found, packaged_path(), folder, provenance, held=names, start=start, recipe=recipe, progress=report)
