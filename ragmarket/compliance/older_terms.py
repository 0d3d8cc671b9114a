"""Terms of older snapshots, as today's notation can read them: what was recorded years ago has to load for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import regex
from pydantic import BaseModel

from ragmarket.compliance.rules.terms import read_term

Model = TypeVar("Model", bound=BaseModel)
# Signs that the notation once passed over when it folded a term, and now refuses in files.
_PASSED_OVER = regex.compile(r"[^\p{L}\p{M}\p{N}\u200c\u200d %₹*|_?.'’<>-]")


def legible(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The terms without signs that the notation refuses; what never matched is left out."""
    kept = []
    for term in terms:
        for form in (term, _PASSED_OVER.sub("", term)):
            try:
                read_term(form)
            except ValueError:
                continue
            kept.append(form)
            break
    return tuple(dict.fromkeys(kept))


def legible_by_tongue(terms: Mapping[Any, tuple[str, ...]]) -> dict[Any, tuple[str, ...]]:
    """`legible` for the lists of every tongue."""
    return {tongue: legible(lines) for tongue, lines in terms.items()}


def with_legible(model: Model, fields: tuple[str, ...]) -> Model:
    """A model whose ``fields`` hold terms, as a list or a list per tongue, with those that can be read."""
    values = {name: getattr(model, name) for name in fields}
    return model.model_copy(
        update={
            name: legible_by_tongue(value) if isinstance(value, Mapping) else legible(value)
            for name, value in values.items()
        }
    )
