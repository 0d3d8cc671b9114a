"""Training is seeded, resumes where it stopped, and its examples are sentences of the request's own grammar."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.writer.corpus_text import paragraphs, plain_texts
from ragmarket.generation.writer.examples import DraftSampler, Mixture
from ragmarket.generation.writer.training import TrainingPlan, learning_rate, train
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages

CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
MIXTURE = Mixture([(DraftSampler(CATALOGUE, PACKS, load_angles()), 1.0)])
TINY = TrainingPlan(
    vocab_size=600, hidden_size=32, layers=1, heads=2, intermediate_size=48, batch_tokens=2048, pretrain_steps=2,
    sft_steps=4, warmup_steps=2, checkpoint_every=2, threads=1,
)  # fmt: skip


def test_the_same_seed_draws_the_same_examples_and_none_that_is_kept_for_evaluation() -> None:
    one, two = (list(islice(MIXTURE.stream(3), 50)) for _ in range(2))
    assert one == two
    assert not any(example.held_out for example in one)
    assert all(example.held_out for example in islice(MIXTURE.stream(3, held_out=True), 10))


def test_every_completion_is_a_draft_without_a_figure() -> None:
    for example in islice(MIXTURE.stream(8), 300):
        draft = parse_draft(example.completion)
        assert draft.claims
        for claim in draft.claims:
            words = claim.text
            for slot in [f"{{S{n}{letter}}}" for n in range(1, 13) for letter in "abcdef"]:
                words = words.replace(slot, "")
            assert not any(char.isdigit() for char in words), claim.text


def test_no_figure_of_a_document_is_learned() -> None:
    assert list(paragraphs("Short.\n\nDeposits for 444 days earn 7.25% p.a. and need ₹5,000 or more.")) == [
        "Deposits for # days earn #% p.a. and need ₹# or more."
    ]


def test_the_learning_rate_warms_up_and_decays() -> None:
    rates = [learning_rate(step, TINY) for step in range(TINY.steps)]
    assert rates[0] < rates[1] == max(rates) == 1.0
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert min(rates) > 0


@pytest.mark.filterwarnings("ignore")
def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    texts = plain_texts(PACKS, [])[:200]
    rows: list[dict[str, object]] = []
    stopped = train(TrainingPlan(**{**vars(TINY), "minutes": 0.0}), MIXTURE, texts, tmp_path, rows.append)
    assert not stopped["done"]
    done = train(TINY, MIXTURE, texts, tmp_path, rows.append)
    assert done["done"]
    assert done["step"] == 6
    again = train(TINY, MIXTURE, texts, tmp_path, rows.append)
    assert again["held_out_loss"] == done["held_out_loss"]
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["done"]
    assert (tmp_path / "model" / "model.safetensors").exists()
