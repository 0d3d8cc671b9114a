"""Bytes under a hash over HTTP: entity tags, revalidation and byte ranges (RFC 9110, sections 8.8, 13 and 14)."""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
# Kept bytes are untrusted: whatever they hold, no browser runs it.
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Accept-Ranges": "bytes",
}
# Whether the bytes are still there is what an auditor asks, so nothing is shown from a cache unasked.
REVALIDATED = "private, no-cache"


def matches(header: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` names an entity tag, by weak comparison."""
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def answer(request: Request, data: bytes, sha256: str, media_type: str, *, cache: str = REVALIDATED) -> Response:
    """Bytes, a range of them, or word that the caller has them already.

    Args:
        request: May hold ``If-None-Match``, ``Range`` (one range; several are answered with everything), ``If-Range``.
        data: The bytes.
        sha256: Their hash, the entity tag.
        media_type: What they are.
        cache: The ``Cache-Control`` of the answer.
    """
    etag = f'"{sha256}"'
    headers = {**_SAFE, "ETag": etag, "Cache-Control": cache}
    asked = request.headers
    if matches(asked.get("if-none-match"), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    wanted = _RANGE.fullmatch(asked.get("range", "").replace(" ", ""))
    if wanted is None or wanted[0] == "bytes=-" or asked.get("if-range", etag) != etag:
        return Response(data, media_type=media_type, headers=headers)
    size = len(data)
    if not wanted[1]:
        start, end = max(0, size - int(wanted[2])), size
    else:
        start, end = int(wanted[1]), min(size, int(wanted[2]) + 1 if wanted[2] else size)
        if wanted[2] and int(wanted[2]) < start:
            return Response(data, media_type=media_type, headers=headers)
    if start >= size or start >= end:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(data[start:end], HTTPStatus.PARTIAL_CONTENT, headers, media_type)
