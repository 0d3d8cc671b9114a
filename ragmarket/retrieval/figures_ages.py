"""Years that are an age ("an adult of 30 years"), and bare numbers after "age" or "turns"."""

from __future__ import annotations

import regex

from ragmarket.retrieval.figures_context import join_pattern, label_end
from ragmarket.retrieval.figures_drafts import Draft, signs
from ragmarket.retrieval.figures_numbers import Number
from ragmarket.schemas.evidence import Bound

_PEOPLE = (
    r"(?:persons?|individuals?|citizens?|residents?|customers?|applicants?|borrowers?|minors?|parents?"
    r"|employees|subscribers?|anyone|adults?"
    r"|child(?:ren)?|spouse|indians?|members?|wom[ae]n|m[ae]n|male|female|professionals?|insured|proposer|nominee"
    r"|holders?|depositors?|you|investors?|non-smoker|couple|life assured|policyholders?|pensioners?|students?)"
)
_AGE_LEFT = regex.compile(
    rf"\b{_PEOPLE}\b[\s(,]*(?:who (?:are|is|have)|must be|should be|shall be|has to be|are|is|can be|to be"
    rf"|being)?\s*(?:aged|completed|attained|turned)?[^.;,%₹\p{{Nd}}]{{0,24}}$",
    regex.I,
)
_AGE_LOOSE = regex.compile(
    r"\b(?:aged?|ages|age group|years old|how old|attain\w*|turns?|turned)\b[^.;%₹\p{Nd}]{0,60}$", regex.I
)
# "children who study, up to 25 years": the words between may be many where an upper or lower end is named.
_AGE_FAR = regex.compile(
    r"\b(?:adults?|child(?:ren)?|sons?|daughters?|dependants?|dependents?|spouse|parents?|minors?|borrowers?|insured)\b"
    r"[^.;:%₹\p{Nd}]{0,60}\b(?:up to|upto|till|until|below|under|from|between)\s*$",
    regex.I,
)
_TURNS = regex.compile(
    rf"\b(?:{_PEOPLE}|he|she|they|life assured|policyholders?|dependants?|sons?|daughters?|girl|boy|pensioners?)\b"
    r"[^.;:,%₹\p{Nd}]{0,24}\b(?:turn(?:s|ed|ing)?|attain(?:s|ed|ing)?|reach(?:es|ed|ing)?)\s*$"
    r"|\bage\b[^.;,%₹\p{Nd}]{0,40}\b(?:cross(?:es)?|exceeds?|be|is|reach(?:es)?|attains?|below|above|over|under|than"
    r"|least|between)\s*$",
    regex.I,
)
_BARE = regex.compile(
    r"(?!\s*(?:[%/:₹$-]|\.\p{Nd}|\(|(?!years?\b|and\b|or\b|on\b|at\b|before\b|after\b|but\b|in\b|to\b|for\b)\p{L}))"
)
# "a 30-year adult", "a 45 year old woman": the person stands behind the years.
_OF_AGE = regex.compile(
    r"[-\s](?:old[-\s]+)?(?:\p{L}+[-\s]){0,2}?(?:adult|man|woman|male|female|person|individual|non-smoker|couple)\b"
    r"(?!['’]s|\s+(?:loan|plan|policy|cover|deposit|term)\b)",
    regex.I,
)
# "of 30 years taking cover" is an age all the same; "30 years life cover" is none.
_NOT_AGE_AFTER = regex.compile(
    r"\s*['’]?\s*(?:of\s+)?(?:(?!(?:\p{L}+ing|with|on|and|for|or|at)\s)\p{L}+\s+)?(?:standing|experience|vintage|service|relationship|practice|cover)\b",
    regex.I,
)
_MAY_JOIN = regex.compile(
    r"\b(?:may|can)\s+(?:buy|join|enter|enrol\w*|apply|take)\b(?:\s+(?:the|this|it|for|in|out|up|plan|policy|cover|scheme))*"
    r"\s+(?:from|between)\s*$",
    regex.I,
)
_TO_YEARS = regex.compile(r"\s*(?:to|and|-|–)\s*(\p{Nd}{2})\s*(?:years|yrs)\b", regex.I)
_UP_TO = regex.compile(r"\s*,?\s*(?:and\s+)?(?:up to|upto|till|until|to a maximum of|not exceeding)\s+", regex.I)
_NOT_AGE_FAR = regex.compile(
    r"\b(?:term|tenure|period|loan|deposit|lock|tenor|repay\w*|within|after|experience|vintage|duration|plan|scheme"
    r"|savings|accounts?|cover|policy|premium|fees?|charges?|since|every|for|over|of service)\b",
    regex.I,
)
_NOT_AGE = regex.compile(
    r"\b(?:term|tenure|period|loan|deposit|lock|tenor|repay\w*|within|after|experience|vintage|duration"
    r"|every|for|over|of service)\b[^.;]{0,24}$",
    regex.I,
)

