"""The API's OpenAPI document, made of its models."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic.json_schema import models_json_schema

from api.openapi import batches, codes, reviews
from api.openapi.parts import HEADERS, Json, ProblemDetails

TARGET = Path("docs/openapi.json")
DESCRIPTION = """\
Clinical note in, ICD-10-CM codes out, each with the words that justify it.

Times are ISO 8601 in UTC. Errors are RFC 9457 problem details and never repeat what was sent.

`POST /` (not in this document) answers the ICD-10-CM operations of Amazon Comprehend Medical, for its own SDKs: see
the README."""
SERVER: Json = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
    "variables": {
        name: {"default": value} for name, value in (("api", "API_ID"), ("region", "us-east-1"), ("stage", "dev"))
    },
}


def document() -> Json:
    """Return the OpenAPI 3.1 document."""
    sections = [codes.section(), batches.section(), reviews.section()]
    models = [(model, "validation") for section in sections for model in section.requests]
    models += [(model, "serialization") for section in sections for model in section.answers]
    _, schemas = models_json_schema(
        [*models, (ProblemDetails, "serialization")], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chartcode", "version": "1", "description": DESCRIPTION},
        "servers": [SERVER],
        "security": [{"apiKey": []}],
        "paths": {path: methods for section in sections for path, methods in section.paths.items()},
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "headers": HEADERS,
            "schemas": schemas["$defs"],
        },
    }


def render() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"
