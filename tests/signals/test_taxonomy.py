"""The taxonomy: made from proposals, kept as a file that people edit, every version remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from ragmarket.errors import BadKnowledge, InvalidInput, NotFound
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.profiles import load_sessions
from ragmarket.schemas.sessions import OTHER, Proposal, Taxonomy
from ragmarket.signals.sessions.book import TaxonomyBook, changes
from ragmarket.signals.sessions.taxonomy import build_taxonomy
from ragmarket.signals.sessions.texts import HashedEncoder

SEEDS = {
    "buy_home": "The visitor prepares to buy a home and sizes a home loan.",
    "save_tax": "The visitor looks for products that matter for income tax.",
    "spend": "The visitor wants a card for spending and travel.",
}


def made(proposals: list[Proposal] | None = None, **options: object) -> Taxonomy:
    return build_taxonomy(proposals or [], SEEDS, HashedEncoder(256), **options)  # type: ignore[arg-type]


def test_what_means_the_same_is_merged_and_what_is_rare_is_dropped() -> None:
    twin = Proposal(name="buying_home", definition="The visitor prepares to buy a home and sizes a home loan.")
    fresh = Proposal(name="lock_card", definition="A customer has lost a debit instrument and blocks it at once.")
    once = Proposal(name="odd_wish", definition="Somebody asks for gold coins engraved with names.")
    found = made([twin] * 10 + [fresh] * 10 + [once], least=0.1)
    assert set(found.intents) == {*SEEDS, "lock_card"}
    assert found.intents["buy_home"].aliases == ("buying_home",)
    assert found.intents["buy_home"].support == 10
    assert found.intents["lock_card"].origin == "model"
    assert found.resolve("buying_home") == "buy_home"
    assert found.resolve("odd_wish") == OTHER


def test_new_intents_join_the_group_of_their_nearest_seed() -> None:
    groups = {"borrow": ("Money needed.", ("buy_home",)), "rest": ("The rest.", ("save_tax", "spend"))}
    fresh = Proposal(name="refinance", definition="The visitor moves a home loan to another bank to buy time.")
    found = made([fresh] * 5, groups=groups, alike=0.95)
    assert found.intents["refinance"].group == "borrow"
    assert found.intents["spend"].group == "rest"


def test_the_shipped_seeds_and_groups_make_a_taxonomy() -> None:
    known = load_sessions(load_angles())
    groups = {name: (one.about, one.intents) for name, one in known.groups.items()}
    found = build_taxonomy(
        [], {name: one.definition for name, one in known.intents.items()}, HashedEncoder(), groups=groups
    )
    assert set(found.intents) == set(known.intents)
    assert set(found.groups) == set(known.groups)


def test_without_groups_they_are_found() -> None:
    found = made(count=2)
    assert len(found.groups) == 2
    with pytest.raises(InvalidInput, match="fewer than two"):
        build_taxonomy([], {"one": "A single intent is none."}, HashedEncoder())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["intents"]["spend"].update(group="nowhere"), "no group 'nowhere'"),
        (lambda data: data["intents"]["spend"].update(aliases=["save_tax"]), "already stands"),
        (lambda data: data["intents"].update({"Bad Name": data["intents"]["spend"]}), "lower-case"),
        (lambda data: data["groups"].update(empty="Nothing."), "no intent belongs"),
    ],
)
def test_a_taxonomy_that_contradicts_itself_is_refused(change, message: str) -> None:
    data = made().model_dump(mode="json")
    change(data)
    with pytest.raises(ValidationError, match=message):
        Taxonomy.model_validate(data)


def test_an_edit_becomes_a_version_and_an_old_name_still_counts(tmp_path: Path) -> None:
    book = TaxonomyBook(tmp_path)
    with pytest.raises(NotFound):
        book.read()
    first = book.write(made())
    assert book.read() == first
    assert len(book.history()) == 1, "reading what nobody changed makes no version"
    data = yaml.safe_load(book.file.read_text("utf-8"))
    data["intents"]["own_home"] = data["intents"].pop("buy_home") | {"aliases": ["buy_home"], "origin": "person"}
    book.file.write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    second = book.read()
    assert (second.version, second.written_by) == (2, "a person")
    assert second.resolve("buy_home") == "own_home"
    assert book.history() == (first, second)
    assert changes(first, second) == ("new: own_home", "renamed or merged: buy_home is now own_home")
    third = book.write(made())
    assert third.version == 3


def test_a_wrong_edit_is_refused_with_its_line_and_never_overwritten(tmp_path: Path) -> None:
    book = TaxonomyBook(tmp_path)
    book.write(made())
    text = book.file.read_text("utf-8").replace("group: ", "group: un", 1)
    book.file.write_text(text, "utf-8")
    with pytest.raises(BadKnowledge, match="no group"):
        book.read()
    with pytest.raises(BadKnowledge):
        book.write(made())
    assert book.file.read_text("utf-8") == text
    assert len(book.history()) == 1
