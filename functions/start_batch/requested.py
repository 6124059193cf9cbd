"""Batches that the API was asked for: they start when the last of their files is there."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import boto3
from chartcode_aws import executions
from chartcode_aws.batch_table import Batch, BatchTable
from chartcode_aws.executions import NoteFile
from chartcode_aws.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_UPLOAD = re.compile(r"incoming/(?P<id>batch-[0-9a-f]{32})/(?P<name>[^/]+)")


@cache
def _client() -> S3Client:
    return boto3.client("s3")


def names_batch(file: NoteFile) -> bool:
    """Return whether the key of `file` names a batch, which may have asked for it."""
    return bool(_UPLOAD.fullmatch(file.key))


def batch_of(file: NoteFile) -> Batch | None:
    """Return the batch that asked for `file`; None if no batch did."""
    upload = _UPLOAD.fullmatch(file.key)
    batch = BatchTable().get(upload["id"]) if upload else None
    return batch if batch and upload and upload["name"] in batch.file_names else None


def start(batch: Batch, bucket: str) -> None:
    """Start `batch` if every file of it is there; else the event of the file that is still missing will.

    Once it has started, an upload under a name of its own changes nothing: what is coded is in its manifest.
    """
    if batch.status != "WAITING_FOR_UPLOAD":
        return
    files = _uploads(bucket, f"incoming/{batch.id}/", batch.file_names)
    if len(files) < batch.files:
        logger.info("Batch waits for files", batch_id=batch.id, missing=batch.files - len(files))
        return
    executions.start(batch.id, files, batch.engine)
    BatchTable().start(batch.id)


def _uploads(bucket: str, prefix: str, names: tuple[str, ...]) -> list[NoteFile]:
    """Return the newest version of each file of `names` that is there."""
    pages = _client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    return [
        NoteFile(
            bucket=bucket,
            key=each["Key"],
            etag=each["ETag"].strip('"'),
            version_id=each["VersionId"],
            size=each["Size"],
        )
        for page in pages
        for each in page.get("Versions", [])
        if each["IsLatest"] and each["Key"].removeprefix(prefix) in names
    ]
