"""ALIMN's equations, each against a case computed by hand (or by plain numpy)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ragmarket.prediction.alimn.attention import HybridAttention, TextPooling, cross_attention
from ragmarket.prediction.alimn.branches import Branches, SimplexHead
from ragmarket.prediction.alimn.config import AlimnConfig, NetworkConfig, TrainingConfig, paper
from ragmarket.prediction.alimn.data import Tensors
from ragmarket.prediction.alimn.embeddings import CategoryTokens, NumericTokens, piecewise_linear
from ragmarket.prediction.alimn.fitting import objective
from ragmarket.prediction.alimn.fusion import ConcatFusion, GatedFusion
from ragmarket.prediction.alimn.language import causal_mask, hide, masked_token_loss, next_token_loss
from ragmarket.prediction.alimn.losses import auxiliary, bce, binary_distillation, distillation, l2
from ragmarket.prediction.alimn.network import Alimn, Batch, Shape


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_eq1_next_token_loss_is_minus_the_mean_log_probability():
    logits = torch.tensor([[[math.log(3.0), 0.0], [0.0, math.log(4.0)], [9.0, 9.0]]])
    tokens = torch.tensor([[0, 0, 1]])
    # the first token is not predicted; p(0) = 3/4 after it, then p(1) = 4/5
    found = next_token_loss(logits, tokens, torch.ones(1, 3, dtype=torch.bool))
    assert found.item() == pytest.approx(-(math.log(0.75) + math.log(0.8)) / 2, rel=1e-6)
    padded = next_token_loss(logits, tokens, torch.tensor([[True, True, False]]))
    assert padded.item() == pytest.approx(-math.log(0.75), rel=1e-6)


def test_eq1_masked_variant_counts_hidden_tokens_only():
    logits = torch.tensor([[[0.0, math.log(9.0)], [5.0, -5.0]]])
    found = masked_token_loss(logits, torch.tensor([[1, 1]]), torch.tensor([[True, False]]))
    assert found.item() == pytest.approx(-math.log(0.9), rel=1e-6)


def test_hiding_takes_at_least_one_usable_token_a_row_and_never_another():
    tokens = torch.arange(40).reshape(4, 10)
    usable = torch.zeros(4, 10, dtype=torch.bool)
    usable[:, 3:6] = True
    shown, chosen = hide(tokens, usable, 99, 0.0, torch.Generator().manual_seed(0))
    assert chosen.sum(dim=1).tolist() == [1, 1, 1, 1]
    assert not (chosen & ~usable).any()
    assert torch.equal(shown == 99, chosen)


def test_causal_mask_shows_no_later_and_no_padded_token():
    seen = causal_mask(torch.tensor([[True, True, False]]))[0, 0] == 0
    assert seen.tolist() == [[True, False, False], [True, True, False], [True, True, False]]


def test_eq3_kullback_leibler_by_hand():
    teacher, student = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([[0.0, 0.0]])
    by_hand = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert distillation(student, teacher).item() == pytest.approx(by_hand, rel=1e-6)
    assert distillation(teacher, teacher, 3.0).item() == pytest.approx(0.0, abs=1e-7)


def test_eq3_temperature_softens_and_keeps_the_scale():
    p, q = sigmoid(2.0 / 4.0), sigmoid(-1.0 / 4.0)
    by_hand = 16 * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    found = binary_distillation(torch.tensor([-1.0]), torch.tensor([2.0]), 4.0)
    assert found.item() == pytest.approx(by_hand, rel=1e-5)
    members = binary_distillation(torch.tensor([[-1.0, 2.0]]), torch.tensor([2.0]), 4.0)
    assert members.item() == pytest.approx(by_hand / 2, rel=1e-5)


def test_eq5_cross_attention_by_hand():
    text = torch.tensor([[[2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    meta = torch.tensor([[[math.log(3.0), 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]])
    fused, weights = cross_attention(text, meta)
    # scores of the first row: 2 log 3 / sqrt 4 = log 3 and 0, so 3/4 and 1/4; of the second: equal
    assert weights[0].tolist() == [pytest.approx([0.75, 0.25]), pytest.approx([0.5, 0.5])]
    assert fused[0, 0].tolist() == pytest.approx([0.75 * math.log(3.0), 0.25, 0.0, 0.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))
def test_eq5_rows_of_the_attention_sum_to_one(texts, features, seed):
    generator = torch.Generator().manual_seed(seed)
    text, meta = (torch.randn(2, size, 8, generator=generator) for size in (texts, features))
    mask = torch.ones(2, texts, dtype=torch.bool)
    mask[1, texts // 2 :] = False
    fused, weights = cross_attention(text, meta, mask)
    assert weights.shape == (2, texts, features)
    assert fused.shape == (2, texts, 8)
    assert torch.allclose(weights.sum(dim=-1), mask.float(), atol=1e-5)


@pytest.mark.parametrize("combine", ["sum", "concat"])
def test_combined_tokens_keep_their_shape_and_padding_stays_empty(combine):
    attention = HybridAttention(8, combine)
    mask = torch.tensor([[True, True, False]])
    found, _ = attention(torch.randn(1, 3, 8), torch.randn(1, 5, 8), mask)
    assert found.shape == (1, 3, 8)
    assert found[0, 2].abs().sum() == 0


def test_learned_pooling_starts_as_the_counted_mean_and_can_leave_it():
    tokens = torch.tensor([[[1.0], [4.0], [100.0]]])
    mask, counts = torch.tensor([[True, True, False]]), torch.tensor([[3.0, 1.0, 7.0]])
    mean, learned = TextPooling(1, "mean"), TextPooling(1, "attention")
    assert mean(tokens, mask, counts).item() == pytest.approx(1.75)
    assert learned(tokens, mask, counts).item() == pytest.approx(1.75)
    with torch.no_grad():
        learned.score.weight.fill_(1.0)
    assert learned(tokens, mask, counts).item() == pytest.approx((3 * 1 + math.exp(3.0) * 4) / (3 + math.exp(3.0)))
    assert mean(tokens, torch.zeros(1, 3, dtype=torch.bool), counts).item() == 0.0


def test_eq6_gate_by_hand_with_identity_projections():
    fusion = GatedFusion(1, 1, 1)
    with torch.no_grad():
        fusion.text.weight.fill_(1.0)
        fusion.structured.weight.fill_(1.0)
        fusion.gate.weight.copy_(torch.tensor([[0.5, -1.0]]))
        fusion.gate.bias.fill_(0.25)
    z, gate = fusion(torch.tensor([[2.0]]), torch.tensor([[3.0]]))
    g = sigmoid(0.5 * 2 - 1.0 * 3 + 0.25)
    assert gate.item() == pytest.approx(g)
    assert z.item() == pytest.approx(g * 2 + (1 - g) * 3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(1, 5))
def test_eq6_takes_text_and_table_of_any_width(text, structured, width):
    fusion = GatedFusion(text, structured, width)
    assert fusion.gate.weight.shape == (width, text + structured)
    z, gate = fusion(torch.randn(4, text), torch.randn(4, structured))
    assert z.shape == gate.shape == (4, width)
    assert bool(((gate > 0) & (gate < 1)).all())
    assert ConcatFusion(text, structured, width)(torch.randn(4, text), torch.randn(4, structured))[1] is None


@pytest.mark.parametrize("residual", [False, True])
def test_eq7_and_eq9_branches_by_hand(residual):
    branches = Branches(2, ("relu", "tanh"), residual=residual)
    with torch.no_grad():
        branches.weight.copy_(torch.tensor([[[1.0, -1.0], [0.0, 2.0]], [[0.5, 0.0], [0.0, 0.5]]]))
        branches.bias.copy_(torch.tensor([[[0.5, -5.0]], [[0.0, 1.0]]]))
    z = torch.tensor([[[1.0, 2.0]]])
    h = branches(z)
    extra = [1.0, 2.0] if residual else [0.0, 0.0]
    assert h.shape == (2, 1, 1, 2)
    # W z + b: (1 - 2 + .5, 4 - 5) and (.5, 2)
    assert h[0, 0, 0].tolist() == pytest.approx([0.0 + extra[0], 0.0 + extra[1]])
    assert h[1, 0, 0].tolist() == pytest.approx([math.tanh(0.5) + extra[0], math.tanh(2.0) + extra[1]])


def test_members_share_the_weights_and_differ():
    torch.manual_seed(3)
    branches = Branches(6, ("gelu",), residual=True, members=4)
    assert branches.weight.shape == (1, 6, 6)
    h = branches(torch.randn(5, 1, 6).expand(-1, 4, -1))
    assert h.shape == (1, 5, 4, 6)
    assert not torch.allclose(h[:, :, 0], h[:, :, 1])


def test_eq8_weighted_sum_by_hand():
    head = SimplexHead(2, 2, unit=False)
    with torch.no_grad():
        head.scores.copy_(torch.tensor([math.log(3.0), 0.0]))
        head.projections.copy_(torch.tensor([[[1.0, 2.0]], [[-1.0, 0.5]]]))
        head.bias.fill_(0.1)
    h = torch.tensor([[[[1.0, 1.0]]], [[[2.0, 2.0]]]])
    logits, shares = head(h)
    assert head.alpha.tolist() == pytest.approx([0.75, 0.25])
    assert logits.item() == pytest.approx(0.75 * 3 + 0.25 * -1 + 0.1)
    assert shares[:, 0, 0].tolist() == pytest.approx([2.25, -0.25])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-30, 30), min_size=1, max_size=8))
def test_eq8_alpha_stays_on_the_simplex_whatever_training_does(scores):
    head = SimplexHead(len(scores), 3)
    with torch.no_grad():
        head.scores.copy_(torch.tensor(scores))
        head.projections.mul_(7.0)
    alpha = head.alpha
    assert bool(((alpha >= 0) & (alpha <= 1)).all())
    assert alpha.sum().item() == pytest.approx(1.0, abs=1e-5)
    lengths = head.directions.norm(dim=-1)
    assert torch.allclose(lengths, lengths[0, 0].expand_as(lengths), atol=1e-4)


def test_eq10_and_eq13_count_every_parameter_once():
    module = nn.Linear(2, 1)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.0, -2.0]]))
        module.bias.fill_(3.0)
    assert l2(module.parameters(), 0.1).item() == pytest.approx(0.1 * (1 + 4 + 9))
    module.bias.requires_grad_(False)
    assert l2(module.parameters(), 0.1).item() == pytest.approx(0.1 * 5)


def test_eq12_is_the_log_loss_of_scikit_learn():
    from sklearn.metrics import log_loss

    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=50), (rng.random(50) < 0.4).astype(float)
    found = bce(torch.tensor(logits), torch.tensor(target)).item()
    assert found == pytest.approx(log_loss(target, 1 / (1 + np.exp(-logits))), rel=1e-9)
    assert found > 0


def test_eq14_by_hand_and_equal_to_the_branch_itself_under_eq9():
    z = torch.tensor([[[1.0, 2.0]]])
    h = torch.tensor([[[[1.0, 2.0]]], [[[2.0, 4.0]]]])
    assert auxiliary(h, z).item() == pytest.approx((0 + (1 + 4)) / 2)
    with_residual = Branches(2, ("tanh",), residual=True)
    plain = Branches(2, ("tanh",), residual=False)
    plain.load_state_dict(with_residual.state_dict())
    assert auxiliary(with_residual(z), z).item() == pytest.approx(plain(z).square().sum().item(), rel=1e-5)


def _network(config: NetworkConfig, text_width: int = 5) -> tuple[Alimn, Tensors]:
    torch.manual_seed(0)
    edges = torch.linspace(-2, 2, 7).repeat(3, 1)
    network = Alimn(Shape(3, (4, 2), text_width), config, edges)
    rng = np.random.default_rng(0)
    data = Tensors(
        torch.tensor(rng.normal(size=(9, 3)), dtype=torch.float32),
        torch.tensor(rng.integers(0, 3, size=(9, 2))),
        torch.tensor(rng.normal(size=(6, 5)), dtype=torch.float32),
        torch.tensor(rng.integers(-1, 6, size=(9, 4))),
        torch.ones(9, 4),
    )
    return network, data


def test_eq11_is_the_sum_of_its_terms_at_the_papers_weights():
    network, data = _network(paper().network.model_copy(update={"dropout": 0.0}))
    target = torch.tensor([1.0, 0, 0, 1, 0, 1, 1, 0, 0])
    plan = TrainingConfig(auxiliary_weight=1.0, distillation_weight=0.0, l2=1e-3)
    rows = torch.arange(9)
    terms = objective(network, data, rows, target, plan, None, copying=False)
    seen = network(data.batch(rows))
    by_hand = bce(seen.logits, target) + l2(network.parameters(), 1e-3) + auxiliary(seen.h, seen.z)
    assert terms.total.item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert terms.distillation.item() == 0
    assert set(terms.as_row()) == {"bce", "reg", "aux", "distillation", "total"}


def test_copying_phase_listens_to_the_teacher_alone():
    network, data = _network(NetworkConfig(dropout=0.0, members=2))
    rows, teacher = torch.arange(9), torch.linspace(-2, 2, 9)
    plan = TrainingConfig(l2=0.0, auxiliary_weight=0.0)
    one = objective(network, data, rows, torch.zeros(9), plan, teacher, copying=True)
    other = objective(network, data, rows, torch.ones(9), plan, teacher, copying=True)
    assert one.total.item() == other.total.item() == pytest.approx(one.distillation.item())


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"text": False},
        {"fusion": "concat", "cross_attention": False},
        {"residual": False},
        {"combine": "concat"},
        {"members": 3},
        {"numeric": "periodic"},
        {"numeric": "piecewise"},
        {"branches": ("relu",)},
        {"pooling": "attention"},
    ],
)
def test_every_part_can_be_switched_and_the_whole_still_learns(change):
    config = NetworkConfig(**{"width": 8, "token_width": 4, "members": 1, "numeric": "linear", **change})
    network, data = _network(config)
    seen = network(data.batch(torch.arange(9)))
    assert seen.logits.shape == (9, config.members)
    assert seen.h.shape == (len(config.branches), 9, config.members, 8)
    assert (seen.gate is None) == (not config.text or config.fusion == "concat")
    assert (seen.attention is None) == (not config.text or not config.cross_attention)
    seen.logits.sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name


def test_paper_setting_is_the_printed_one():
    printed = paper()
    assert printed.network.members == 1
    assert printed.network.residual
    assert printed.network.pooling == "mean"
    assert not printed.network.unit_projections
    assert printed.training.auxiliary_weight == 1.0
    assert printed.ensemble.companions == ()
    assert AlimnConfig.model_validate(printed.model_dump()) == printed


def test_piecewise_linear_encoding_by_hand():
    edges = torch.tensor([[0.0, 1.0, 3.0, 3.0]])
    found = piecewise_linear(torch.tensor([[-1.0], [0.5], [2.0], [9.0]]), edges)[:, 0]
    assert found.tolist() == [[0, 0, 0], [0.5, 0, 0], [1, 0.5, 0], [1, 1, 0]]


def test_an_unseen_category_is_the_zero_vector_and_features_do_not_share_vectors():
    tokens = CategoryTokens((2, 3), 4)
    found = tokens(torch.tensor([[0, 0], [1, 1], [2, 3]]))
    assert found[0].abs().sum() == 0
    assert not torch.allclose(found[1, 0], found[1, 1])
    assert tokens.table.weight.shape == (6, 4)


def test_piecewise_tokens_ask_for_edges():
    with pytest.raises(ValueError, match="edges"):
        NumericTokens(2, 4, "piecewise")


def test_a_network_that_reads_text_refuses_a_batch_without():
    network, data = _network(NetworkConfig(width=8, token_width=4))
    with pytest.raises(ValueError, match="reads text"):
        network(Batch(data.numeric, data.codes))
