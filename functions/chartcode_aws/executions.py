"""The start of a batch: its manifest, and one execution of the workflow under its id."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict

from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, metrics

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class NoteFile(BaseModel):
    """One version of an object of notes."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    etag: str = ""
    version_id: str = ""
    size: int = 0


@cache
def _states() -> SFNClient:
    return boto3.client("stepfunctions")


def files(batch_id: str) -> list[NoteFile]:
    """Return the files of the batch's manifest; empty if it has none."""
    manifest = BatchStore(batch_id).read_json("manifest.json") or {"files": []}
    return [NoteFile.model_validate(file) for file in manifest["files"]]


def write_manifest(batch_id: str, files: Iterable[NoteFile]) -> None:
    """Write the batch's manifest."""
    listed = [file.model_dump() for file in sorted(files, key=lambda file: file.key)]
    BatchStore(batch_id).write_json("manifest.json", {"batch_id": batch_id, "files": listed})


def start(batch_id: str, wanted: Iterable[NoteFile], engine: str | None = None) -> bool:
    """Write the manifest unless it is there, start the execution unless it was started, and return whether it was not.

    Starting again with the same name and input is harmless while the execution runs, and refused
    after; so a redelivered message starts nothing twice, and one after a crash is not lost.
    """
    if not files(batch_id):
        write_manifest(batch_id, wanted)
    store = BatchStore(batch_id)
    place = f"s3://{store.bucket}/{store.prefix}"
    order = {"batch_id": batch_id, "manifest": place + "manifest.json", "output": place}
    if engine:
        order["engine"] = engine
    client = _states()
    try:
        client.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=batch_id, input=json.dumps(order))
    except client.exceptions.ExecutionAlreadyExists:
        logger.info("Execution exists already", batch_id=batch_id)
        return False
    metrics.add_metric("BatchesStarted", MetricUnit.Count, 1)
    logger.info("Batch started", batch_id=batch_id)
    return True
