"""People who never lived: names in their own script, families that share a roof, a telephone and a surname.

They exist so that linkage can be measured where the truth is known; see `corruption` for what systems make of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from ragmarket.schemas.base import LANGUAGES
from ragmarket.signals.identity.population import NamePool, Place, Population, load_population

_SPEAKERS = (6.0, 30.0, 10.0, 9.0, 8.0, 6.0, 11.0, 11.0, 9.0)  # in the order of LANGUAGES
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HOSTS = ("gmail.com", "gmail.com", "gmail.com", "yahoo.co.in", "rediffmail.com", "outlook.com", "hotmail.com")
_PATRONYMIC = frozenset(("ta",))  # the second name is the father's, and a wife's her husband's
_TODAY = date(2026, 7, 1)


@dataclass(frozen=True, slots=True)
class NamePart:
    """One part of a name: native spelling (None where it has none) and Latin ones, the usual first."""

    native: str | None
    latin: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a family lives."""

    house: str
    building: str
    street: str
    locality: str
    landmark: str
    city: str
    pin: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person as they are; ``middle`` and ``last`` may be empty, ``relative`` is a father or husband."""

    person_id: str
    language: str
    gender: str
    birth_date: date
    given: NamePart
    middle: NamePart | None
    last: NamePart | None
    relative: NamePart
    pan: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    homes: tuple[Home, ...]


@lru_cache(maxsize=4096)
def _part(row: str, native: bool) -> NamePart:
    words = [word.replace("_", " ") for word in row.split()]
    return NamePart(words[0] if native else None, tuple(words[1:] if native else words))


def simulate_people(
    count: int, seed: int, customers: Sequence[Mapping[str, Any]] | None = None, population: Population | None = None
) -> Iterator[Person]:
    """Generate people, family by family.

    Args:
        count: How many; at most the length of ``customers`` where those are given.
        seed: Any integer; the same one gives the same people.
        customers: Rows of the ``customers`` table (customer_id, gender, age, state, language) to give names and homes
            to; none invents everything.
        population: Names and places; none takes the shipped ones.
    """
    rng = random.Random(f"people:{seed}")
    found = population or load_population()
    made = 0
    while made < count:
        size = rng.choices((1, 2, 3, 4, 5), (30, 25, 20, 17, 8))[0]
        rows: list[Mapping[str, Any]] = [{}] * min(size, count - made)
        if customers:
            home = customers[made].get("state")
            rows = list(takewhile(lambda row: row.get("state") == home, customers[made : made + len(rows)]))  # noqa: B023
        yield from _family(rng, found, rows, made)
        made += len(rows)


def _family(
    rng: random.Random, population: Population, rows: Sequence[Mapping[str, Any]], first: int
) -> Iterator[Person]:
    row = rows[0]
    language = str(row.get("language") or rng.choices(LANGUAGES, _SPEAKERS)[0])
    fitting = [one for one in population.places if one.state == row.get("state")] or [
        one for one in population.places if one.language == language
    ]
    place = rng.choice(fitting)
    pool = population.names[language]
    home, moved = _home(rng, population, place), _home(rng, population, rng.choice((place, rng.choice(fitting))))
    last = _part(rng.choice(pool.last), pool.native) if pool.last else None
    head_name = _part(rng.choice(pool.male), pool.native)
    grandfather = _part(rng.choice(pool.male), pool.native)
    head_born = _TODAY - timedelta(days=rng.randint(24 * 365, 70 * 365))
    shared_phone, shared_mail = _phone(rng), None
    for place_in_family, wanted in enumerate(rows):
        gender = wanted.get("gender") if wanted.get("gender") in {"male", "female"} else None
        role = ("head", "spouse", "child", "child", "sibling")[place_in_family]
        gender = gender or (
            "male" if role == "head" else "female" if role == "spouse" else rng.choice(("male", "female"))
        )
        born = _born(rng, role, head_born, wanted.get("age"))
        given = (
            head_name
            if role == "head" and gender == "male"
            else _part(rng.choice(pool.male if gender == "male" else pool.female), pool.native)
        )
        relative = grandfather if role in {"head", "sibling"} else head_name
        own_last = relative if language in _PATRONYMIC or last is None else last
        middle = _middle(rng, language, gender, relative, pool)
        phones = [_phone(rng)]
        if rng.random() < 0.18:
            phones.append(_phone(rng))
        if rng.random() < (0.1 if role == "head" else 0.3):
            phones = [shared_phone, *phones[1:]] if rng.random() < 0.6 else [*phones, shared_phone]
        mails = [_email(rng, given, own_last, born)] + (
            [_email(rng, given, own_last, born)] if rng.random() < 0.25 else []
        )
        shared_mail = shared_mail or mails[0]
        if role != "head" and rng.random() < 0.12:
            mails = [shared_mail]
        number = first + place_in_family
        yield Person(
            person_id=str(wanted.get("customer_id") or f"p{number:07d}"),
            language=language,
            gender=gender,
            birth_date=born,
            given=given,
            middle=middle,
            last=own_last,
            relative=relative,
            pan=_pan(rng, own_last),
            phones=tuple(phones),
            emails=tuple(mails),
            homes=(home, moved) if rng.random() < 0.1 else (home,),
        )


def _born(rng: random.Random, role: str, head: date, age: Any) -> date:
    if age is not None:
        return _TODAY - timedelta(days=int(age) * 365 + rng.randint(0, 364))
    years = {"head": 0, "spouse": rng.randint(-2, 6), "child": rng.randint(20, 32), "sibling": rng.randint(0, 6)}[role]
    born = head + timedelta(days=years * 365 + (rng.randint(0, 364) if role != "head" else 0))
    return min(born, _TODAY - timedelta(days=365))


def _middle(rng: random.Random, language: str, gender: str, relative: NamePart, pool: NamePool) -> NamePart | None:
    """West India puts the father's or husband's name in the middle; the north a second given name."""
    if language in {"mr", "gu"} and rng.random() < 0.6:
        return relative
    if language in {"hi", "te", "kn", "ml"} and rng.random() < 0.2:
        return _part(rng.choice(pool.male if gender == "male" else pool.female), pool.native)
    if pool.native and language in {"hi", "bn"} and rng.random() < 0.2:
        return _part({"hi": "कुमार Kumar Kr", "bn": "কুমার Kumar Kr"}[language], True) if gender == "male" else None
    return None


def _home(rng: random.Random, population: Population, place: Place) -> Home:
    houses = (
        f"{rng.randint(1, 400)}",
        f"{rng.randint(1, 30)}-{rng.randint(1, 200)}",
        f"{rng.randint(1, 99)}/{rng.randint(1, 40)}",
        f"{rng.choice('ABCD')}-{rng.randint(1, 90)}",
    )
    return Home(
        house=rng.choice(houses),
        building=rng.choice(population.buildings) if rng.random() < 0.4 else "",
        street=rng.choice(population.streets),
        locality=rng.choice(place.localities),
        landmark=rng.choice(population.landmarks),
        city=place.city,
        pin=f"{place.pin}{rng.randint(1, 60):03d}",
    )


def _phone(rng: random.Random) -> str:
    return f"{rng.choice('6789')}{rng.randint(0, 999_999_999):09d}"


def _pan(rng: random.Random, last: NamePart | None) -> str:
    letters = "".join(rng.choices(_LETTERS, k=3))
    initial = (last.latin[0][0] if last else rng.choice(_LETTERS)).upper()
    return f"{letters}P{initial}{rng.randint(1, 9999):04d}{rng.choice(_LETTERS)}"


def _email(rng: random.Random, given: NamePart, last: NamePart | None, born: date) -> str:
    one = rng.choice(given.latin).lower().replace(" ", "").replace("'", "")
    two = (last.latin[0] if last else "").lower().replace(" ", "").replace("'", "")
    boxes = (
        f"{one}.{two}{born.year % 100:02d}",
        f"{one}{rng.randint(1, 9999)}",
        f"{one}{two}{rng.randint(1, 999)}",
        f"{two}{one[0]}{rng.randint(10, 9999)}",
    )
    box = rng.choice(boxes)
    return f"{box.strip('.')}@{rng.choice(_HOSTS)}"
