"""The REST API of reviews and metrics: parse, call the service, answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import rest
from chartcode_aws.observability import logger, metrics, tracer
from chartcode_aws.rest import RestResolver, answer

from chartcode import artefact
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from reviews import measures, service
from reviews.measures import MetricsQuery
from reviews.messages import ReviewList, ReviewRequest, ReviewsQuery
from reviews.review_table import ReviewTable

app = RestResolver()
codeset = CodeSet(artefact.locate() / CODESET_FILE)


@app.post("/v1/reviews")
def create_review() -> Response[str]:
    """Record a review."""
    request = rest.read_json(ReviewRequest, app.current_event)
    key = app.current_event.headers.get("idempotency-key")
    review = service.create(request, codeset, app.manifest.version, key)
    app.record("ReviewNote", service.audited(request, app.manifest.version))
    actions = [decision.action for decision in request.decisions]
    metrics.add_metric("ReviewsRecorded", MetricUnit.Count, 1)
    metrics.add_metric("SuggestionsAccepted", MetricUnit.Count, actions.count("accept"))
    metrics.add_metric("SuggestionsDecided", MetricUnit.Count, len(actions) - actions.count("add"))
    return answer(review.model_dump_json(), HTTPStatus.CREATED)


@app.get("/v1/reviews")
def list_reviews() -> Response[str]:
    """List the reviews of a note, newest first."""
    note_id = rest.read_query(ReviewsQuery, app.current_event).note_id
    reviews = ReviewList(reviews=ReviewTable().of_note(note_id))
    app.record("ListReviews", {"note_id": note_id})
    return answer(reviews.model_dump_json(exclude_none=True))


@app.post("/v1/reviews/exports")
def create_export() -> Response[str]:
    """Write the reviewed notes as training data."""
    export, notes = service.export()
    app.record("ExportReview", *notes)
    return answer(export.model_dump_json(), HTTPStatus.CREATED)


@app.get("/v1/metrics")
def get_metrics() -> Response[str]:
    """Say how the model does."""
    days = rest.read_query(MetricsQuery, app.current_event).days
    return answer(measures.metrics(days, codeset, app.manifest).model_dump_json())


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Route one request."""
    return app.resolve(event, context)
