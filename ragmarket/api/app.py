"""The application: routes, problem documents, pages, and one house for as long as the server runs."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.utils import get_openapi

from ragmarket import __version__
from ragmarket.api import pages, problems
from ragmarket.api.doors import Doors
from ragmarket.api.middleware import BoundedBodies, HeadRequests, NumberedRequests
from ragmarket.api.routes import (
    audit,
    checks,
    documents,
    drafts,
    grounding,
    health,
    ledger,
    policy,
    predictions,
    traces,
)

if TYPE_CHECKING:
    from ragmarket.bootstrap import House
    from ragmarket.settings import Settings

DESCRIPTION = """Cited, disclaimed, audited marketing messages for Indian banks, in English and eight Indian languages.

Every released sentence points to the document span that supports it; a refusal is a result with reasons. Errors are
problem documents (RFC 9457) with `code`, `hint` and `retryable`."""


def _build(settings: Settings) -> House:
    from ragmarket.bootstrap import build

    return build(settings)


def create_app(settings: Settings, *, build: Callable[[Settings], House] | None = None) -> FastAPI:
    """The application; nothing is built before it starts.

    Args:
        settings: Read once, by the door that starts the server.
        build: Who builds the house; `bootstrap.build` when None.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await run_in_threadpool(build or _build, settings)
        app.state.doors = doors = Doors(house)
        # Beside the first requests: /healthz, documents and traces need no model, and /readyz says how far it is.
        warming = threading.Thread(target=doors.warm_up, name="warm-up", daemon=True)
        warming.start()
        yield
        await run_in_threadpool(warming.join)

    # FastAPI's own pages fetch their scripts from another host; ours are in `pages`.
    app = FastAPI(
        title="ragmarket",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(BoundedBodies)
    app.add_middleware(HeadRequests)
    app.add_middleware(NumberedRequests)  # the outermost: a refused body has a number too
    problems.install(app)
    for part in (drafts, checks, grounding, predictions, ledger, policy, documents, traces, audit, health, pages):
        app.include_router(part.router)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            app.openapi_schema = problems.describe(schema)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
