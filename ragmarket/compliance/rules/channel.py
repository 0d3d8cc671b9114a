"""What a channel can hold: SMS segments as the network counts them, lengths, and characters that gateways refuse."""

from __future__ import annotations

import re

from ragmarket.schemas.compliance import Finding, Policy

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("^{}\\[~]|€\f")
# Control characters but line ends and tabs, and marks that turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLACEHOLDER = re.compile(
    r"\{[^{}\s]{0,40}\}|\[(?:name|bank|product|amount|rate|url|link|insert[^\]]*)\]|<[^<>\n]{1,40}>", re.IGNORECASE
)
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|sv)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]", re.IGNORECASE)
_CASED_WORD = re.compile(r"[A-Za-z]+")


def sms_segments(text: str) -> tuple[str, int, int]:
    """Encoding (``GSM-7`` or ``UCS-2``), length in that encoding's units, and number of segments.

    A GSM-7 unit is a septet (an extension character takes two), a UCS-2 unit is a UTF-16 code unit. One message holds
    160 or 70 units; a longer one is cut into segments of 153 or 67, and neither an escape pair nor a surrogate pair
    is cut.
    """
    if all(char in _GSM7 or char in _GSM7_EXTENSION for char in text):
        encoding, single, joined = "GSM-7", 160, 153
        widths = [2 if char in _GSM7_EXTENSION else 1 for char in text]
    else:
        encoding, single, joined = "UCS-2", 70, 67
        widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    units = sum(widths)
    if units <= single:
        return encoding, units, 1 if text else 0
    segments, room = 1, joined
    for width in widths:
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return encoding, units, segments


def _of_mail_subject(subject: str) -> list[Finding]:
    """A subject that feigns an answer, or shouts."""
    found: list[Finding] = []
    if match := _REPLY.match(subject):
        message = f"the subject begins with {match.group().strip()}, as if it answered something"
        found.append(Finding(rule="channel.subject_reply", severity="block", message=message, start=0, end=0))
    words = [word for word in _CASED_WORD.findall(subject) if len(word) > 3]
    # Two short capitals are abbreviations ("FD", "SIP"); two longer words in a row are shouted.
    if len(words) >= 2 and all(word.isupper() for word in words):
        message = "the subject is in capitals"
        found.append(Finding(rule="channel.subject_capitals", severity="review", message=message, start=0, end=0))
    return found


def check_channel(text: str, policy: Policy, subject: str | None = None) -> tuple[Finding, ...]:
    """Length, segments, unfilled placeholders and characters that the channel's gateway refuses."""
    found: list[Finding] = []

    def report(rule: str, message: str, start: int, end: int, authority: str | None = None) -> None:
        found.append(Finding(rule=rule, severity="block", message=message, start=start, end=end, authority=authority))

    for match in _UNSEEN.finditer(text):
        report(
            "channel.hidden_character",
            f"U+{ord(match.group()):04X} cannot be seen and may show the text otherwise than it is read",
            match.start(),
            match.end(),
        )
    if not text.strip():
        report("channel.empty", "there is no text", 0, len(text))
    if policy.max_chars is not None and len(text) > policy.max_chars:
        report(
            "channel.length",
            f"{len(text)} characters; {policy.channel} holds {policy.max_chars}",
            policy.max_chars,
            len(text),
        )
    if policy.max_sms_segments is not None:
        encoding, units, segments = sms_segments(text)
        if segments > policy.max_sms_segments:
            message = f"{segments} SMS segments ({units} units in {encoding}); at most {policy.max_sms_segments}"
            report("channel.sms_segments", message, 0, len(text))
    if subject is not None:
        if policy.subject_max_chars is not None and len(subject) > policy.subject_max_chars:
            report(
                "channel.subject_length",
                f"subject of {len(subject)} characters; at most {policy.subject_max_chars}",
                0,
                0,
            )
        if "\n" in subject:
            report("channel.subject_line", "the subject is more than one line", 0, 0)
        if policy.channel == "email":
            found += _of_mail_subject(subject)
    if policy.channel == "sms":
        for match in re.finditer(r"[<>]|  +", text):
            problem = "two spaces in a row" if match.group().isspace() else f"the character {match.group()}"
            authority = "DLT template practice (TCCCPR 2018)"
            report(
                "channel.sms_character", f"{problem}: DLT templates refuse it", match.start(), match.end(), authority
            )
    for match in _PLACEHOLDER.finditer(text):
        report("channel.placeholder", f"a placeholder was left unfilled: {match.group()}", match.start(), match.end())
    return tuple(found)
