"""Is the message in the language that was asked for? Scripts first, then function words, then langdetect."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

from ragmarket.compliance.rules.scripts import NATIVE_SCRIPT, script_of, script_shares, scripts_of
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding, Policy

Span = tuple[int, int]
_WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")
_LETTERS = regex.compile(r"\p{L}+")
_LEAST_NATIVE_SHARE = 0.2
_FEWEST_LETTERS = 12
_SURE = 0.95
_ENGLISH = frozenset(
    """
    the a an of to in on at for with from by and or is are was be can may will your you our this that it as not no if
    per up within after before each any all more than have has must
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
_HINGLISH = frozenset(
    """
    hai hain ka ki ke ko mein se par aur nahi nahin kya aap aapka aapki aapke apna apni apne liye karein karen kare kar
    milega milegi milta hoga hogi abhi sirf bhi toh yeh ek jab tak banayein paayen lijiye kijiye
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
# Function words and endings that one of the two Devanagari languages has and the other has not.
_HINDI = frozenset(
    """
    है हैं हो का की के को में से और पर तक लिए यह ये नहीं आप आपके आपका आपकी अपने अपनी अपना करें कर होता होती मिलता मिलती
    जाता जाती जाते सकते सकता सकती या भी इस उस वह एक साल दिन बाद कम ज्यादा लें पाएं था थी दिया
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
_MARATHI = frozenset(
    """
    आहे आहेत आणि व नाही नाहीत तुम्ही तुमचे तुमच्या तुमची आपले आपल्या साठी मध्ये पासून पर्यंत वर येते येतो येतात मिळते मिळतो
    करा असते असतो होते होतो किंवा हा ही हे त्या या आता वर्ष वर्षे वर्षांनी दिवस जास्त केली केले जाते जातो लागते शकता घ्या
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
_MARATHI_ENDINGS = ("च्या", "साठी", "मध्ये", "पर्यंत", "पासून", "वर्षांत", "ण्यासाठी", "ाची", "ाचा", "ाचे", "ांना", "ळा", "ून")
_ASSAMESE = frozenset("ৰৱ")
_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _detectors() -> Any:
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.seed = 0  # the detector draws n-grams at random; a review must answer the same twice
    return factory


def detect(text: str) -> tuple[str, float]:
    """Best guess of langdetect and its probability, the same for the same text; ``("und", 0.0)`` without letters."""
    from langdetect.lang_detect_exception import LangDetectException

    with _LOCK:
        detector = _detectors().create()
        detector.append(text)
        try:
            best = detector.get_probabilities()
        except LangDetectException:
            return "und", 0.0
    return (str(best[0].lang), float(best[0].prob)) if best else ("und", 0.0)


def _open_text(text: str, masked: Sequence[Span]) -> str:
    for start, end in masked:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def devanagari_language(words: Sequence[str]) -> str | None:
    """``hi`` or ``mr`` by function words and endings; None when they do not decide."""
    hindi = sum(word in _HINDI for word in words)
    marathi = sum(word in _MARATHI or (len(word) > 4 and word.endswith(_MARATHI_ENDINGS)) for word in words)
    if hindi == marathi:
        return None
    return "hi" if hindi > marathi else "mr"


def _english_runs(text: str) -> list[Span]:
    """Stretches of five or more Latin words with at least two English function words: a sentence, not a name."""
    runs: list[Span] = []
    current: list[regex.Match[str]] = []
    for match in [*_WORD.finditer(text), None]:
        latin = match is not None and script_of(match.group()[0]) == "Latn"
        joined = (
            bool(current)
            and match is not None
            and not regex.search(r"[.!?।\n]", text[current[-1].end() : match.start()])
        )
        if match is not None and latin and (joined or not current):
            current.append(match)
            continue
        if len(current) >= 5 and sum(word.group() in _ENGLISH for word in current) >= 2:
            runs.append((current[0].start(), current[-1].end()))
        current = [match] if match is not None and latin else []
    return runs


def _romanised(words: Sequence[str]) -> bool:
    """Whether words in Latin letters are an Indian language rather than English: hardly a function word of English."""
    latin = [word.lower() for word in words if script_of(word[0]) == "Latn"]
    if len(latin) < 0.8 * len(words):
        return False
    english = sum(word in _ENGLISH for word in latin)
    return sum(word in _HINGLISH for word in latin) > english or english < 0.06 * len(latin)


def check_language(text: str, policy: Policy, masked: Sequence[Span] = ()) -> tuple[Finding, ...]:
    """Whether ``text`` outside ``masked`` is in the policy's language; product names and terms may stay Latin."""
    body = _open_text(text, masked)
    language, native = policy.language, NATIVE_SCRIPT[policy.language]
    findings: list[Finding] = []

    def report(rule: str, message: str, span: Span | None, severity: Severity = "block") -> None:
        start, end = span if span is not None else (None, None)
        findings.append(Finding(rule=f"language.{rule}", severity=severity, message=message, start=start, end=end))

    matches = list(_WORD.finditer(body))
    for match in matches:
        scripts = scripts_of(match.group()) - {native, "Latn"}
        if scripts:
            report("script", f"a word in another script ({', '.join(sorted(scripts))})", match.span())
        elif language == "bn" and _ASSAMESE & set(match.group()):
            report("script", "an Assamese letter in a Bengali text", match.span())
    words = [match.group() for match in matches]
    letters = sum(map(len, _LETTERS.findall(body)))
    if letters < _FEWEST_LETTERS:
        return tuple(findings)
    if language == "en":
        lowered = [word.lower() for word in words]
        english = sum(word in _ENGLISH for word in lowered)
        hinglish = sum(word in _HINGLISH for word in lowered)
        if hinglish >= 2 and hinglish > english:
            report("romanised", "the text reads as Hindi in Latin letters, not English", None, "review")
        elif len(words) >= 8 and english < len(words) * 0.05:
            guess, probability = detect(body)
            if guess != "en" and probability >= _SURE:
                report("mismatch", f"the text does not read as English ({guess})", None, "review")
        return tuple(findings)
    share = script_shares(body).get(native, 0.0)
    if share < _LEAST_NATIVE_SHARE and _romanised(words):
        # People type so and marketers write so: the bank decides, and every other rule still reads it.
        report("romanised", f"the text is in Latin letters, not in the script of {language} ({native})", None, "review")
        return tuple(findings)
    if share < _LEAST_NATIVE_SHARE:
        report("mismatch", f"only {share:.0%} of the letters are in the script of {language} ({native})", None)
        return tuple(findings)
    for span in _english_runs(body):
        report("english", "an English sentence inside the text", span)
    if native == "Deva":
        native_words = [word for word in words if script_of(word[0]) == "Deva"]
        found = devanagari_language(native_words)
        if found is None and len(native_words) >= 4:
            guess, probability = detect(" ".join(native_words))
            found = guess if guess in ("hi", "mr") and probability >= _SURE else None
        if found is not None and found != language:
            report("mismatch", f"the text reads as {found}, not {language}", None)
    return tuple(findings)
