"""What a caller may send to ``POST /v1/codes``."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.problems import Problem
from chartcode import MAX_NOTE_CHARACTERS

# API Gateway takes 10 MB; a note of the greatest length in 4-byte characters stays below this.
MAX_BODY_BYTES = 1_000_000


class CodeRequest(BaseModel):
    """A note to code, with what is known of the patient."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description=f"The note, at most {MAX_NOTE_CHARACTERS} characters", repr=False)
    id: str | None = Field(default=None, max_length=200, description="Returned as it is")
    age: float | None = Field(default=None, ge=0, le=130, description="Years")
    sex: str | None = Field(default=None, pattern="^[FM]$")
    candidates: bool = Field(default=False, description="Also return the whole ranking")


def read(event: APIGatewayProxyEvent) -> CodeRequest:
    """Return the request of an event.

    Raises
    ------
    Problem
        413 too large, 415 neither JSON nor text, 400 not UTF-8 or not JSON, 422 wrong fields.
    """
    media_type = (event.headers.get("content-type") or "").split(";")[0].strip().lower()
    if media_type not in ("application/json", "text/plain"):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the note as application/json or text/plain.")
    body = _body(event)
    if media_type == "text/plain":
        return CodeRequest(text=body)
    try:
        return CodeRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Problem(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.") from None
        # Only names of our own fields may be repeated, never a caller's.
        known = CodeRequest.model_fields.keys()
        named = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        fields = ", ".join(sorted(named & known)) or "an unknown field"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"Missing or invalid: {fields}.") from None


def _body(event: APIGatewayProxyEvent) -> str:
    raw = event.get("body") or ""
    if len(raw) > MAX_BODY_BYTES * 4 / 3:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The body is larger than {MAX_BODY_BYTES} bytes; split the note by encounter, or use a batch.",
        )
    if not event.is_base64_encoded:
        return raw
    try:
        return base64.b64decode(raw, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not UTF-8 text.") from None
