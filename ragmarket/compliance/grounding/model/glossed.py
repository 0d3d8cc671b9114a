"""English as glosses leave it of a native sentence: words and their places, learnt from renderings beside English.

Claims in English are easily had, native ones dearly. Read word by word, a native claim keeps its own order and loses
articles and endings; which words become which, and where they go, is counted in the claims whose writer rendered them
in English (word translation after Brown et al. 1993, IBM Model 1). What is said about English claims can then be
learnt for native ones too.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

# A figure is one word: its kind and its letter.
_WORD = re.compile(r"(?:rupees|period|number|percent|ratio|date|age) [a-z]\b|[\w'’%-]+|[^\w\s]")
_PAUSES = frozenset(".,;:–—?!")
# Words on which a verdict hangs stay what they are, and only a sure alignment makes one of another word: a model that
# saw them come and go would learn to overlook them.
_BEARING = frozenset(
    {"not", "no", "never", "nobody", "neither", "none", "nothing", "without", "unless", "except", "free"}
    | {"only", "all", "any", "every", "both", "either", "other", "same", "one", "two"}
    | {"must", "may", "can", "cannot", "if", "until", "before", "after", "first", "last", "within"}
    | {"less", "more", "lower", "higher", "than"}
)
_ROUNDS = 6
_SURE, _QUITE_SURE = 0.08, 0.3
_SEEN = 4
_FARTHEST = 6.0
_OFTEN_LOST = 0.7

_Table = Mapping[tuple[str, str], float]
_Said = list[tuple[str, float]]


def words_of(text: str) -> list[str]:
    """The words and marks of a rendering in lower case, each figure as one."""
    return _WORD.findall(text.lower().replace("।", "."))


def _translations(pairs: Sequence[tuple[list[str], list[str]]]) -> _Table:
    """How probable each gloss is for each English word, ``{(gloss, english): p}``."""
    table: dict[tuple[str, str], float] = {}
    for glosses, english in pairs:
        table.update({(gloss, word): 5.0 if gloss == word else 1.0 for word in english for gloss in glosses})
    for _ in range(_ROUNDS):
        joint: dict[tuple[str, str], float] = defaultdict(float)
        single: dict[str, float] = defaultdict(float)
        for glosses, english in pairs:
            for gloss in glosses:
                whole = sum(table.get((gloss, word), 0.0) for word in english) + 1e-4
                for word in english:
                    share = table.get((gloss, word), 0.0) / whole
                    joint[gloss, word] += share
                    single[word] += share
        table = {key: count / single[key[1]] for key, count in joint.items() if count > 1e-4 * single[key[1]]}
    return table


class Glosser:
    """Turns English into what glosses make of a native sentence.

    Args:
        pairs: Renderings of native claims, each with its writer's English.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        read = [(words_of(rendered), words_of(english)) for rendered, english in pairs]
        read = [pair for pair in read if all(pair)]
        table = _translations(read)
        self._said: dict[str, list[_Said]] = defaultdict(list)
        for glosses, english in read:
            own: list[_Said] = [[] for _ in english]
            scale = len(glosses) / len(english)
            for place, gloss in enumerate(glosses):
                chances = [table.get((gloss, word), 0.0) for word in english]
                best = max(range(len(english)), key=lambda at: (chances[at], -abs(at * scale - place)))
                made = gloss in _BEARING and english[best] not in _BEARING
                if chances[best] > (_QUITE_SURE if made else _SURE) and (" " not in gloss or gloss == english[best]):
                    own[best].append((gloss, max(-_FARTHEST, min(_FARTHEST, place - best * scale))))
            for word, said in zip(english, own, strict=True):
                self._said[word].append(said)
        self._lost = {word: sum(not one for one in many) / len(many) for word, many in self._said.items()}

    def __call__(self, text: str, rng: random.Random) -> str:
        """One way in which the sentence could have come out, clause by clause."""
        clauses: list[list[str]] = [[]]
        for word in words_of(text):
            clauses[-1].append(word)
            if word in _PAUSES:
                clauses.append([])
        return " ".join(gloss for clause in clauses for gloss in self._clause(clause, rng))

    def _clause(self, clause: Sequence[str], rng: random.Random) -> list[str]:
        placed: list[tuple[float, str]] = []
        for at, word in enumerate(clause):
            if word in _PAUSES:
                placed.append((len(clause) + _FARTHEST, word))
            elif len(self._said.get(word, ())) < _SEEN:
                placed.append((at, word))
            else:
                placed += [(at + moved, gloss) for gloss, moved in self._one(word, rng)]
        return [gloss for _, gloss in sorted(placed, key=lambda one: one[0])]

    def _one(self, word: str, rng: random.Random) -> _Said:
        """What one word was turned into somewhere, with how far it moved."""
        many = self._said[word]
        said = rng.choice(many)
        if not said and (word in _BEARING or " " in word or self._lost[word] < _OFTEN_LOST):
            said = rng.choice([one for one in many if one] or [[(word, 0.0)]])
        if " " in word or word in _BEARING:
            return [(word, said[0][1] if said else 0.0)]
        return said
