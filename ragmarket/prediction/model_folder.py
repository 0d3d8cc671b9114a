"""A fitted model's folder: its files beside ``card.json``, which is written last and names every other file's hash."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import ModelMissing

CARD = "card.json"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """How models of one kind lie on disk.

    Attributes:
        what: The model in messages, "the ALIMN model" say.
        form: Number of its format.
        hint: What to do when it cannot be read.
    """

    what: str
    form: int
    hint: str

    def seal(self, folder: Path, body: Mapping[str, Any], files: Sequence[Path]) -> dict[str, Any]:
        """Write the card over files that are there.

        Returns:
            The card.
        """
        card = {
            **body,
            "format": self.form,
            "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        }
        (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return card

    @contextlib.contextmanager
    def opened(self, folder: Path) -> Iterator[dict[str, Any]]:
        """The card, its files checked; whatever goes wrong while the model is read is told as one kind of error.

        Raises:
            ModelMissing: Files are absent, do not match the card, or were written in another format.
        """
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            if card.get("format") != self.form:
                raise ModelMissing(f"{self.what} was written in another format", hint=self.hint)
            for name, wanted in card["files"].items():
                if hashlib.sha256((folder / name).read_bytes()).hexdigest() != wanted:
                    raise ModelMissing(f"{self.what}'s {name} does not match its card", hint=self.hint)
            yield card
        except FileNotFoundError as error:
            raise ModelMissing(f"{self.what} is absent: {error.filename}", hint=self.hint) from error
        except (AttributeError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ModelMissing(f"{self.what} cannot be read: {error}", hint=self.hint) from error