# "has completed ten years of age" is said of everybody who is ten or older; "when she completes 18 years" is a day.
_REACHED = regex.compile(
    r"(?P<not>\bnot\s+(?:yet\s+)?)?\b(?P<word>completed|attained|turned|reached|crossed|past)\s+"
    r"(?:(?:the|an)\s+)?(?:age\s+(?:of\s+)?)?$",
    regex.I,
)


def reached_bound(left: str) -> Bound | None:
    """The bound that "completed", "crossed" and their like before an age give it; None where none of them stands there.

    Args:
        left: The text before the age.
    """
    match = _REACHED.search(left)
    if match is None:
        return None
    if match["word"].lower() in ("crossed", "past"):
        return "up_to" if match["not"] else "above"
    return "below" if match["not"] else "from"


def _of_people(left: str) -> bool:
    """Whether the years after these words are someone's age: "an adult of", "children who study, up to"."""
    # The nearest person has the years: "What you pay: for an adult of" speaks of the adult, not of you.
    near = max(_AGE_LEFT.finditer(left, overlapped=True), key=lambda match: match.start(), default=None)
    if near and not _NOT_AGE_FAR.search(near[0]):
        # "for" before the person ("a premium for an adult of 30 years") speaks of something else than the years.
        before = _NOT_AGE.search(left[: near.start()])
        return not before or bool(
            regex.search(r"\b(?:for|over|every|after|within)\s+(?:an?\s+|the\s+)?$", before[0], regex.I)
        )
    far = _AGE_FAR.search(left)
    return bool(far) and not _NOT_AGE_FAR.search(far[0])  # type: ignore[index]


def _taken_up(text: str, draft: Draft, left: str) -> bool:
    """Whether the years say from which to which age one may buy or join: no contract runs from 18 to 60 years."""
    high = _TO_YEARS.match(text[draft.end : draft.end + 24])
    return (
        high is not None
        and draft.unit == "year"
        and draft.value >= 14
        and int(high[1]) >= 45
        and bool(_MAY_JOIN.search(left))
    )


def ages(text: str, drafts: list[Draft], loose: list[Number], language: str) -> None:
    """Turn years into ages where the words say so, and take bare numbers after "age"."""
    before, after = signs(language)["age_before"], signs(language)["age_after"]
    label = text[: label_end(text)]
    age_label = bool(regex.search(r"\bage\b|\bages\b|^eligib\w+|who can", label, regex.I)) and not regex.match(
        r"[^;]*(?:tenure|\bterm\b)", label, regex.I
    )
    for number in list(loose):
        left = text[max(0, number.start - 60) : number.start]
        called = before.search(left) or after.match(text[number.end : number.end + 16])
        turned = (
            number.value >= 10 and _TURNS.search(left) and _BARE.match(text[number.end : number.end + 16])
        )  # fewer may be years passed, or a rank
        if number.value <= 100 and (called or turned):
            drafts.append(Draft(number.start, number.end, "age", number.value, "year", number))
            loose.remove(number)
    for draft in drafts:
        if (
            draft.type != "duration"
            or draft.unit not in ("year", "day", "month")
            or (draft.unit == "year" and draft.value > 100)
        ):
            continue
        left = text[max(0, draft.start - 90) : draft.start]
        called = (
            before.search(left)
            or after.match(text[draft.end : draft.end + 16])
            or regex.match(
                r"[^.;,]{0,14}\bof age\b|\s*(?:or|and|&) (?:older|younger)\b|\s*(?:to|-"
                r"|–)\s*\p{Nd}+\s*(?:years|yrs)\s*(?:of age|old)",
                text[draft.end : draft.end + 30],
                regex.I,
            )
        )
        worded = bool(_AGE_LOOSE.search(left)) and not _NOT_AGE.search(left)
        if not worded and draft.unit == "year" and draft.value >= 10:
            right = text[draft.end : draft.end + 40]
            worded = bool(_OF_AGE.match(right)) or (_of_people(left) and not _NOT_AGE_AFTER.match(right))
        in_cell = (
            age_label
            and draft.start >= len(label)
            and (draft.unit == "year" or regex.search(r"\bage\b", label, regex.I))
        )
        if called or worded or in_cell or _taken_up(text, draft, left):
            draft.type = "age"
    for low, high in zip(
        sorted(drafts, key=lambda d: d.start), sorted(drafts, key=lambda d: d.start)[1:], strict=False
    ):
        if (
            "age" in (low.type, high.type)
            and {low.type, high.type} == {"age", "duration"}
            and (
                join_pattern(language).fullmatch(text[low.end : high.start])
                or (low.value < high.value and _UP_TO.fullmatch(text[low.end : high.start]))
            )
        ):
            low.type = high.type = "age"
