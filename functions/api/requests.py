"""What a caller may send: a note to code, words to search for."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from chartcode_aws import rest
from chartcode_aws.problems import Problem
from pydantic import BaseModel, ConfigDict, Field

from chartcode import MAX_NOTE_CHARACTERS, fhir
from chartcode.search import MAX_RESULTS


class CodeRequest(BaseModel):
    """A note to code, with what is known of the patient."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description=f"The note, at most {MAX_NOTE_CHARACTERS} characters", repr=False)
    id: str | None = Field(default=None, max_length=200, description="Returned as it is")
    age: float | None = Field(default=None, ge=0, le=130, description="Years")
    sex: str | None = Field(default=None, pattern="^[FM]$")
    candidates: bool = Field(default=False, description="Also return the whole ranking")


class SearchQuery(BaseModel):
    """What to search the code set for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    q: str = Field(min_length=1, max_length=200, description="Words, an abbreviation or the beginning of a code")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)


def wants_fhir(event: APIGatewayProxyEvent) -> bool:
    """Return whether the caller asks for FHIR rather than for our own JSON."""
    ranges = (event.headers.get("accept") or "").lower().split(",")
    return any(each.split(";")[0].strip() == fhir.CONTENT_TYPE for each in ranges)


def read(event: APIGatewayProxyEvent) -> CodeRequest:
    """Return the request of an event.

    Raises
    ------
    Problem
        413 too large, 415 neither JSON nor text, 400 not UTF-8 or not JSON, 422 wrong fields.
    """
    media_type = rest.media_type(event)
    if media_type not in ("application/json", "text/plain"):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the note as application/json or text/plain.")
    body = rest.read_text(event)
    return CodeRequest(text=body) if media_type == "text/plain" else rest.parse(CodeRequest, body)
