"""Last state of the workflow, on success and on failure: outputs, counts, summary, table of batches."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.batch_table import BatchTable
from chartcode_aws.observability import logger, metrics, tracer
from comprehend_medical import output as comprehend_output

from publish_results import monitoring
from publish_results.summary import publish


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the batch and return its summary (counts and keys only, no note text)."""
    batch_id = event["batch_id"]
    store, table = BatchStore(batch_id), BatchTable()
    summary = publish(store, batch_id, event["started"], event.get("error"))
    batch = table.get(batch_id)
    # A failed job has no output; and one whose output cannot be written is published again, as failed.
    if batch and batch.comprehend_job and summary["status"] != "FAILED":
        comprehend_output.write(store, batch.comprehend_job)
    table.finish(summary)
    metrics.add_metric("NotesQuarantined", MetricUnit.Count, summary["quarantined"])
    metrics.add_metric("CodesAssigned", MetricUnit.Count, summary["codes"])
    metrics.add_metric("CodesAutomatic", MetricUnit.Count, summary["auto"])
    metrics.add_metric("BatchesFailed", MetricUnit.Count, int(summary["status"] == "FAILED"))
    monitoring.emit(summary)
    logger.info("Batch published", batch_id=batch_id, status=summary["status"])
    return summary
