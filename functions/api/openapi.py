"""``make openapi``: write the API's OpenAPI document from its routes and models.

``python -m api.openapi`` (with ``functions`` on the path) writes ``docs/openapi.json``.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from api.problems import CONTENT_TYPE
from api.requests import CodeRequest
from chartcode.codeset import Code
from chartcode.result import ModelInfo, NoteResult

TARGET = Path("docs/openapi.json")
EXAMPLE_NOTE = "ASSESSMENT:\n1. Type 2 diabetes mellitus without complications.\n2. Essential hypertension."


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="Request id, to give to support")
    reason: str | None = None


class Health(BaseModel):
    """Eclipse MicroProfile Health."""

    status: str
    checks: list[dict[str, str]]


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _responses(model: type[BaseModel], *problems: int) -> dict[str, Any]:
    ok = {"description": "OK", "content": {"application/json": {"schema": _reference(model)}}}
    failed = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {CONTENT_TYPE: {"schema": _reference(ProblemDetails)}},
        }
        for status in problems
    }
    return {"200": ok, **failed}


def _operation(identifier: str, summary: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": identifier, "summary": summary, "responses": responses, **more}


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    models = [(m, "validation") for m in (CodeRequest,)]
    models += [(m, "serialization") for m in (NoteResult, Code, ModelInfo, ProblemDetails, Health)]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": _reference(CodeRequest), "example": {"text": EXAMPLE_NOTE}},
            "text/plain": {"schema": {"type": "string"}, "example": EXAMPLE_NOTE},
        },
    }
    code = {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}, "example": "E11.9"}
    coding = _responses(NoteResult, 400, 403, 413, 415, 422, 429, 500)
    lookup = _responses(Code, 403, 404, 429, 500)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chartcode",
            "version": "1",
            "description": "Clinical note in, ICD-10-CM codes out, each with the words that justify it.",
        },
        "security": [{"apiKey": []}],
        "paths": {
            "/v1/codes": {"post": _operation("codeNote", "Code one note", coding, requestBody=body)},
            "/v1/codes/{code}": {"get": _operation("getCode", "Describe one code", lookup, parameters=[code])},
            "/v1/model": {"get": _operation("getModel", "Describe the model", _responses(ModelInfo, 403, 429, 500))},
            "/health/live": {"get": _operation("live", "Is it running", _responses(Health, 500), security=[])},
            "/health/ready": {"get": _operation("ready", "Can it code", _responses(Health, 500, 503), security=[])},
        },
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "schemas": schemas["$defs"],
        },
    }


def render() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
