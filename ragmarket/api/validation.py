"""Pydantic's complaints as ``field: problem``, with what would have been right; for both doors, without FastAPI."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel

SHOWN = 40


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def shown_field(name: str) -> str:
    """A field's name as it can be printed: a caller may have called it anything, at any length."""
    return name if name.isprintable() and len(name) <= SHOWN else _shown(name)


def _nearest(word: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _allowed(model: type[BaseModel] | None, field: str) -> list[str]:
    """The closed vocabulary of a field, when it has one."""
    if model is None or field not in model.model_fields:
        return []
    return [value for value in get_args(model.model_fields[field].annotation) if isinstance(value, str)]


def _problem(error: Mapping[str, Any], field: str, model: type[BaseModel] | None) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "missing":
        allowed = _allowed(model, field)
        return "is missing" + (f"; give one of {', '.join(allowed)}" if allowed else "")
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model else []
        return "is not a known field" + _nearest(field, known) + (f" (fields: {', '.join(known)})" if known else "")
    if kind == "literal_error":
        allowed = _allowed(model, field)
        expected = ", ".join(allowed) if allowed else str(error.get("ctx", {}).get("expected", ""))
        return f"{_shown(value)} is not one of {expected}{_nearest(value, allowed)}"
    message = str(error["msg"])
    return f"{message[:1].lower()}{message[1:]}, not {_shown(value)}"


def field_problems(
    errors: Iterable[Mapping[str, Any]], model: type[BaseModel] | None = None, skip: tuple[str, ...] = ()
) -> list[dict[str, str]]:
    """What is wrong with each field.

    Args:
        errors: ``ValidationError.errors()``, or FastAPI's.
        model: The schema that was asked for, so that its fields and closed vocabularies can be named.
        skip: First steps of a location to leave out (FastAPI's ``body``, ``query``, ``path``).

    Returns:
        One ``{"field", "problem"}`` per complaint, in order.
    """
    rows = []
    for error in errors:
        steps = [shown_field(str(step)) for step in error["loc"]]
        if steps and steps[0] in skip:
            steps = steps[1:]
        field = ".".join(steps)
        rows.append({"field": field or "(whole)", "problem": _problem(error, field, model)})
    return rows
