"""The objects of a batch in S3, for the Glue jobs (boto3: exact versions, exact names, no listing delays)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

# S3 asks to slow down where a batch begins to write many objects at once; a job must outlast that.
_PATIENCE = Config(retries={"mode": "standard", "total_max_attempts": 10})


@cache
def _client() -> Any:
    return boto3.client("s3", config=_PATIENCE)


def read(uri: str) -> bytes | None:
    """Return the content of ``s3://bucket/key``; None if it is gone."""
    place = urlsplit(uri, allow_fragments=False)
    return read_key(place.netloc, place.path.lstrip("/"))


def read_key(bucket: str, key: str, version_id: str = "") -> bytes | None:
    """Return the content of an object (of one version, where it is named); None if it is gone."""
    version = {"VersionId": version_id} if version_id else {}
    try:
        return bytes(_client().get_object(Bucket=bucket, Key=key, **version)["Body"].read())
    except _client().exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            return None
        raise


def write(uri: str, content: bytes) -> None:
    """Write ``s3://bucket/key``; the bucket's default encryption (SSE-KMS) applies."""
    place = urlsplit(uri, allow_fragments=False)
    _client().put_object(Bucket=place.netloc, Key=place.path.lstrip("/"), Body=content)


def write_lines(uri: str, records: Iterable[dict[str, Any]]) -> None:
    """Write records as JSONL."""
    write(uri, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode())
