"""Reading an engine's answer back into a `Draft`, trusting nothing."""

from __future__ import annotations

import json

from pydantic import ValidationError

from ragmarket.errors import UndecodableOutput
from ragmarket.schemas.draft import Draft, DraftClaim


def parse_draft(raw: str) -> Draft:
    """Parse ``{"subject"?, "opening"?, "claims": [{"bridge"?, "joins"?, "cite", "fact", "text"}], "cta"?}``.

    The fact that each claim repeats is dropped.

    Raises:
        UndecodableOutput: The text is cut short or has another shape.
    """
    try:
        data = json.loads(raw)
        claims = tuple(
            DraftClaim(
                text=item["text"].strip(),
                cites=(item["cite"],),
                bridge=item.get("bridge"),
                joins=item.get("joins", False),
            )
            for item in data.pop("claims")
        )
        return Draft(claims=claims, **{key: value.strip() for key, value in data.items()})
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise UndecodableOutput(f"the engine's answer is not a draft: {error}") from error
