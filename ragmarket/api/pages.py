"""The pages for people, one file each: the console at ``/``, the auditor's desk at ``/trace``, the API at ``/docs``."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

ROOT = Path(__file__).resolve().parent.parent / "console" / "static"
router = APIRouter(include_in_schema=False)


def _hashes(html: str, tag: str) -> str:
    blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


@lru_cache(maxsize=4)
def page(name: str) -> tuple[str, dict[str, str]]:
    """A page and its headers, which let a browser run this page's own script, ask this server, and nothing else."""
    html = (ROOT / name).read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; connect-src 'self'; script-src {_hashes(html, 'script')}; "
        f"style-src {_hashes(html, 'style')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


@router.get("/", response_class=HTMLResponse)
def console() -> HTMLResponse:
    """Brief in, message out, every sentence with its source."""
    html, headers = page("console.html")
    return HTMLResponse(html, headers=headers)


@router.get("/trace", response_class=HTMLResponse)
def trace() -> HTMLResponse:
    """The auditor's desk: a recorded message beside its sources."""
    html, headers = page("trace.html")
    return HTMLResponse(html, headers=headers)


@router.get("/docs", response_class=HTMLResponse)
def docs() -> HTMLResponse:
    """The operations with examples that can be sent from the page."""
    html, headers = page("docs.html")
    return HTMLResponse(html, headers=headers)
