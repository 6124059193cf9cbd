"""The REST API of batches: parse, call the service, answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import rest
from chartcode_aws.observability import logger, tracer
from chartcode_aws.rest import RestResolver, answer

from batches import service
from batches.messages import BatchRequest, ListQuery, ResultsQuery

app = RestResolver()


@app.post("/v1/batches")
def create_batch() -> Response[str]:
    """Take an order, and say where its files are to be uploaded."""
    batch = service.create(rest.read_json(BatchRequest, app.current_event))
    app.record("CreateBatch", {"batch_id": batch.id})
    return answer(batch.model_dump_json(), HTTPStatus.ACCEPTED, headers={"Location": f"batches/{batch.id}"})


@app.get("/v1/batches")
def list_batches() -> Response[str]:
    """List batches, newest first."""
    page = service.listing(rest.read_query(ListQuery, app.current_event))
    return answer(page.model_dump_json(exclude_none=True))


@app.get("/v1/batches/<batch_id>")
def get_batch(batch_id: str) -> Response[str]:
    """Say how far a batch is."""
    return answer(service.get(batch_id).model_dump_json(exclude_none=True))


@app.get("/v1/batches/<batch_id>/results")
def get_results(batch_id: str) -> Response[str]:
    """Link the results of a batch, a page at a time."""
    found = service.results(batch_id, rest.read_query(ResultsQuery, app.current_event))
    app.record("GetBatchResults", {"batch_id": batch_id})
    return answer(found.model_dump_json(exclude_none=True))


@app.get("/v1/batches/<batch_id>/quarantine")
def get_quarantine(batch_id: str) -> Response[str]:
    """Say what was not coded, and why."""
    return answer(service.quarantine(batch_id).model_dump_json(exclude_none=True))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one request."""
    return app.resolve(event, context)
