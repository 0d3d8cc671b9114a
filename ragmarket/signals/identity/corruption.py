"""What five systems make of one person: the same name five ways, half an address, somebody else's telephone.

Every record keeps the names of the corruptions it went through, so that recall can be told by kind.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ragmarket.signals.identity.people import Home, NamePart, Person
from ragmarket.signals.identity.population import load_population
from ragmarket.signals.identity.systems import HOLDINGS, Holding, SourceRecord

_KEYS = "qwertyuiop asdfghjkl zxcvbnm"
_NEAR = {
    char: (_KEYS[max(0, at - 1)] + _KEYS[min(len(_KEYS) - 1, at + 1)]).replace(" ", "") for at, char in enumerate(_KEYS)
}
_HONORIFICS = {"male": ("Mr", "Shri", "Mr.", "Dr."), "female": ("Mrs", "Smt.", "Ms", "Kum.")}
_RELATION = {"male": "S/o", "female": "D/o"}
_SHORT = {"Nagar": "Ngr", "Road": "Rd", "Street": "St", "Colony": "Col", "Apartments": "Apts", "Residency": "Resi"}


@dataclass(frozen=True, slots=True)
class Corruption:
    """Chance of each corruption per record; see `KINDS` for what each does."""

    script: float = 0.08
    initials: float = 0.1
    order: float = 0.12
    honorific: float = 0.25
    relation: float = 0.05
    variant: float = 0.3
    dropped_part: float = 0.12
    name_typo: float = 0.06
    upper_case: float = 0.3
    gender_wrong: float = 0.01
    birth_typo: float = 0.03
    birth_swapped: float = 0.03
    birth_placeholder: float = 0.03
    pan_typo: float = 0.02
    phone_other: float = 0.25
    phone_typo: float = 0.02
    email_other: float = 0.2
    email_typo: float = 0.02
    address_moved: float = 0.6
    address_landmark: float = 0.25
    address_short: float = 0.35
    pin_typo: float = 0.03


class Corruptor:
    """Writes people down as systems do.

    Args:
        seed: Of everything that happens to the records.
        rates: How often.
        scale: Multiplies every rate; 1.5 is a harsher bank.
    """

    def __init__(self, seed: int, rates: Corruption | None = None, scale: float = 1.0) -> None:
        self._rng = random.Random(f"corruption:{seed}")
        self._rates = rates or Corruption()
        self._scale = scale
        self._nearness = load_population().nearness

    def records(self, people: Iterable[Person]) -> Iterator[SourceRecord]:
        """All records of all people; at least one each, in core banking."""
        number = 0
        for person in people:
            for source, holding in HOLDINGS.items():
                for _ in range(self._rng.choices(range(len(holding.records)), holding.records)[0]):
                    yield self._record(person, source, holding, number)
                    number += 1

    def _happens(self, kind: str, kinds: set[str]) -> bool:
        if self._rng.random() < min(0.95, getattr(self._rates, kind) * self._scale):
            kinds.add(kind)
            return True
        return False

    def _holds(self, share: float) -> bool:
        return self._rng.random() < share

    def _record(self, person: Person, source: str, holding: Holding, number: int) -> SourceRecord:
        kinds: set[str] = set()
        return SourceRecord(
            record_id=f"{source}:{number:08d}",
            source=source,
            name=self._name(person, kinds),
            birth_date=self._birth(person.birth_date, kinds) if self._holds(holding.birth_date) else "",
            gender=self._gender(person.gender, kinds) if self._holds(holding.gender) else "",
            pan=self._pan(person.pan, kinds) if self._holds(holding.pan) else "",
            phone=self._phone(person, kinds) if self._holds(holding.phone) else "",
            email=self._email(person, kinds) if self._holds(holding.email) else "",
            **self._address(person, holding, kinds),
            person_id=person.person_id,
            kinds=frozenset(kinds),
        )

    # Names.
    def _name(self, person: Person, kinds: set[str]) -> str:
        parts = [one for one in (person.given, person.middle, person.last) if one]
        native = all(one.native for one in parts) and self._happens("script", kinds)
        if len(parts) > 2 and self._happens("dropped_part", kinds):
            parts.pop(1)
        elif len(parts) == 2 and self._rng.random() < 0.25 and self._happens("dropped_part", kinds):
            parts.pop()
        words = [self._spelt(one, native, kinds) for one in parts]
        if len(words) > 1 and not native and self._happens("initials", kinds):
            first = 0 if self._rng.random() < 0.5 or person.language == "ta" else len(words) - 1
            if person.language == "ta":
                first = len(words) - 1
            words = [f"{word[0]}." if at == first else word for at, word in enumerate(words)]
        if len(words) > 1 and self._happens("order", kinds):
            words = [words[-1], *words[:-1]]
        name = " ".join(words)
        if not native:
            if self._happens("name_typo", kinds):
                name = self._typo(name)
            if self._happens("honorific", kinds):
                name = f"{self._rng.choice(_HONORIFICS[person.gender])} {name}"
            if self._happens("relation", kinds):
                name += f" {_RELATION[person.gender]} {person.relative.latin[0]}"
            if self._happens("upper_case", kinds):
                name = name.upper()
        return name

    def _spelt(self, part: NamePart, native: bool, kinds: set[str]) -> str:
        if native and part.native:
            return part.native
        if len(part.latin) > 1 and self._happens("variant", kinds):
            return self._rng.choice(part.latin[1:])
        return part.latin[0]

    def _typo(self, text: str) -> str:
        at = self._rng.randrange(1, max(2, len(text)))
        if at >= len(text) or not text[at].isalpha():
            return text
        how = self._rng.randrange(4)
        if how == 0:
            return text[:at] + text[at + 1 :]
        if how == 1:
            return text[:at] + text[at] + text[at:]
        if how == 2 and text[at - 1].isalpha():
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        return text[:at] + self._rng.choice(_NEAR.get(text[at].lower()) or "a") + text[at + 1 :]

    def _gender(self, gender: str, kinds: set[str]) -> str:
        wrong = self._happens("gender_wrong", kinds)
        return "FM"[(gender == "male") != wrong]

    # Numbers.
    def _birth(self, born: date, kinds: set[str]) -> str:
        if self._happens("birth_placeholder", kinds):
            born = born.replace(month=1, day=1)
        elif born.day <= 12 and self._happens("birth_swapped", kinds):
            born = born.replace(month=born.day, day=min(born.month, 28))
        elif self._happens("birth_typo", kinds):
            born = born.replace(day=(born.day + self._rng.choice((1, 2, 9))) % 28 + 1)
        return born.strftime(self._rng.choice(("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d-%b-%Y")))

    def _digit(self, text: str) -> str:
        at = self._rng.choice([place for place, char in enumerate(text) if char.isdigit()])
        return text[:at] + self._rng.choice("0123456789".replace(text[at], "")) + text[at + 1 :]

    def _pan(self, pan: str, kinds: set[str]) -> str:
        return self._digit(pan) if self._happens("pan_typo", kinds) else pan

    def _phone(self, person: Person, kinds: set[str]) -> str:
        number = person.phones[0]
        if len(person.phones) > 1 and self._happens("phone_other", kinds):
            number = self._rng.choice(person.phones[1:])
        if self._happens("phone_typo", kinds):
            number = self._digit(number)
        return self._rng.choice(("", "", "+91 ", "+91-", "0", "91")) + number

    def _email(self, person: Person, kinds: set[str]) -> str:
        mail = person.emails[0]
        if len(person.emails) > 1 and self._happens("email_other", kinds):
            mail = person.emails[1]
        return self._typo(mail) if self._happens("email_typo", kinds) else mail

    # Addresses.
    def _address(self, person: Person, holding: Holding, kinds: set[str]) -> dict[str, str]:
        home = person.homes[0]
        if len(person.homes) > 1 and self._happens("address_moved", kinds):
            home = person.homes[1]
        pin = home.pin if self._holds(holding.pin) else ""
        if pin and self._happens("pin_typo", kinds):
            pin = self._digit(pin)
        return {"address": self._written(home, kinds) if self._holds(holding.address) else "", "pin": pin}

    def _written(self, home: Home, kinds: set[str]) -> str:
        landmark = f"{self._rng.choice(self._nearness)} {home.landmark}"
        if self._happens("address_landmark", kinds):
            parts = [landmark, home.locality, home.city]
        else:
            number = self._rng.choice(("", "H.No. ", "Flat ", "#", "Door No ", "House No. ")) + home.house
            parts = [number, home.building, home.street, home.locality, home.city]
            if self._rng.random() < 0.3:
                parts.insert(4, landmark)
            if self._rng.random() < 0.2:
                parts.pop(2)
        text = ", ".join(part for part in parts if part)
        if self._happens("address_short", kinds):
            for word, short in _SHORT.items():
                text = text.replace(word, short)
        return text.upper() if self._rng.random() < 0.3 else text


KINDS: tuple[str, ...] = tuple(Corruption.__dataclass_fields__)
