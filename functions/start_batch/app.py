"""SQS → Step Functions: the uploads of one batching window become one execution, those of a requested batch its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import audit
from chartcode_aws.audit import Entry
from chartcode_aws.batch_table import Batch
from chartcode_aws.executions import NoteFile
from chartcode_aws.observability import logger, metrics, tracer

from start_batch import dropped, requested
from start_batch.claims import claim, config, file_of, uploader_of


def start(batch: Batch, owners: Mapping[NoteFile, str]) -> None:
    """Start a batch; `owners` are the batches of the files of this call."""
    if batch.file_names:
        requested.start(batch, next(iter(owners)).bucket)
    else:
        dropped.start(batch, owners)


def record_uploads(batch: Batch, bodies: Iterable[str]) -> None:
    """Enter in the audit trail who uploaded the files of a batch; a message that comes again changes nothing."""
    uploaders = {uploader_of(body) for body in bodies}
    audit.append(
        Entry(
            action="StartBatch",
            principal=who,
            key=f"StartBatch#{who}#{address}",
            batch_id=batch.id,
            source_ip=address,
        )
        for who, address in uploaders
    )


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Give every uploaded file to its batch, and start each batch; report what failed."""
    config.register_lambda_context(context)
    bodies = {r["messageId"]: r["body"] for r in event["Records"]}
    files = {message: file for message, body in bodies.items() if (file := file_of(body))}
    loose = {file for file in files.values() if not requested.names_batch(file)}
    wanted = dropped.propose(loose)

    def assign(record: SQSRecord) -> tuple[str, Batch]:
        file = files[record.message_id]
        batch = requested.batch_of(file)
        if batch is None:
            batch = dropped.batch(claim(file, wanted if file in loose else dropped.propose({file})))
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
    owners = {files[message]: batch_name for batch_name, messages in groups.items() for message in messages}
    failures = processor.response()["batchItemFailures"]
    for batch_name, messages in groups.items():
        try:
            record_uploads(batches[batch_name], [bodies[message] for message in messages])
            start(batches[batch_name], owners)
        except Exception as error:
            logger.error("A batch could not be started", batch_id=batch_name, error=type(error).__name__)
            failures += [{"itemIdentifier": message} for message in messages]
    return {"batchItemFailures": failures}
