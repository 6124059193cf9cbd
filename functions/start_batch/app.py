"""SQS → Step Functions: the uploads of one batching window become one execution, those of a requested batch its own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import executions
from chartcode_aws.batch_table import Batch, BatchTable
from chartcode_aws.clock import timestamp
from chartcode_aws.executions import NoteFile
from chartcode_aws.observability import logger, metrics, tracer

from start_batch import requested
from start_batch.claims import batch_id, claim, config, file_of


def start(batch: Batch, files: set[NoteFile]) -> None:
    """Start a batch of `files`, and list it."""
    if batch.file_names:
        requested.start(batch, next(iter(files)).bucket)
        return
    executions.start(batch.id, files)
    BatchTable().create(batch.model_copy(update={"files": len(files)}))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Give every uploaded file to its batch, and start each batch; report what failed."""
    config.register_lambda_context(context)
    files = {r["messageId"]: file for r in event["Records"] if (file := file_of(r["body"]))}
    wanted = batch_id(set(files.values()))

    def assign(record: SQSRecord) -> tuple[str, Batch]:
        file = files[record.message_id]
        batch = requested.batch_of(file)
        if batch is None:
            batch = Batch(id=claim(file, wanted), status="IN_PROGRESS", files=1, started=timestamp())
        return record.message_id, batch

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], handler=assign):
        outcomes = processor.process()
    batches: dict[str, Batch] = {}
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for status, outcome, _ in outcomes:
        if status == "success":
            message, batch = outcome
            batches[batch.id] = batch
            groups[batch.id].append(message)
    failures = processor.response()["batchItemFailures"]
    for batch_name, messages in groups.items():
        try:
            start(batches[batch_name], {files[message] for message in messages})
        except Exception as error:
            logger.error("A batch could not be started", batch_id=batch_name, error=type(error).__name__)
            failures += [{"itemIdentifier": message} for message in messages]
    return {"batchItemFailures": failures}
