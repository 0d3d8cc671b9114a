"""Errors on the wire: RFC 9457 problem documents, and the one table from error class to HTTP status."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ragmarket import errors
from ragmarket.api.validation import field_problems
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import CheckRequest
from ragmarket.schemas.export import Selection
from ragmarket.schemas.ledger import ProposalRequest

STATUS: dict[type[errors.RagmarketError], HTTPStatus] = {
    errors.RagmarketError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownProduct: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CorruptDocument: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NothingToSay: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.RecordRemoved: HTTPStatus.GONE,
    errors.BadKnowledge: HTTPStatus.INTERNAL_SERVER_ERROR,  # the server's own files, not the caller's request
    errors.MissingDependency: HTTPStatus.NOT_IMPLEMENTED,
    errors.ModelMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BackendUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.UndecodableOutput: HTTPStatus.BAD_GATEWAY,
    errors.AuditWriteFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AuditChainBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRY_AFTER_S = 5
MEDIA_TYPE = "application/problem+json"
SCHEMAS: dict[str, type[BaseModel]] = {
    "/v1/drafts": Brief,
    "/v1/check": CheckRequest,
    "/v1/disclaimers/proposals": ProposalRequest,
    "/v1/audit/export": Selection,
}
_LOG = logging.getLogger("ragmarket.api")


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str = Field(examples=["language"])
    problem: str = Field(examples=["'xx' is not one of en, hi, ta, te, kn, ml, bn, mr, gu"])


class Problem(BaseModel):
    """A problem document (RFC 9457) with what the caller can do about it."""

    type: str = Field(examples=["urn:ragmarket:problem:invalid_input"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["language: 'xx' is not one of en, hi, ta, te, kn, ml, bn, mr, gu"])
    instance: str = Field(examples=["/v1/drafts"])
    code: str = Field(examples=["invalid_input"])
    hint: str = Field(examples=["Correct the named field and send it again."])
    retryable: bool = False
    fields: list[FieldProblem] | None = None


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The problem documents of a route, for its OpenAPI description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses
    }


def status_of(error: errors.RagmarketError) -> HTTPStatus:
    """The status of an error: that of its nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def answer(request: Request, status: HTTPStatus, problem: dict[str, Any], **extra: Any) -> JSONResponse:
    """A problem document: ``problem`` holds code, message, hint and retryable."""
    body = {
        "type": f"urn:ragmarket:problem:{problem['code']}",
        "title": status.phrase,
        "status": int(status),
        "detail": problem["message"],
        "instance": request.url.path,
        "code": problem["code"],
        "hint": problem["hint"],
        "retryable": problem["retryable"],
        **extra,
    }
    headers = {"Retry-After": str(RETRY_AFTER_S)} if problem["retryable"] else None
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _own(request: Request, error: Exception) -> JSONResponse:
    fault = error if isinstance(error, errors.RagmarketError) else errors.RagmarketError(str(error))
    status = status_of(fault)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("%s answered %s", request.url.path, status, exc_info=fault)
    return answer(request, status, fault.as_dict())


def _invalid(request: Request, error: Exception) -> JSONResponse:
    complaints = error.errors() if isinstance(error, RequestValidationError) else []
    broken = [item for item in complaints if item["type"] == "json_invalid"]
    if broken:
        reason = broken[0].get("ctx", {}).get("error", "not JSON")
        fault = errors.InvalidInput(f"the body is not JSON: {reason}", hint="Send one JSON object.")
        return answer(request, status_of(fault), fault.as_dict())
    if any(tuple(item["loc"]) == ("body",) for item in complaints):
        hint = "Send one JSON object with the header Content-Type: application/json."
        fault = errors.InvalidInput("the body is not a JSON object", hint=hint)
        return answer(request, status_of(fault), fault.as_dict())
    in_body = all(item["loc"] and item["loc"][0] == "body" for item in complaints)
    model = SCHEMAS.get(request.url.path) if in_body else None
    fields = field_problems(complaints, model, skip=("body", "query", "path"))
    fault = errors.InvalidInput("; ".join(f"{row['field']}: {row['problem']}" for row in fields))
    return answer(request, status_of(fault), fault.as_dict(), fields=fields)


def _http(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.BAD_REQUEST:
        # Well-formed to the letter, but no reader takes it: nested too deeply, or a number of thousands of digits.
        fault = errors.InvalidInput("the body is not JSON that can be read", hint="Send one plain JSON object.")
        return answer(request, status_of(fault), fault.as_dict())
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    problem = {
        "code": status.name.lower(),
        "message": f"{request.method} {request.url.path}: {status.phrase}",
        "hint": "GET /openapi.json lists every operation.",
        "retryable": False,
    }
    reply = answer(request, status, problem)
    if isinstance(error, HTTPException) and error.headers:
        reply.headers.update(error.headers)
    return reply


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: logged here, and not described to the caller, who may be anybody."""
    _LOG.error("%s failed", request.url.path, exc_info=error)
    fault = errors.RagmarketError("the server failed on this request", hint="See the server's log.")
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, fault.as_dict())


def install(app: FastAPI) -> None:
    """Let every error leave the application as a problem document."""
    app.add_exception_handler(errors.RagmarketError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the problem document to an OpenAPI description that refers to it."""
    problem = json.loads(json.dumps(Problem.model_json_schema(ref_template="#/components/schemas/{model}")))
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components.update(problem.pop("$defs", {}))
    components["Problem"] = problem
    return schema
