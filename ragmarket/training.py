"""What the `train` commands do: data from the house's knowledge, loops from the workshops, weights with their cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    from ragmarket.signals.simulate.snapshots import simulate

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


def simulate_customers(
    folder: Path,
    report: Callable[[str, int, int], None],
    *,
    preset: str,
    customers: int | None,
    periods: int | None,
    seed: int,
    chunk: int,
    bounds: bool,
) -> dict[str, Any]:
    """Simulate a bank's customers into a folder; the same seed gives the same rows, whatever the chunk."""
    from ragmarket.signals.simulate import presets, store

    chosen = presets.preset(preset, customers=customers, periods=periods)
    return store.write(chosen, seed, folder, report, chunk=chunk, bounds=bounds)


def train_claims(
    folder: Path, report: Callable[[str], None], copy: Path | None = None, also: Path | None = None
) -> dict[str, Any]:
    """Train the classifier of paraphrased claims on written copy; the same copy, rules and phrases give the same bytes.

    Args:
        folder: Receives weights and card.
        report: Receives lines of progress.
        copy: Folder of written copy; the shipped `knowledge/copy/` by default.
        also: A second folder to learn from (the shipped weights have also learnt from `eval/copy/dev`).
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
        *(read_copy(also) if also is not None else ()),
        *rule_lines(load_lexicon(ROOT / "rules")),
        *house_lines(dict.fromkeys(lines), {**figures, "product": "Aranya Smart Saver"}),
    ]
    provenance = {
        "origin": "lines written for this project (knowledge/copy), the claim rules' examples and rewrites, and the "
        "bank's phrasebook"
        + (
            ""
            if also is None
            else ", and the development half of eval/copy, written by outsiders (never its test half)"
        )
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
        terms=lines.terms(packs),
    )
    extra = read_public(data, SEED) if data else []
    provenance = {
        "origin": "the bank's phrasebook in nine languages, the fact catalogue, the term bases, the written copy of "
        "knowledge/copy (as promises that no document makes), and the demonstration "
        "corpus as the fact reader reads it"
        + ("; pairs of Factcheck-GPT (Apache-2.0) and BEGIN over WoW and CMU-DoG (CC BY 4.0)" if extra else "")
        + "; nothing of eval/ or of the tests' documents",
        "limits": "Phrasings of one kind were written by few hands, so the figures on held-out phrasings flatter; "
        "those on held-out languages and kinds are nearer to what a new bank's copy meets. Denials and turned bounds "
        "were made by rule. Figures are seen by type only. A sentence of no known kind is judged by meaning alone.",
    }
    return train(lessons, encoder, folder, provenance, extra=extra, progress=report)


def train_alimn(
    folder: Path,
    report: Report,
    *,
    data: Path,
    spec: Path,
    corpus: Path | None = None,
    base: Path | None = None,
    as_printed: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """Train ALIMN on a bank's own table; returns the card.

    Args:
        folder: Receives ``model`` (weights and card), ``encoder`` (adapters) and checkpoints; a killed run goes on.
        report: Receives rows of progress.
        data: A CSV table, plain or gzipped; in time order if the spec's owner wants forward folds.
        spec: A YAML file: numeric, categorical, target, positive; sentences, steps and contexts if there are any.
        corpus: English documents whose words the encoder's adapters learn first (Eq. 1); None: the encoder as it is.
        base: The text encoder's folder; the packaged MiniLM by default.
        as_printed: The paper's setting instead of ours.
        seed: Of everything random.
    """
    from ragmarket.knowledge.files import load
    from ragmarket.prediction.alimn import config as settings
    from ragmarket.prediction.alimn.adaptation import AdaptationPlan, Passage, adapt
    from ragmarket.prediction.alimn.data import TextBank
    from ragmarket.prediction.alimn.estimator import fit
    from ragmarket.prediction.alimn.folds import Customers
    from ragmarket.prediction.alimn.store import save
    from ragmarket.prediction.alimn.text_encoder import TextEncoder
    from ragmarket.prediction.tables import TableSpec, narrate, read_table
    from ragmarket.retrieval.corpus import read_corpus
    from ragmarket.retrieval.embedding import packaged_path

    columns = load(spec, TableSpec)
    table, target = read_table(data, columns)
    text, prompt, figures = None, None if as_printed else "campaign_interest", {}
    if columns.sentences:
        kept = folder / "encoder"
        known = (kept / "adapters.json").is_file()
        encoder = TextEncoder(base or packaged_path(), kept if known else None)
        if corpus is not None and not known:
            passages = [
                Passage(" ".join(part.split())[:400], document.version.kind)
                for document in read_corpus(corpus).documents
                if document.version.language == "en"
                for part in document.text.split("\n\n")
                if len(part.split()) >= 6
            ]
            report({"adapting": len(passages)})
            figures = adapt(encoder, passages, AdaptationPlan(seed=seed), report)
            encoder.save(kept, {"figures": figures})
        domain = "product" if known or figures else None
        sentences = narrate(table, columns)
        report({"sentences": len({one for row in sentences for one in row})})
        text = TextBank.of_sentences(sentences, lambda texts: encoder.embed(texts, domain, prompt))
    chosen = settings.paper() if as_printed else settings.AlimnConfig()
    chosen = chosen.model_copy(update={"training": chosen.training.model_copy(update={"seed": seed})})
    model = fit(Customers(table, text, target), columns, chosen, folder=folder / "checkpoints", report=report)
    card = {
        "name": "alimn",
        "data": {"source": columns.source, "rows": len(table), "positives": float(target.mean())},
        "adaptation": figures,
        "prompt": prompt,
        "limits": "The figures are out of inner folds of this table; the blend and the calibration were fitted on the "
        "same predictions. Measure on later customers before trusting them.",
    }
    save(model, folder / "model", card)
    return {**card, "held_out": model.held_out, "blend": dict(model.blend.alpha), "model": str(folder / "model")}


def train_temporal(
    folder: Path,
    report: Report,
    *,
    bank: Path,
    labels: Path | None = None,
    encoder: Literal["gru", "transformer"] = "gru",
    seed: int = 0,
) -> dict[str, Any]:
    """Train the temporal encoder, the latent intents and the joint heads on a bank's tables; returns the card.

    Args:
        folder: Receives ``model`` (weights and card) and checkpoints; a killed run goes on.
        report: Receives rows of progress.
        bank: A folder as `ragmarket simulate` writes it: ``features`` and ``outcomes``. Its truth is not read.
        labels: A CSV file of customers whom somebody labelled: customer_id, period, and intent or segment or both.
            None: there are no such heads, and intents are states without names.
        encoder: What reads the months.
        seed: Of everything random.
    """
    import polars as pl

    from ragmarket.errors import InvalidInput
    from ragmarket.prediction.temporal.answers import LABELS, read_answers
    from ragmarket.prediction.temporal.config import TemporalConfig
    from ragmarket.prediction.temporal.estimator import fit
    from ragmarket.prediction.temporal.network import EncoderConfig
    from ragmarket.prediction.temporal.reader import fit_reader
    from ragmarket.prediction.temporal.store import save
    from ragmarket.signals.simulate.store import read

    tables = ("customers", "periods", "transactions", "session_events", "notes", "campaigns")
    labelled = None
    if labels is not None:
        try:
            labelled = pl.read_csv(labels, schema_overrides={"customer_id": pl.String, "period": pl.Int32})
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InvalidInput(f"{labels}: the labels cannot be read: {error}") from error
        if not set(LABELS) & set(labelled.columns):
            raise InvalidInput(f"{labels}: there is neither a column intent nor a column segment")
    report({"reading": str(bank)})
    reader, cells, sequences = fit_reader({name: read(bank, name).collect() for name in tables})
    answers, classes = read_answers(cells, sequences, read(bank, "outcomes").collect(), labelled)
    named = tuple(name for name in ("segment", "intent") if name in classes)
    config = TemporalConfig(
        encoder=EncoderConfig(encoder=encoder),
        heads=(*named, "product", "channel", "timing", "intensity", "response"),
        seed=seed,
    )
    model = fit(reader, sequences, answers, classes, config, folder=folder / "checkpoints", report=report)
    card = {
        "name": "temporal",
        "data": {"customers": sequences.size[0], "periods": sequences.size[1], "labelled": named},
        "limits": "The figures are out of inner folds of these customers; blend and calibration were fitted on the "
        "same predictions. Measure on later customers before trusting them. Intents are what explains behaviour and "
        "labels; they are no fact about anybody.",
    }
    save(model, folder / "model", card)
    return {
        **card, "held_out": dict(model.held_out), "blend": dict(model.blend.alpha), "model": str(folder / "model"),
    }  # fmt: skip
