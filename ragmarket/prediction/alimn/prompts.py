"""The prompt registry (Eq. 2): what the encoder is asked about a text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen


class Prompt(Frozen):
    """One instruction r, and the kind of text it is for."""

    text: str = Field(min_length=3)
    about: str


class _Prompts(Frozen):
    prompts: dict[str, Prompt] = Field(min_length=1)


@lru_cache(maxsize=4)
def load_prompts(path: Path = ROOT / "encoder_prompts.yaml") -> dict[str, Prompt]:
    """Read the registry.

    Raises:
        BadKnowledge: The file is wrong; it is refused whole.
    """
    return dict(load(path, _Prompts).prompts)


def prompt_text(name: str) -> str:
    """The words of a prompt.

    Raises:
        InvalidInput: No such prompt.
    """
    found = load_prompts()
    if name not in found:
        raise InvalidInput(f"there is no prompt {name!r}", hint=f"There are: {', '.join(found)}.")
    return found[name].text
