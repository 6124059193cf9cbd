"""What the API of batches does: take an order, tell how far it is, hand out its results."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import boto3
from chartcode_aws import links
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.batch_table import WAITING_DAYS, Batch, BatchTable
from chartcode_aws.clock import expiration, timestamp
from chartcode_aws.problems import Problem

from batches.messages import (
    BatchAccepted,
    BatchList,
    BatchRequest,
    BatchResults,
    BatchState,
    Format,
    ListQuery,
    Quarantine,
    QuarantinedRecord,
    ResultFile,
    ResultsQuery,
    Upload,
)
from batches.progress import state

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_RECORDS = 1000
# A link has up to 2,000 characters, and an answer of Lambda 6 MB.
MOST_FILES = 1000
_LONGEST_ID = 80  # of an execution's name
_ENDED = ("SUCCEEDED", "PARTIAL_SUCCESS", "FAILED")
_FOLDERS: dict[Format, tuple[str, str]] = {
    "json": ("results/shard-", ".jsonl"),
    "csv": ("results/codes", ".csv"),
    "fhir": ("results/fhir/", ".ndjson"),
}


@cache
def _client() -> S3Client:
    return boto3.client("s3")


def create(request: BatchRequest) -> BatchAccepted:
    """Add a batch that waits for its files, and return where to upload them."""
    batch = Batch(
        id=f"batch-{uuid.uuid4().hex}",
        name=request.name or None,
        status="WAITING_FOR_UPLOAD",
        files=len(request.files),
        file_names=tuple(request.files),
        engine=request.engine,
        expiration=expiration(WAITING_DAYS),
    )
    BatchTable().create(batch)
    uploads = [
        Upload(
            file=name,
            url=links.upload(os.environ["NOTES_BUCKET"], f"incoming/{batch.id}/{name}"),
            expires=timestamp(later=links.SECONDS),
        )
        for name in batch.file_names
    ]
    return BatchAccepted(id=batch.id, status=batch.status, created=batch.created, uploads=uploads)


def listing(query: ListQuery) -> BatchList:
    """Return a page of batches, newest first."""
    created, _, batch_id = (query.next or "").partition("_")
    batches, last = BatchTable().page(query.limit, (created, batch_id) if query.next else None)
    return BatchList(batches=[state(batch) for batch in batches], next="_".join(last) if last else None)


def get(batch_id: str) -> BatchState:
    """Return one batch; `Problem` (404) if there is none."""
    batch = _batch(batch_id)
    missing = None
    if batch.status == "WAITING_FOR_UPLOAD":
        there = _uploaded(batch_id)
        missing = [name for name in batch.file_names if name not in there]
    return state(batch, missing)


def results(batch_id: str, query: ResultsQuery) -> BatchResults:
    """Return a page of links to the results of a batch; `Problem` (409) if it has not ended."""
    if _batch(batch_id).status not in _ENDED:
        raise Problem(HTTPStatus.CONFLICT, "The batch has not ended. Ask again when its status says so.")
    store = BatchStore(batch_id)
    folder, suffix = _FOLDERS[query.format]
    left = [
        (name, key, size)
        for key, size in store.sizes(folder).items()
        if key.endswith(suffix) and (name := PurePosixPath(key).name) > (query.next or "")
    ]
    files = [
        ResultFile(name=name, url=links.download(store.bucket, key, name), bytes=size)
        for name, key, size in left[:MOST_FILES]
    ]
    following = files[-1].name if len(left) > MOST_FILES else None
    return BatchResults(id=batch_id, format=query.format, files=files, next=following)


def quarantine(batch_id: str) -> Quarantine:
    """Return where the records that were not coded stood, and why, and nothing of what they said."""
    batch = _batch(batch_id)
    return Quarantine(id=batch.id, records=list(_quarantined(BatchStore(batch.id))))


def _quarantined(store: BatchStore) -> Iterator[QuarantinedRecord]:
    left = MOST_RECORDS
    for key in store.keys("quarantine/"):
        for row in store.read_lines(key):
            if not left:
                return
            left -= 1
            file = row["source"].removeprefix("incoming/").removeprefix(store.batch_id + "/")
            yield QuarantinedRecord(file=file, record=row["line"] or None, reason=row["reason"])


def _batch(batch_id: str) -> Batch:
    batch = BatchTable().get(batch_id) if len(batch_id) <= _LONGEST_ID else None
    if batch is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such batch.")
    return batch


def _uploaded(batch_id: str) -> set[str]:
    prefix = f"incoming/{batch_id}/"
    answer = _client().list_objects_v2(Bucket=os.environ["NOTES_BUCKET"], Prefix=prefix)
    return {each["Key"].removeprefix(prefix) for each in answer.get("Contents", [])}
