"""The rules as people read them: a row for each, one in full, and whether their files keep their word."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.compliance.pack_proof import broken_pack_examples
from ragmarket.compliance.packs import ChannelRule, PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.proof import broken_examples
from ragmarket.errors import NotFound, RagmarketError
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES, today

_ROW = ("id", "title", "severity", "confidence", "effective_from", "effective_to", "authority", "source")
Rule = PackRule | ClaimRule | ChannelRule


def _kind(rule: Rule) -> str:
    return "claim" if isinstance(rule, ClaimRule) else "channel" if isinstance(rule, ChannelRule) else "policy"


def _state(rule: Rule, day: date) -> str:
    if rule.effective_from is None:
        return "dormant"
    if day < rule.effective_from:
        return "to come"
    return "ended" if rule.effective_to is not None and day > rule.effective_to else "in force"


def _rules(book: PolicyBook) -> list[Rule]:
    return [*book.packs.rules, *book.packs.channels.values(), *book.packs.lexicon.sources]


def _row(rule: Rule, day: date) -> dict[str, Any]:
    raw = rule.model_dump(mode="json")
    row = {name: raw.get(name) for name in _ROW} | {"kind": _kind(rule), "state": _state(rule, day)}
    row["title"] = raw.get("title") or f"What {rule.id.removeprefix('channel.')} holds"
    if isinstance(rule, PackRule) and not rule.judges:
        row["severity"] = "info"
    for name, everything in (("products", PRODUCT_CLASSES), ("channels", CHANNELS), ("languages", LANGUAGES)):
        scope = raw.get(name)
        row[name] = "all" if scope is None or len(scope) == len(everything) else scope
    if isinstance(rule, ChannelRule):
        row["channels"] = [rule.id.removeprefix("channel.")]
    return row


def policy_rows(book: PolicyBook, as_of: date | None = None) -> list[dict[str, Any]]:
    """Every rule in order of id; with ``as_of`` only those in force that day."""
    day = as_of or today()
    rows = [_row(rule, day) for rule in sorted(_rules(book), key=lambda rule: rule.id)]
    return [row for row in rows if as_of is None or row["state"] == "in force"]


def policy_rule_view(book: PolicyBook, id_: str) -> dict[str, Any]:
    """One rule with everything that its file says, and the ideas that it looks for.

    Raises:
        NotFound: There is no such rule.
    """
    rule = next((rule for rule in _rules(book) if rule.id == id_), None)
    if rule is None:
        raise NotFound(f"no rule {id_!r}", hint="`ragmarket policy list` names them all.")
    view = _row(rule, today()) | {"rule": rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    if isinstance(rule, PackRule):
        view["ideas"] = {id_: book.packs.ideas[id_].model_dump(mode="json") for id_ in rule.ideas}
    return view


def policy_faults(book: PolicyBook, root: Path = ROOT) -> list[RagmarketError]:
    """Every example of ``root/policies`` and ``root/rules`` that does not come out as its file says.

    Raises:
        BadKnowledge: The files themselves are wrong.
    """
    return [*broken_pack_examples(root / "policies", book), *broken_examples(root / "rules")]
