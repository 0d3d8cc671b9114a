"""What the commands do that train predictions of customers, and that simulate customers to train on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Report = Callable[[dict[str, Any]], None]


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
