"""From proposals to a taxonomy: count, merge what means the same, drop what is rare, put groups above."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.schemas.sessions import Proposal, Taxonomy, TaxonomyIntent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

_WORD = re.compile(r"[a-z]{4,}")
_PLAIN = {
    "visitor", "looks", "wants", "with", "that", "this", "their", "from", "about", "through", "which", "years",
    "could", "would", "product", "products", "many", "several", "another", "after", "back", "gives", "without",
}  # fmt: skip


def build_taxonomy(
    proposals: Sequence[Proposal],
    seeds: Mapping[str, str],
    texts: TextEncoder,
    *,
    alike: float = 0.72,
    least: float = 0.01,
    groups: Mapping[str, tuple[str, Sequence[str]]] | None = None,
    count: int = 4,
    written_by: str = "ragmarket",
) -> Taxonomy:
    """A taxonomy of what was proposed and what was known before.

    Args:
        proposals: What a model said of sampled sessions, one each.
        seeds: Definitions of intents that are known before, by name; they stay whatever was proposed.
        texts: Reads names and definitions.
        alike: Cosine from which two intents are one; the commoner, or the seed, gives its name.
        least: Share of the sample beneath which a proposed intent is dropped.
        groups: What each group is about and the seeds in it; another intent joins the group of the nearest seed.
        count: How many groups to find where none are given.
        written_by: Who proposed.

    Raises:
        InvalidInput: Fewer than two intents remain.
    """
    support = Counter(one.name for one in proposals)
    definitions = dict(seeds)
    for one in proposals:
        definitions.setdefault(one.name, one.definition)
    floor = least * max(len(proposals), 1)
    names = [name for name in definitions if name in seeds or support[name] >= floor]
    if len(names) < 2:
        raise InvalidInput("fewer than two intents remain", hint="Sample more sessions, or give seeds.")
    # Seeds first, then by support: whoever comes first keeps its name.
    names.sort(key=lambda name: (name not in seeds, -support[name], name))
    vectors = texts.embed([f"{name.replace('_', ' ')}: {definitions[name]}" for name in names])
    kept: list[int] = []
    aliases: dict[int, list[str]] = {}
    for place, name in enumerate(names):
        near = max(kept, key=lambda other: float(vectors[place] @ vectors[other]), default=None)
        if near is not None and name not in seeds and float(vectors[place] @ vectors[near]) >= alike:
            aliases[near].append(name)
            continue
        kept.append(place)
        aliases[place] = []
    if groups:
        above, words = _joined(vectors[kept], [names[place] for place in kept], groups)
    else:
        above, words = _groups(vectors[kept], [definitions[names[place]] for place in kept], count)
    intents = {
        names[place]: TaxonomyIntent(
            definition=definitions[names[place]],
            group=above[row],
            aliases=tuple(aliases[place]),
            origin="seed" if names[place] in seeds else "model",
            support=support[names[place]] + sum(support[alias] for alias in aliases[place]),
        )
        for row, place in enumerate(kept)
    }
    return Taxonomy(version=1, written_by=written_by, groups=words, intents=intents)


def _joined(
    vectors: NDArray[np.float32], names: Sequence[str], groups: Mapping[str, tuple[str, Sequence[str]]]
) -> tuple[list[str], dict[str, str]]:
    known = {intent: group for group, (_, intents) in groups.items() for intent in intents}
    seeds = [place for place, name in enumerate(names) if name in known]
    found = []
    for place, name in enumerate(names):
        nearest = max(seeds, key=lambda other: float(vectors[place] @ vectors[other]))
        found.append(known.get(name) or known[names[nearest]])
    return found, {group: about for group, (about, _) in groups.items() if group in found}


def _groups(vectors: NDArray[np.float32], definitions: Sequence[str], count: int) -> tuple[list[str], dict[str, str]]:
    """The group of each intent, and what each group is about: the words that its definitions share most."""
    from sklearn.cluster import AgglomerativeClustering

    count = min(count, len(definitions))
    labels = AgglomerativeClustering(count).fit_predict(vectors).tolist()
    told = [set(_WORD.findall(text.lower())) - _PLAIN for text in definitions]
    everywhere = Counter(word for words in told for word in words)
    names: dict[int, str] = {}
    about: dict[str, str] = {}
    for label in sorted(set(labels)):
        own = [words for words, one in zip(told, labels, strict=True) if one == label]
        inside = Counter(word for words in own for word in words)
        best = sorted(inside, key=lambda word: (-inside[word] / everywhere[word] * inside[word], word))[:3]
        name = "_".join(best[:2]) or "group"
        while name in about:
            name += "_too"
        names[label] = name
        about[name] = f"Intents about {', '.join(best) or 'several things'}."
    return [names[label] for label in labels], about
