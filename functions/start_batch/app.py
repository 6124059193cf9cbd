"""SQS → Step Functions: the uploads of one batching window become one execution."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, metrics, tracer

from start_batch.claims import UploadedFile, batch_id, claim, config

_states = boto3.client("stepfunctions")


def start(batch: str, files: list[UploadedFile]) -> None:
    """Write the manifest unless it is there, and start the execution unless it was started.

    Starting again with the same name and input is harmless while the execution runs, and refused
    after; so a redelivered message starts nothing twice, and one after a crash is not lost.
    """
    store = BatchStore(batch)
    if store.read_json("manifest.json") is None:
        store.write_json("manifest.json", {"batch_id": batch, "files": [file.model_dump() for file in files]})
    order = {"batch_id": batch, "manifest": f"s3://{store.bucket}/{store.prefix}manifest.json"}
    order["output"] = f"s3://{store.bucket}/{store.prefix}"
    try:
        _states.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=batch, input=json.dumps(order))
    except _states.exceptions.ExecutionAlreadyExists:
        logger.info("Execution exists already", batch_id=batch)
        return
    metrics.add_metric("BatchesStarted", MetricUnit.Count, 1)
    logger.info("Batch started", batch_id=batch, files=len(files))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Give every uploaded file to its batch, and start each batch; report what failed."""
    config.register_lambda_context(context)
    files = {r["messageId"]: file for r in event["Records"] if (file := UploadedFile.from_message(r["body"]))}
    wanted = batch_id(set(files.values()))

    def claim_file(record: SQSRecord) -> tuple[str, str]:
        return record.message_id, claim(files[record.message_id], wanted)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], handler=claim_file):
        outcomes = processor.process()
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for status, outcome, _ in outcomes:
        if status == "success":
            message, batch = outcome
            groups[batch].append(message)
    failures = processor.response()["batchItemFailures"]
    for batch, messages in groups.items():
        try:
            start(batch, sorted({files[message] for message in messages}, key=lambda file: file.key))
        except Exception as error:
            logger.error("A batch could not be started", batch_id=batch, error=type(error).__name__)
            failures += [{"itemIdentifier": message} for message in messages]
    return {"batchItemFailures": failures}
