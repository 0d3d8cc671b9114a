"""What channels' registers and platforms take: variable types, categories, limits, sending hours, as dated data."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from ragmarket.compliance.packs import Dated
from ragmarket.errors import BadKnowledge, InvalidInput
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import Channel, Frozen

Category = Literal["promotional", "service_explicit", "service_implicit", "transactional", "government"]
VariableType = Literal["numeric", "alphanumeric", "url", "urlott", "cbn", "email"]


class VariableRule(Frozen):
    """What one type of variable may hold; ``listed`` values must begin with one that the deployment has listed."""

    tags: tuple[str, ...] = Field(min_length=1)
    pattern: str
    max_chars: int | None = Field(ge=1)
    confidence: Literal["A", "B", "C"]
    listed: bool = False

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return value


class Untyped(Frozen):
    """The variable that was in use before types; refused after ``effective_to``."""

    tag: str
    max_chars: int = Field(ge=1)
    effective_to: date


class CategoryRule(Frozen):
    """How a category is marked in the header, and whether it may carry marketing."""

    suffix: Literal["-P", "-S", "-T", "-G"]
    marketing: bool


class Brackets(Frozen):
    """How an operator sets a tag apart."""

    open: str
    close: str


class SmsRegister(Dated):
    """The DLT register of SMS templates."""

    header_chars: int = Field(ge=1)
    brackets: Brackets
    untyped: Untyped
    typed_from: date
    variables: dict[VariableType, VariableRule]
    categories: dict[Category, CategoryRule]
    suffix_from: date


class WhatsappRegister(Dated):
    """The platform's limits for WhatsApp templates."""

    body_chars: int = Field(ge=1)
    header_chars: int = Field(ge=1)
    footer_chars: int = Field(ge=1)
    buttons: int = Field(ge=0)
    button_chars: int = Field(ge=1)


class Window(Dated):
    """Hours in India in which marketing may be sent: from ``opens``, up to but not at ``closes``."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    opens: time
    closes: time


class Registration(Frozen):
    """What the deployment registered; ``demo`` is the fictional bank's."""

    demo: bool = False
    brand: str = Field(min_length=1)
    header: str = Field(min_length=1)
    entity_id: str = Field(min_length=1)
    listed: tuple[str, ...] = ()


class Registers(Frozen):
    """Everything of ``channels/registers.yaml``."""

    sms: SmsRegister
    whatsapp: WhatsappRegister
    windows: tuple[Window, ...]
    registration: Registration


@lru_cache(maxsize=4)
def load_registers(path: Path = ROOT / "channels" / "registers.yaml", registration: Path | None = None) -> Registers:
    """Read the registers; ``registration`` is the deployment's own file in place of the demo bank's.

    Raises:
        BadKnowledge: A file is wrong; names the line.
        InvalidInput: The registration's file does not exist.
    """
    found = load(path, Registers)
    node = read_yaml(path)[1]
    for number, window in enumerate(found.windows):
        if window.closes <= window.opens:
            raise BadKnowledge(path, line_of(node, ["windows", number, "closes"]), "closes must be later than opens")
    if registration is not None:
        if not registration.is_file():
            raise InvalidInput(f"registration: there is no file {registration}")
        found = found.model_copy(update={"registration": load(registration, Registration)})
    size, header = found.sms.header_chars, found.registration.header
    if not re.fullmatch(rf"[A-Z0-9]{{{size}}}", header):
        where, place = (registration, ["header"]) if registration else (path, ["registration", "header"])
        problem = f"header: {header!r} is not {size} capitals or digits; the operator adds the suffix"
        raise BadKnowledge(where, line_of(read_yaml(where)[1], place), problem)
    return found
