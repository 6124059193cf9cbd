"""The REST API: parse, call the coder, answer."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import audit
from chartcode_aws.observability import logger, metrics, tracer
from chartcode_aws.problems import Problem
from chartcode_aws.rest import RestResolver, answer, read_query

from api import requests
from chartcode import Coder, NoteRejected, UnknownCodeError, artefact, fhir, hierarchy
from chartcode.search import CodeSearch, SearchResult

coder = Coder.load()
code_search = CodeSearch.load(artefact.locate(), coder.codeset)
app = RestResolver()
READY_NOTE = "Assessment: essential hypertension."


@app.post("/v1/codes")
def code_note() -> Response[str]:
    """Code one note."""
    note = requests.read(app.current_event)
    result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=note.candidates)
    metrics.add_metric("NotesCoded", MetricUnit.Count, 1)
    result = result.model_copy(update={"request_id": app.request_id})
    app.record("CodeNote", audit.coding(result))
    if requests.wants_fhir(app.current_event):
        return answer(json.dumps(fhir.bundle(result)), content_type=fhir.CONTENT_TYPE)
    return answer(result.model_dump_json(exclude_none=True))


@app.get("/v1/codes")
def search_codes() -> Response[str]:
    """Search the code set."""
    query = read_query(requests.SearchQuery, app.current_event)
    found = SearchResult(query=query.q, codes=tuple(code_search.find(query.q, query.limit)))
    return answer(found.model_dump_json())


@app.get("/v1/codes/<code>")
def get_code(code: str) -> Response[str]:
    """Describe one code, block or chapter of the code set."""
    return answer(hierarchy.explain(coder.codeset, code).model_dump_json(exclude_none=True))


@app.get("/v1/chapters")
def list_chapters() -> Response[str]:
    """List the chapters of the code set."""
    return answer(hierarchy.chapters(coder.codeset).model_dump_json())


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


@app.exception_handler(NoteRejected)
def on_rejected(error: NoteRejected) -> Response[str]:
    """Answer a note that cannot be coded."""
    too_long = error.reason == "too_long"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else HTTPStatus.UNPROCESSABLE_ENTITY
    return app.problem(Problem(status, str(error), error.reason))


@app.exception_handler(UnknownCodeError)
def on_unknown_code(error: UnknownCodeError) -> Response[str]:
    """Answer a code that is not in the release."""
    detail = f"There is no such code in {coder.codeset.name}."
    return app.problem(Problem(HTTPStatus.NOT_FOUND, detail))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one request."""
    return app.resolve(event, context)
