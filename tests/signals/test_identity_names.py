"""One name however it is written; one number however it is typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.errors import BadKnowledge
from ragmarket.signals.identity import contacts
from ragmarket.signals.identity.addresses import load_addresses
from ragmarket.signals.identity.names import NameReader
from ragmarket.signals.identity.spelling import FOLDER, load_spelling

SPELLING = load_spelling()
READER = NameReader(SPELLING)
ADDRESSES = load_addresses(SPELLING)
SCRIPTS = "".join(chr(base + offset) for base in range(0x900, 0xD80, 0x80) for offset in range(0x80))
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(SCRIPTS), st.sampled_from("abcdefghi .,/-")), max_size=40)
WORDS = st.lists(st.text("abcdefghijklmnoprstuvyz", min_size=3, max_size=9), min_size=2, max_size=4, unique=True)


# Not in people.yaml: names that nobody looked at while the tables were written.
UNSEEN = (
    ("विवेक चतुर्वेदी", "Vivek Chaturvedi"),
    ("हरिवंश राय", "Harivansh Rai"),
    ("अक्षय देवकर", "Akshay Deokar"),
    ("তন্ময় গোস্বামী", "Tanmay Goswami"),
    ("রবীন্দ্রনাথ ঠাকুর", "Rabindranath Thakur"),
    ("હર્ષદ દવે", "Harshad Dave"),
    ("ਬਲਵਿੰਦਰ ਢਿੱਲੋਂ", "Balwinder Dhillon"),
    ("ରଶ୍ମି ମହାପାତ୍ର", "Rashmi Mahapatra"),
    ("அன்பழகன்", "Anbazhagan"),
    ("தமிழ்ச்செல்வன்", "Tamilselvan"),
    ("నాగార్జున అక్కినేని", "Nagarjuna Akkineni"),
    ("ಸಿದ್ಧರಾಮಯ್ಯ", "Siddaramaiah"),
    ("ശശിധരൻ തമ്പി", "Sasidharan Thampi"),
    ("পার্বতী বাউল", "Parvathi Baul"),
)


def test_unseen_native_names_sound_like_their_latin_spelling() -> None:
    missed = [row for row in UNSEEN if READER.read(row[0]).keys != READER.read(row[1]).keys]
    assert len(missed) <= len(UNSEEN) // 10, missed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohd. Rafiq", "Muhammad Rafeeq"),
        ("Smt. Laxmi Bai", "LAKSHMI BAI"),
        ("Suresh Kr. Chaudhary", "chowdhury suresh kumar"),
        ("R Mukherjee", "R. Mukhopadhyay"),
        ("Ravi Kumar S/o Mohan Lal", "Kumar Ravi"),
        ("Dr. (Mrs) Vijaya Rao", "Vijay Rao"),
    ],
)
def test_spellings_of_one_name_read_alike(one: str, other: str) -> None:
    left, right = READER.read(one), READER.read(other)
    assert (left.keys, left.initials) == (right.keys, right.initials)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ramesh Sharma", "Mahesh Sharma"), ("Anita Das", "Anil Das"), ("Sunil Rao", "Sunita Rao"), ("Gita", "Sita")],
)
def test_names_of_two_people_do_not(one: str, other: str) -> None:
    assert READER.read(one).keys != READER.read(other).keys


def test_relatives_and_honorifics_are_no_part_of_a_name() -> None:
    read = READER.read("SHRI RAM PRASAD S/O LATE MOHAN LAL")
    assert read.tokens == ("prasad", "ram")
    assert read.relative == READER.read("Mohan Lal").keys
    assert read.gender == "male"
    assert READER.read("W/o Suresh").tokens
    assert READER.read("Smt. Uma Devi").gender == "female"


@given(TEXTS)
def test_any_text_can_be_read_and_folding_is_final(text: str) -> None:
    folded = SPELLING.fold(text)
    assert SPELLING.fold(folded) == folded
    assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    read = READER.read(text)
    assert all(key.isascii() and key.isalpha() for key in read.keys)
    assert list(read.keys) == sorted(set(read.keys))
    ADDRESSES.read(text, text)


@given(WORDS, st.randoms(use_true_random=False), st.sampled_from(["", "Mr ", "Shri. ", "DR. "]))
def test_order_case_and_honorific_mean_nothing(words: list[str], rng: object, title: str) -> None:
    taken = {word for row in SPELLING.words.honorifics.values() for word in row} | set(SPELLING.words.suffixes)
    taken |= {"".join(phrase.split()).replace("/", "") for row in SPELLING.words.relations.values() for phrase in row}
    if taken & set(words):
        return
    plain = READER.read(" ".join(words))
    rng.shuffle(words)  # type: ignore[attr-defined]
    assert READER.read(title + " ".join(words).upper()).keys == plain.keys


@given(TEXTS)
def test_a_token_and_its_key_agree_whatever_the_text(text: str) -> None:
    for token in SPELLING.fold(text).split():
        assert SPELLING.key(token) == SPELLING.key(SPELLING.canonical(token))


@given(st.integers(6_000_000_000, 9_999_999_999), st.sampled_from(["", "+91 ", "0", "91-", "+91"]))
def test_a_phone_number_is_one_however_it_is_typed(number: int, prefix: str) -> None:
    text = f"{number}"
    assert contacts.phone(f"{prefix}{text[:5]} {text[5:]}") == contacts.phone(text)


@given(TEXTS)
def test_numbers_are_recognised_or_none_and_stay_so(text: str) -> None:
    for read in (contacts.phone, contacts.email, contacts.pan):
        found = read(text)
        assert found is None or read(found) == found


def test_contacts_in_their_usual_disguises() -> None:
    assert contacts.phone("०९८७६५४३२१०") == "9876543210"
    assert contacts.phone("080 4567 8901") is None
    assert contacts.phone("9999999999") is None
    assert contacts.email("A.Sha+bank@GMail.com") == "asha@gmail.com"
    assert contacts.email("na@na.com") is None
    assert contacts.pan(" abcp k1234f ") == "ABCPK1234F"
    assert contacts.pan("ABCXK1234F") is None
    assert contacts.birth_date("05/03/1980") == date(1980, 3, 5)
    assert contacts.birth_date("31/02/1980") is None


def test_addresses_are_read_with_landmark_and_pin() -> None:
    one = ADDRESSES.read("H.No. 12-3/4, Gandhi Ngr, near Hanuman temple, behind petrol pump, Pune 411 001")
    other = ADDRESSES.read("12/3/4 Gandhi Nagar, hanuman mandir ke paas, Pune", "411001")
    assert one.pin == other.pin == "411001"
    assert one.house == other.house
    assert set(other.places) <= set(one.places)
    assert "@petrol_pump" in one.places


def test_a_variant_in_two_rows_is_refused_with_its_place(tmp_path: Path) -> None:
    for name in ("scripts.yaml", "names.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text("utf-8"), "utf-8")
    text = (tmp_path / "names.yaml").read_text("utf-8")
    (tmp_path / "names.yaml").write_text(text.replace("- [lal,", "- [lal, kumar,"), "utf-8")
    with pytest.raises(BadKnowledge, match=r"names\.yaml.*'kumar' stands in two rows"):
        load_spelling(tmp_path)
