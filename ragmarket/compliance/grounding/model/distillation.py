"""Training the student: native phrasings are drawn to the English encoder's vectors of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.encoder import HIDDEN, SPACE, WIDTH, Student
from ragmarket.compliance.grounding.model.hashing import BITS, buckets
from ragmarket.compliance.grounding.model.lines import NONE, Line
from ragmarket.compliance.grounding.model.masking import tokens
from ragmarket.errors import MissingDependency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Progress = Callable[[str], None]
_BATCH = 256
_TERMS = 256
_HEAT = 0.06
_WORD_DROP = 0.12
_SMOOTHING = 0.05


def distil(
    lines: Sequence[Line],
    terms: Sequence[tuple[str, str, str]],
    kinds: Sequence[str],
    english: Mapping[str, Floats],
    *,
    epochs: int,
    seed: int,
    progress: Progress = lambda _: None,
) -> Student:
    """Train a student; the same lines and seed give the same weights on the same machine.

    Args:
        lines: Sentences with their kinds; those of another kind than ``kinds`` count as "none".
        terms: (language, form, English term).
        kinds: The kinds, in the order of the heads.
        english: The English encoder's vector of every English line and English term.
        epochs: Passes over the lines.
        seed: Of the weights, the order and the dropped words.
        progress: Receives a line now and then.

    Raises:
        MissingDependency: torch is not installed.
    """
    try:
        import numpy as np
        import torch
        import torch.nn.functional as F  # noqa: N812 (its usual name)
    except ImportError as error:
        raise MissingDependency("torch", "compliance") from error
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    number = {kind: place for place, kind in enumerate(kinds)}
    none = len(kinds)

    table = torch.nn.EmbeddingBag(1 << BITS, WIDTH, mode="sum", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.3)
    norm = torch.nn.LayerNorm(WIDTH)
    inner, outer = torch.nn.Linear(WIDTH, HIDDEN), torch.nn.Linear(HIDDEN, SPACE)
    kind_head, evidence_head = torch.nn.Linear(HIDDEN, none + 1), torch.nn.Linear(SPACE + HIDDEN, none + 1)
    dense = [p for part in (norm, inner, outer, kind_head, evidence_head) for p in part.parameters()]
    steps_per_epoch = -(-len(lines) // _BATCH)
    total = epochs * steps_per_epoch
    slow = torch.optim.AdamW(dense, lr=2e-3, weight_decay=1e-3)
    fast = torch.optim.SparseAdam(table.parameters(), lr=6e-3)

    def hidden_of(sentences: Sequence[Sequence[str]], *, drop: bool) -> Any:
        kept = [
            [word for word, keep in zip(words, rng.random(len(words)) > _WORD_DROP, strict=True) if keep] or list(words)
            if drop
            else list(words)
            for words in sentences
        ]
        held = [buckets(words) for words in kept]
        flat = torch.from_numpy(np.concatenate([*held, np.zeros(0, dtype=np.int64)]))
        offsets = torch.from_numpy(np.cumsum([0, *(len(one) for one in held[:-1])]))
        sizes = torch.tensor([max(1, len(one)) for one in held], dtype=torch.float32)
        bags = table(flat, offsets) / sizes.sqrt()[:, None]
        hidden = F.gelu(inner(norm(F.dropout(bags, 0.1, training=drop))), approximate="tanh")
        return F.dropout(hidden, 0.1, training=drop)

    words = [tokens(line.text) for line in lines]
    labels = np.array([number.get(line.kind, none) for line in lines])
    own = np.zeros((len(lines), SPACE), dtype=np.float32)
    known = np.zeros(len(lines), dtype=bool)
    by_kind: dict[int, list[int]] = {}
    for place, line in enumerate(lines):
        if line.language == "en" and line.text in english:
            own[place], known[place] = english[line.text], True
            by_kind.setdefault(int(labels[place]), []).append(place)
    spoken = sorted(kind for kind in by_kind if kind != none)
    row_of = {kind: row for row, kind in enumerate(spoken)}
    concepts = sorted({term for _, _, term in terms if term in english})
    concept_row = {concept: row for row, concept in enumerate(concepts)}
    usable = [(tokens(form), concept_row[term]) for _, form, term in terms if term in english and tokens(form)]
    concept_vectors = torch.from_numpy(np.stack([english[concept] for concept in concepts])) if concepts else None

    step = 0
    for epoch in range(epochs):
        order = rng.permutation(len(lines))
        running = 0.0
        for start in range(0, len(order), _BATCH):
            rate = min(1.0, (step + 1) / 50) * max(0.05, 1 - step / total)
            for optimiser, base in ((slow, 2e-3), (fast, 6e-3)):
                for group in optimiser.param_groups:
                    group["lr"] = base * rate
            step += 1
            rows = order[start : start + _BATCH]
            hidden = hidden_of([words[row] for row in rows], drop=True)
            target = torch.from_numpy(labels[rows])
            loss = F.cross_entropy(kind_head(hidden), target, label_smoothing=_SMOOTHING)
            z = F.normalize(outer(hidden), dim=1)
            # One English sentence of each kind, drawn anew: the student learns the kind's region, not one point.
            anchors = torch.from_numpy(own[[by_kind[kind][rng.integers(len(by_kind[kind]))] for kind in spoken]])
            placed = torch.tensor([row_of.get(int(label), -1) for label in labels[rows]])
            some = placed >= 0
            if bool(some.any()):
                logits = z[some] @ anchors.T / _HEAT
                loss = loss + F.cross_entropy(logits, placed[some])
                loss = loss + 0.5 * (1 - (z[some] * anchors[placed[some]]).sum(1)).mean()
            sure = torch.from_numpy(known[rows])
            if bool(sure.any()):
                vectors = torch.from_numpy(own[rows])[sure]
                loss = loss + 2.0 * (1 - (z[sure] * vectors).sum(1)).mean()
                noisy = F.normalize(vectors + 0.02 * torch.randn_like(vectors), dim=1)
                scores = evidence_head(torch.cat([noisy, hidden[sure]], dim=1))
                loss = loss + F.cross_entropy(scores, target[sure], label_smoothing=_SMOOTHING)
            if usable and concept_vectors is not None:
                picked = rng.integers(len(usable), size=_TERMS)
                z_term = F.normalize(outer(hidden_of([usable[p][0] for p in picked], drop=False)), dim=1)
                places = torch.tensor([usable[p][1] for p in picked])
                loss = loss + 0.7 * F.cross_entropy(z_term @ concept_vectors.T / _HEAT, places)
            slow.zero_grad()
            fast.zero_grad()
            loss.backward()
            slow.step()
            fast.step()
            running += float(loss.detach())
        if epoch % 5 == 4 or epoch + 1 == epochs:
            progress(f"student, pass {epoch + 1} of {epochs}: loss {running / steps_per_epoch:.3f}")

    def plain(parameter: Any) -> Floats:
        return np.asarray(parameter.detach().numpy(), dtype=np.float32)

    def half(parameter: Any) -> Floats:
        # As it will be shipped, so that what is measured is what is read back.
        return plain(parameter).astype(np.float16).astype(np.float32)

    weight = plain(table.weight)
    steps = (np.abs(weight).max(axis=1) / 127 + 1e-9).astype(np.float16).astype(np.float32)
    return Student(
        table=np.clip(np.rint(weight / steps[:, None]), -127, 127).astype(np.int8),
        steps=steps,
        norm=np.stack([plain(norm.weight), plain(norm.bias)]),
        inner=half(inner.weight).T.copy(),
        inner_bias=plain(inner.bias),
        outer=half(outer.weight).T.copy(),
        outer_bias=plain(outer.bias),
        kind=half(kind_head.weight).T.copy(),
        kind_bias=plain(kind_head.bias),
        evidence=half(evidence_head.weight).T.copy(),
        evidence_bias=plain(evidence_head.bias),
    )


__all__ = ["NONE", "distil"]
