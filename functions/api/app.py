"""The REST API: parse, call the coder, answer."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.observability import logger, metrics, tracer

from api import requests
from api.problems import Problem, problem_response
from chartcode import Coder, NoteRejected, UnknownCodeError

coder = Coder.load()
app = APIGatewayRestResolver()
READY_NOTE = "Assessment: essential hypertension."


def request_id() -> str:
    """Return the caller's ``X-Request-Id`` where it is a plain token, else API Gateway's."""
    given = app.current_event.headers.get("x-request-id") or ""
    if re.fullmatch(r"[A-Za-z0-9-]{1,64}", given):
        return given
    return str(app.current_event.request_context.request_id)


def answer(body: str, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """Return `body` (JSON) as a response with its request id."""
    return Response(status.value, "application/json", body, headers={"X-Request-Id": request_id()})


@app.post("/v1/codes")
def code_note() -> Response[str]:
    """Code one note."""
    note = requests.read(app.current_event)
    result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=note.candidates)
    metrics.add_metric("NotesCoded", MetricUnit.Count, 1)
    return answer(result.model_copy(update={"request_id": request_id()}).model_dump_json(exclude_none=True))


@app.get("/v1/codes/<code>")
def get_code(code: str) -> Response[str]:
    """Describe one code of the code set."""
    return answer(coder.codeset.get(code).model_dump_json(exclude_none=True))


@app.get("/v1/model")
def get_model() -> Response[str]:
    """Describe the model and the code set that answer."""
    return answer(coder.model_info.model_dump_json())


@app.get("/health/live")
def live() -> Response[str]:
    """Say that the function runs."""
    return answer('{"status":"UP","checks":[]}')


@app.get("/health/ready")
def ready() -> Response[str]:
    """Say whether a note can be coded, by coding one."""
    up = bool(coder.code(READY_NOTE).codes)
    state = "UP" if up else "DOWN"
    body = f'{{"status":"{state}","checks":[{{"name":"coder","status":"{state}"}}]}}'
    return answer(body, HTTPStatus.OK if up else HTTPStatus.SERVICE_UNAVAILABLE)


@app.exception_handler(Problem)
def on_problem(problem: Problem) -> Response[str]:
    """Answer a request that cannot be read."""
    return problem_response(problem, request_id())


@app.exception_handler(NoteRejected)
def on_rejected(error: NoteRejected) -> Response[str]:
    """Answer a note that cannot be coded."""
    too_long = error.reason == "too_long"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(Problem(status, str(error), error.reason), request_id())


@app.exception_handler(UnknownCodeError)
def on_unknown_code(error: UnknownCodeError) -> Response[str]:
    """Answer a code that is not in the release."""
    detail = f"There is no such code in {coder.codeset.name}."
    return problem_response(Problem(HTTPStatus.NOT_FOUND, detail), request_id())


@app.not_found
def on_not_found(error: NotFoundError) -> Response[str]:
    """Answer a path that does not exist."""
    return problem_response(Problem(HTTPStatus.NOT_FOUND, "There is no such path."), request_id())


@app.exception_handler(Exception)
def on_error(error: Exception) -> Response[str]:
    """Answer an error of ours; the log names its type, never its text."""
    logger.error("Request failed", error=type(error).__name__, request_id=request_id())
    problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The note was not coded. Try again.")
    return problem_response(problem, request_id())


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one request."""
    return app.resolve(event, context)
