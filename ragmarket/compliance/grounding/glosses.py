"""What native words of bank copy mean in English, from `knowledge/grounding/glosses/`: word by word, no translation.

The student learns them, so that its words reach further than the phrasebook's.
"""

from __future__ import annotations

from pathlib import Path

from ragmarket.compliance.grounding.word_patterns import JOINERS
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, read_yaml

FOLDER = ROOT / "grounding" / "glosses"


def load_glossary(language: str, folder: Path = FOLDER) -> tuple[tuple[str, str], ...]:
    """Every stem of a language with each of its meanings, in the file's order; none where nobody has written any.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    path = folder / f"{language}.yaml"
    if not path.exists():
        return ()
    stems, tree = read_yaml(path)
    if not isinstance(stems, dict) or not stems:
        raise BadKnowledge(path, 1, "holds no stems", hint="Write one line per stem: `stem: English`.")
    for stem, english in stems.items():
        if not isinstance(stem, str) or not isinstance(english, str) or not english.strip():
            line = line_of(tree, [stem])
            raise BadKnowledge(path, line, f"{stem!r} has no meaning", hint="Quote words such as no, yes and on.")
    return tuple((JOINERS.sub("", stem), one) for stem, english in stems.items() for one in english.split(" / "))
