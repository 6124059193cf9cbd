"""Which batch an uploaded file belongs to: decided once, however often S3 tells of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from chartcode_aws.executions import NoteFile

# S3 and SQS tell again of an upload within minutes to days; a claim outlives the queue's retention.
CLAIM_SECONDS = 15 * 24 * 3600


def file_of(message: str) -> NoteFile | None:
    """Return the file of an EventBridge ``Object Created`` event of S3; None if the message is none."""
    try:
        detail = json.loads(message)["detail"]
        found = detail["object"]
        return NoteFile(
            bucket=detail["bucket"]["name"],
            key=found["key"],
            etag=found.get("etag", ""),
            version_id=found.get("version-id", ""),
            size=found.get("size", 0),
        )
    except (ValueError, KeyError, TypeError):
        return None


def uploader_of(message: str) -> tuple[str, str | None]:
    """Return who uploaded the file of an event, as far as S3 says it (the account), and from which address."""
    detail = json.loads(message)["detail"]
    return f"account:{detail.get('requester', 'unknown')}", detail.get("source-ip-address")


def batch_id(files: Iterable[NoteFile]) -> str:
    """Return the name of the batch of `files`: the same files give the same name."""
    lines = sorted(file.model_dump_json() for file in files)
    return "batch-" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


# The handler registers its context here, so that a claim cut off by the time limit is taken again at once.
config = IdempotencyConfig(expires_after_seconds=CLAIM_SECONDS)


@cache
def _persistence() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table_name=os.environ["CLAIMS_TABLE"])


def claim(file: NoteFile, wanted: str) -> str:
    """Return the batch that `file` belongs to: `wanted`, unless an earlier event gave it to another one."""

    @idempotent_function(
        data_keyword_argument="version",
        persistence_store=_persistence(),
        config=config,
        key_prefix="claim",
    )
    def decide(*, version: dict[str, Any]) -> str:
        return wanted

    return str(decide(version=file.model_dump(include={"bucket", "key", "etag", "version_id"})))
