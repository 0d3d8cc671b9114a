"""Message templates: fixed text, typed variables, and the values that make a message of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen, Language
from ragmarket.schemas.compliance import Finding


class TemplateVariable(Frozen):
    """One variable in its order in the body: its type, and what it stands for in the message it was made from."""

    type: Literal["numeric", "alphanumeric", "url", "urlott", "cbn", "email"]
    value: str


class MessageTemplate(Frozen):
    """A template as it is registered. A variable stands in ``body`` as ``{#type#}``."""

    channel: Literal["sms", "whatsapp"]
    language: Language
    body: str = Field(min_length=1, max_length=20_000)
    category: Literal["promotional", "service_explicit", "service_implicit", "transactional", "government"] = (
        "promotional"
    )
    header: str | None = None
    entity_id: str | None = None
    template_id: str | None = None
    title: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()


class MadeTemplate(Frozen):
    """A template made from a draft, the values that give the draft back, and what stands against registering it.

    ``segments`` are those of the draft, ``most_segments`` those with every variable as long as it may be.
    ``sender`` is the header as phones show it.
    """

    template: MessageTemplate
    variables: tuple[TemplateVariable, ...]
    sender: str | None
    segments: int | None
    most_segments: int | None
    demo: bool
    findings: tuple[Finding, ...]


class TemplateCheck(Frozen):
    """What holding a message against a template gave; ``values`` are those read from it when it fits."""

    verdict: Literal["pass", "fail"]
    values: tuple[str, ...]
    segments: int | None
    findings: tuple[Finding, ...]
