"""Last state of the workflow, on success and on failure: counts, table, summary."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, metrics, tracer

from publish_results.summary import publish


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the batch and return its summary (counts and keys only, no note text)."""
    batch = event["batch_id"]
    summary = publish(BatchStore(batch), batch, event["started"], event.get("error"))
    metrics.add_metric("NotesQuarantined", MetricUnit.Count, summary["quarantined"])
    metrics.add_metric("BatchesFailed", MetricUnit.Count, int(summary["status"] == "FAILED"))
    logger.info("Batch published", batch_id=batch, status=summary["status"])
    return summary
