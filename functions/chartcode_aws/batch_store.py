"""A batch in the results bucket: every object lies under ``batches/<batch id>/``."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chartcode_aws import streams

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


# S3 asks to slow down where a batch begins to write many objects at once.
_PATIENCE = Config(retries={"mode": "standard", "total_max_attempts": 10})
# Shards are small: nearly all of the time is waiting for S3.
THREADS = 8


@cache
def _client() -> S3Client:
    return boto3.client("s3", config=_PATIENCE)


class BatchStore:
    """Reads and writes the objects of one batch.

    Parameters
    ----------
    batch_id
        Name of the batch, which is also the name of its execution.
    """

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id
        self.bucket = os.environ["RESULTS_BUCKET"]
        self.prefix = f"batches/{batch_id}/"

    def read_json(self, name: str) -> Any:
        """Return the JSON object `name` of the batch; None if there is none."""
        try:
            answer = _client().get_object(Bucket=self.bucket, Key=self.prefix + name)
        except _client().exceptions.NoSuchKey:
            return None
        return json.loads(answer["Body"].read())

    def write_json(self, name: str, value: Any) -> str:
        """Write `value` as the JSON object `name`, and return its key."""
        return self.write(name, json.dumps(value, indent=1).encode(), "application/json")

    def write(self, name: str, content: bytes, content_type: str) -> str:
        """Write an object of the batch, and return its key."""
        key = self.prefix + name
        _client().put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)
        return key

    def read_lines(self, key: str) -> Iterator[dict[str, Any]]:
        """Yield the records of a JSONL object, by its full key."""
        body = _client().get_object(Bucket=self.bucket, Key=key)["Body"]
        for line in body.iter_lines(chunk_size=65_536):
            if line.strip():
                yield json.loads(line)

    def read_each(self, keys: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
        """Yield the records of each of some JSONL objects, in order; `THREADS` of them are read ahead, and no more."""
        waiting: deque[Future[list[dict[str, Any]]]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            for key in keys:
                waiting.append(pool.submit(lambda key: list(self.read_lines(key)), key))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def write_stream(self, name: str, pieces: Iterable[bytes], content_type: str) -> str:
        """Write an object of the batch that is too large to hold, and return its key."""
        key = self.prefix + name
        streams.write(_client(), self.bucket, key, pieces, content_type)
        return key

    def write_lines(self, name: str, records: Iterable[str]) -> str:
        """Write JSON records, one a line, and return the key."""
        content = "".join(record + "\n" for record in records).encode()
        return self.write(name, content, "application/x-ndjson")

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the full keys of the objects of a folder of the batch, in order, with their bytes."""
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + folder)
        found = {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}
        return {key: found[key] for key in sorted(found) if found[key]}

    def keys(self, folder: str) -> list[str]:
        """Return the full keys of the objects of a folder of the batch, in order."""
        return list(self.sizes(folder))
