"""SQS → Step Functions: the uploads of one batching window become one execution."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
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
    """Group the uploaded files by the batch that they belong to, and start each; report what failed."""
    config.register_lambda_context(context)
    messages = {r["messageId"]: UploadedFile.from_event(json.loads(r["body"])) for r in event["Records"]}
    wanted = batch_id(set(messages.values()))
    groups: defaultdict[str, dict[str, UploadedFile]] = defaultdict(dict)
    failed: list[str] = []
    for message, file in messages.items():
        try:
            groups[claim(file, wanted)][message] = file
        except Exception:
            logger.error("An upload could not be claimed", message_id=message)
            failed.append(message)
    for batch, members in groups.items():
        try:
            start(batch, sorted(set(members.values()), key=lambda file: file.key))
        except Exception as error:
            logger.error("A batch could not be started", batch_id=batch, error=type(error).__name__)
            failed.extend(members)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
