"""What the REST functions share: request ids, headers of every answer, bodies and queries, errors as problems."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ValidationError

from chartcode import artefact
from chartcode_aws import audit
from chartcode_aws.observability import logger
from chartcode_aws.problems import Problem, problem_response

# API Gateway takes 10 MB; a note of the greatest length in 4-byte characters stays below this.
MAX_BODY_BYTES = 1_000_000
Model = TypeVar("Model", bound=BaseModel)


class RestResolver(APIGatewayRestResolver):
    """A resolver whose every answer names request, model and code set, and whose errors are RFC 9457 problems."""

    def __init__(self) -> None:
        super().__init__()
        self.manifest = artefact.read_manifest(artefact.locate())
        self.exception_handler(Problem)(self.problem)
        self.not_found(self._on_not_found)
        self.exception_handler(Exception)(self._on_error)

    @property
    def request_id(self) -> str:
        """The caller's ``X-Request-Id`` where it is a plain token, else API Gateway's."""
        given = self.current_event.headers.get("x-request-id") or ""
        if re.fullmatch(r"[A-Za-z0-9-]{1,64}", given):
            return given
        return str(self.current_event.request_context.request_id)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request."""
        answer: dict[str, Any] = super().resolve(event, context)
        answer["multiValueHeaders"] |= {
            "X-Request-Id": [self.request_id],
            "X-Model-Version": [self.manifest.version],
            "X-Code-Set-Release": [self.manifest.code_set_release.isoformat()],
        }
        return answer

    def record(self, action: audit.Action, *subjects: Mapping[str, Any]) -> None:
        """Enter this request in the audit trail, once for each of `subjects`: fields of an entry."""
        event, request_id = self.current_event, self.request_id
        audit.append([audit.of_call(action, event, request_id=request_id, **each) for each in subjects])

    def problem(self, problem: Problem) -> Response[str]:
        """Answer a request that cannot be answered as asked."""
        return problem_response(problem, self.request_id)

    def _on_not_found(self, error: NotFoundError) -> Response[str]:
        return self.problem(Problem(HTTPStatus.NOT_FOUND, "There is no such path."))

    def _on_error(self, error: Exception) -> Response[str]:
        """Answer an error of ours; the log names its type, never its text."""
        logger.error("Request failed", error=type(error).__name__, request_id=self.request_id)
        return self.problem(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The request failed on our side. Try again."))


def answer(
    body: str,
    status: HTTPStatus = HTTPStatus.OK,
    content_type: str = "application/json",
    headers: dict[str, str | list[str]] | None = None,
) -> Response[str]:
    """Return `body` as a response."""
    return Response(status.value, content_type, body, headers=headers)


def media_type(event: APIGatewayProxyEvent) -> str:
    """Return the media type of the body, without its parameters."""
    return (event.headers.get("content-type") or "").split(";")[0].strip().lower()


def read_text(event: APIGatewayProxyEvent) -> str:
    """Return the body; `Problem` if it is too large (413) or not UTF-8 (400)."""
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
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not UTF-8 text.") from None


def parse(model: type[Model], body: str) -> Model:
    """Return a JSON body as `model`; `Problem` if it is not JSON (400) or has wrong fields (422)."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None


def read_json(model: type[Model], event: APIGatewayProxyEvent) -> Model:
    """Return the body of a request that takes JSON only; `Problem` 400, 413, 415 or 422 if it cannot be."""
    if media_type(event) != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    return parse(model, read_text(event))


def read_query(model: type[Model], event: APIGatewayProxyEvent) -> Model:
    """Return the query parameters as `model`; `Problem` (422) if they are wrong."""
    try:
        return model.model_validate(event.query_string_parameters)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> Problem:
    """Return what is wrong in names of our own fields: a caller's names and values may be text of a note."""
    found = error.errors(include_input=False, include_context=False, include_url=False)
    if found[0]["type"] == "json_invalid":
        return Problem(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.")
    places = [
        f"{'unknown field' if each['type'] == 'extra_forbidden' else '.'.join(map(str, each['loc'])) or 'body'}: "
        + each["msg"].removeprefix("Value error, ")
        for each in found
    ]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"Missing or invalid. {'; '.join(places[:5])}.")
