"""Whether policy rules do what the examples in their own files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ragmarket.compliance.judgement import judge
from ragmarket.compliance.pack_files import read_packs
from ragmarket.compliance.packs import PackExample, PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import today
from ragmarket.schemas.policy import LiveCopy

_WORDING = re.compile(r"\{([a-z0-9-]+)\}")


def broken_pack_examples(policies: Path, book: PolicyBook, day: date | None = None) -> Iterator[BadKnowledge]:
    """Every example of ``policies/*.yaml`` that does not come out as its file says, with file and line.

    Each rule is tried alone, on a day on which it is in force, the one nearest to ``day`` (`today` when None). A
    ``fail`` has to be found, if only as inconclusive; a ``pass`` may not be found at all. A rule that can be broken
    needs one of each.

    Raises:
        BadKnowledge: The files themselves are wrong.
    """
    for file in read_packs(policies):
        for index, rule in enumerate(file.value.rules):
            at: list[str | int] = ["rules", index]
            if not rule.judges:
                continue
            if not rule.examples.fail or not rule.examples.passes:
                yield file.wrong([*at, "id"], f"{rule.id} needs an example that fails and one that passes")
            when = day_in_force(rule, day or today())
            for outcome, examples in (("fail", rule.examples.fail), ("pass", rule.examples.passes)):
                for number, example in enumerate(examples):
                    place = [*at, "examples", outcome, number]
                    try:
                        copy = example_copy(book, rule, example, when)
                    except ValueError as error:
                        yield file.wrong(place, str(error))
                        continue
                    found = judge(book, _awake(rule), copy, when)
                    if outcome == "fail" and not found:
                        yield file.wrong(place, f"{rule.id} does not find {_name(example)!r}")
                    elif outcome == "pass" and found:
                        yield file.wrong(place, f"{rule.id} finds {_name(example)!r}: {found[0].message}")


def day_in_force(rule: PackRule, day: date) -> date:
    """The day on which a rule is in force that is nearest to ``day``; for a dormant rule ``day`` itself."""
    if rule.effective_from is not None:
        day = max(day, rule.effective_from)
    return min(day, rule.effective_to) if rule.effective_to is not None else day


def example_copy(book: PolicyBook, rule: PackRule, example: PackExample, day: date) -> LiveCopy:
    """An example as copy, with the wordings that it names.

    Raises:
        ValueError: A wording that it names is not in force on ``day``.
    """
    product, channel = example.product or rule.products[0], example.channel or rule.channels[0]
    language = example.language or rule.languages[0]
    wordings = book.ledger.at(day, language, channel=channel, production=book.production)

    def wording(match: re.Match[str]) -> str:
        entry = wordings.get(match[1])
        if entry is None:
            raise ValueError(f"there is no wording of {match[1]} in {language} in force on {day}")
        return entry.text

    text = _WORDING.sub(wording, example.text or "…")
    return LiveCopy.model_validate(
        {
            "id": rule.id,
            "text": text,
            "language": language,
            "product_class": product,
            "channel": channel,
            "says": example.says,
            **example.given,
        }
    )


def _awake(rule: PackRule) -> PackRule:
    return rule if rule.effective_from is not None else rule.model_copy(update={"effective_from": date.min})


def _name(example: PackExample) -> str:
    return example.text or ", ".join(example.says)
