"""What every operation of the document is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chartcode_aws.problems import CONTENT_TYPE
from pydantic import BaseModel, Field

Json = dict[str, Any]
Model = type[BaseModel]
# Answered by API Gateway (no key, throttled), or when something of ours fails.
ALWAYS = (403, 429, 500)
HEADERS: Json = {
    "X-Request-Id": {"description": "The caller's own, if it sent one, else a new one", "schema": {"type": "string"}},
    "X-Model-Version": {"description": "Version of the model", "schema": {"type": "string"}},
    "X-Code-Set-Release": {
        "description": "Release of ICD-10-CM",
        "schema": {"type": "string", "format": "date"},
    },
}


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="Request id, to give to support")
    reason: str | None = Field(default=None, description="Machine-readable, where there is one")


@dataclass(frozen=True)
class Section:
    """A part of the document: its paths, and the models that they name."""

    paths: Json
    requests: tuple[Model, ...]
    answers: tuple[Model, ...]


def reference(model: Model) -> Json:
    """Return a reference to the schema of `model`."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def answer(example: BaseModel, description: str, **more: Any) -> Json:
    """Return a response with a JSON body, described by an example of it."""
    body = {"schema": reference(type(example)), "example": example.model_dump(mode="json", exclude_none=True)}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    return {"description": description, "headers": headers, "content": {"application/json": body}, **more}


def problem(status: int) -> Json:
    """Return a response with problem details."""
    title = HTTPStatus(status).phrase
    return {"description": title, "content": {CONTENT_TYPE: {"schema": reference(ProblemDetails)}}}


def body(example: BaseModel) -> Json:
    """Return a JSON request body, described by an example of it."""
    given = example.model_dump(mode="json", exclude_unset=True)
    return {
        "required": True,
        "content": {"application/json": {"schema": reference(type(example)), "example": given}},
    }


def query(model: Model) -> list[Json]:
    """Return the fields of `model` as query parameters."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def path_parameter(name: str, pattern: str, example: str) -> Json:
    """Return a parameter of the path."""
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def operation(
    identifier: str,
    summary: str,
    tag: str,
    answers: Json,
    problems: Iterable[int] = (),
    **more: Any,
) -> Json:
    """Return an operation; `problems` are its own, beside those that every operation has."""
    failed = {str(status): problem(status) for status in sorted({*problems, *ALWAYS})}
    return {
        "operationId": identifier,
        "summary": summary,
        "tags": [tag],
        "responses": {**answers, **failed},
        **more,
    }
