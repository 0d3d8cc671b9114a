"""Markdown and plain text: the file itself is the canonical text."""

from __future__ import annotations

import unicodedata

from ragmarket.errors import CorruptDocument


def decode(data: bytes, name: str) -> str:
    """UTF-8 to NFC.

    Raises:
        CorruptDocument: The bytes are not UTF-8; names the first bad one.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptDocument(
            f"{name}: byte {error.start} is not UTF-8", hint="Save the file as UTF-8 and run `ragmarket index` again."
        ) from error
    return unicodedata.normalize("NFC", text)
