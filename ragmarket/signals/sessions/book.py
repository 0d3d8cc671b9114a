"""The taxonomy as a bank keeps it: one YAML file that people edit, and every version of it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ragmarket.errors import InvalidInput, NotFound
from ragmarket.knowledge.files import load
from ragmarket.schemas.sessions import Taxonomy

HEAD = (
    "# What visits are for. Edit freely: names, definitions, groups, aliases. The next reading checks the file and\n"
    "# makes what you wrote a version of its own. An intent that is renamed keeps its old name among its aliases.\n"
)
PERSON = "a person"


class TaxonomyBook:
    """The taxonomy of one house.

    Args:
        folder: Holds ``taxonomy.yaml`` and its history.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "taxonomy.yaml"
        self.past = folder / "taxonomy.history.jsonl"

    def read(self) -> Taxonomy:
        """The taxonomy in force; what a person changed since the last reading becomes the next version.

        Raises:
            BadKnowledge: The file is wrong; names its line. Nothing was changed.
            NotFound: There is none.
        """
        if not self.file.is_file():
            raise NotFound(f"there is no taxonomy at {self.file}", hint="Run `ragmarket sessions taxonomy --write`.")
        found = load(self.file, Taxonomy)
        history = self.history()
        if history and _content(found) == _content(history[-1]):
            return history[-1]
        author = PERSON if history else found.written_by
        version = (history[-1].version if history else 0) + 1
        after = found.model_copy(update={"version": version, "written_by": author})
        self._remember(after)
        return after

    def write(self, taxonomy: Taxonomy) -> Taxonomy:
        """Make a taxonomy the next version.

        Raises:
            BadKnowledge: The file that stands holds an edit that is wrong; it is not overwritten.
        """
        if self.file.is_file():
            self.read()
        history = self.history()
        after = taxonomy.model_copy(update={"version": (history[-1].version if history else 0) + 1})
        self._remember(after)
        return after

    def history(self) -> tuple[Taxonomy, ...]:
        """Every version, oldest first.

        Raises:
            InvalidInput: The history was damaged.
        """
        if not self.past.is_file():
            return ()
        try:
            lines = self.past.read_text("utf-8").splitlines()
            return tuple(Taxonomy.model_validate(json.loads(line)) for line in lines if line.strip())
        except ValueError as error:
            raise InvalidInput(f"{self.past} cannot be read: {error}", hint="Restore it from a backup.") from error

    def _remember(self, taxonomy: Taxonomy) -> None:
        import yaml

        self.file.parent.mkdir(parents=True, exist_ok=True)
        data = taxonomy.model_dump(mode="json")
        text = HEAD + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.file.parent, delete=False) as stream:
            stream.write(text)
        # On record before the file shows it: a crash between the two leaves a file that reads as an edit.
        with self.past.open("a", encoding="utf-8") as history:
            history.write(json.dumps(data, ensure_ascii=False) + "\n")
        os.replace(stream.name, self.file)  # noqa: PTH105 (a rename that replaces, on every system)


def _content(taxonomy: Taxonomy) -> dict[str, Any]:
    return taxonomy.model_dump(exclude={"version", "written_by"})


def changes(before: Taxonomy, after: Taxonomy) -> tuple[str, ...]:
    """What differs between two versions, a line each."""
    lines = [f"new: {name}" for name in after.intents if before.resolve(name) == "other"]
    for name, intent in before.intents.items():
        now = after.resolve(name)
        if now == "other":
            lines.append(f"gone: {name}")
        elif now != name:
            lines.append(f"renamed or merged: {name} is now {now}")
        else:
            other = after.intents[now]
            lines += [
                f"{name}: {field} changed"
                for field in ("definition", "group", "aliases")
                if getattr(intent, field) != getattr(other, field)
            ]
    return tuple(lines)
