"""What the rules are measured against: a flat word list, and what guardrails-ai ships."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

FLAT = Path(__file__).with_name("flat_lexicon.yaml")
Answer = frozenset[int]


def flat_list(path: Path = FLAT) -> dict[int, tuple[str, ...]]:
    """The word list by class number."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {int(number): tuple(str(one) for one in words) for number, words in raw.items()}


def by_flat_list(words: Mapping[int, tuple[str, ...]]) -> Callable[[str], Answer]:
    """Finds the classes of which a word stands in the text, in whatever case."""
    folded = {number: tuple(one.casefold() for one in some) for number, some in words.items()}

    def found(text: str) -> Answer:
        low = text.casefold()
        return frozenset(number for number, some in folded.items() if any(one in low for one in some))

    return found


def shipped_validators() -> list[str]:
    """Names of the validators that guardrails-ai itself brings; those of its hub are downloads and do not count."""
    from ragmarket.compliance.guard import quiet_guardrails

    quiet_guardrails()
    import guardrails.hub
    import guardrails.validators
    from guardrails.validator_base import Validator

    found = set()
    for module in (guardrails.validators, guardrails.hub):
        for name in dir(module):
            one = getattr(module, name)
            if isinstance(one, type) and issubclass(one, Validator) and one is not Validator:
                found.add(name)
    return sorted(found)


def by_guardrails_pattern(words: Mapping[int, tuple[str, ...]]) -> Callable[[str], Answer]:
    """Guardrails' one check of content that works without its hub: a schema whose text matches no listed word.

    It cannot name a class, so what it finds is class 0.
    """
    from ragmarket.compliance.guard import quiet_guardrails

    guardrails = quiet_guardrails()
    from pydantic import Field, create_model

    listed = "|".join(re.escape(one) for some in words.values() for one in some)
    pattern: dict[str, Any] = {"pattern": f"^(?![\\s\\S]*({listed}))[\\s\\S]*$"}
    guard = guardrails.Guard.for_pydantic(create_model("Copy", text=(str, Field(json_schema_extra=pattern))))

    def found(text: str) -> Answer:
        outcome = guard.validate(json.dumps({"text": text}, ensure_ascii=False))
        return frozenset() if outcome.validation_passed else frozenset((0,))

    return found
