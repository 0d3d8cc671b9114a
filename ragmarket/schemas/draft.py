"""What the writer says, before any figure or disclaimer is spliced in."""

from __future__ import annotations

from ragmarket.schemas.base import Frozen


class DraftClaim(Frozen):
    """One factual sentence with figure slots (``{S2a}``) and the evidence it rests on.

    ``bridge`` leads over to it from the fact before and states nothing. A claim that ``joins`` ends the sentence which
    the claim before it begins.
    """

    text: str
    cites: tuple[str, ...]
    bridge: str | None = None
    joins: bool = False


class Draft(Frozen):
    """The decoded output of the engine. Subject, opening, bridges and call to action state no fact."""

    subject: str | None = None
    opening: str | None = None
    claims: tuple[DraftClaim, ...]
    cta: str | None = None


class Generation(Frozen):
    """One answer of an engine: the raw text and what produced it."""

    raw: str
    prompt: str
    prompt_tokens: int
    completion_tokens: int
    model: str
    revision: str
    engine: str
    seed: int
