"""The audit trail: who asked for what of which note, when, and which model answered. None of it is text of a note.

Entries are added, never changed: every write demands that there is none of its key. An entry is written before the
answer leaves, and a request whose entry cannot be written fails: docs/audit-trail.md says why.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field

from chartcode_aws.clock import expiration, timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chartcode.result import NoteResult

Action = Literal[
    "CodeNote",
    "InferICD10CM",
    "CreateBatch",
    "StartICD10CMInferenceJob",
    "StartBatch",
    "CodeBatchNote",
    "GetBatchResults",
    "ReviewNote",
    "ListReviews",
    "ExportReview",
]
BY_DAY = "by_day"
# Nearly all of the time is waiting for DynamoDB.
THREADS = 8
# Three attempts end well before the API's 29 seconds.
_PATIENCE = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3})
# A note's id of another form, or without a digit, may hold a name: only its hash is kept.
_TOKEN = re.compile(r"(?=.*\d)[A-Za-z0-9._:-]{1,64}")


class Entry(BaseModel):
    """One entry of the trail."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    action: Action
    principal: str
    key: str = Field(description="Of all entries of its subject: the same entry again has the same key")
    time: str = Field(default_factory=timestamp)
    note_id: str | None = Field(default=None, repr=False)
    batch_id: str | None = None
    request_id: str | None = Field(default=None, description="As the answer's X-Request-Id")
    source_ip: str | None = None
    reviewer: str | None = Field(default=None, description="The person, as the caller names him")
    codes: tuple[str, ...] = Field(default=(), description="Billed, or as the review leaves them")
    model_version: str | None = None
    code_set_release: str | None = None

    def item(self, days: int) -> dict[str, Any]:
        """Return the entry as the table holds it, for so many days."""
        fields = self.model_dump(mode="json", exclude_none=True, exclude={"key"})
        if self.note_id and not _TOKEN.fullmatch(self.note_id):
            del fields["note_id"]
        place = {"subject": self._subject(), "entry": self.key, "day": self.time[:10]}
        return {**fields, **place, "expiration": expiration(days)}

    def _subject(self) -> str:
        if self.note_id:
            return note_subject(self.note_id)
        return batch_subject(self.batch_id) if self.batch_id else f"request#{self.request_id}"


def note_subject(note_id: str) -> str:
    """Return the partition of the table that holds the entries of a note."""
    return f"note#{hashlib.sha256(note_id.encode()).hexdigest()}"


def batch_subject(batch_id: str) -> str:
    """Return the partition of the table that holds who ordered, uploaded and fetched a batch."""
    return f"batch#{batch_id}"


def coding(result: NoteResult) -> dict[str, Any]:
    """Return the fields of an entry that say how a note was coded."""
    return {
        "note_id": result.id,
        "codes": [code.code for code in result.codes],
        "model_version": result.model.version,
        "code_set_release": result.model.code_set_release.isoformat(),
    }


def of_call(action: Action, event: Mapping[str, Any], **fields: Any) -> Entry:
    """Return the entry of a call of the API; `fields` are what the event does not say, or says otherwise."""
    context = event["requestContext"]
    identity = context.get("identity") or {}
    call, time = context["requestId"], timestamp()
    known = {"principal": principal(context), "request_id": call, "source_ip": identity.get("sourceIp")}
    return Entry(action=action, time=time, key=f"{time}#{call}#{action}", **{**known, **fields})


def of_batch_note(batch_id: str, result: NoteResult) -> Entry:
    """Return the entry of a note of a batch: one for each model, however often its shard is tried."""
    key = f"{batch_id}#{result.model.version}"
    return Entry(action="CodeBatchNote", principal=f"batch:{batch_id}", key=key, batch_id=batch_id, **coding(result))


def principal(context: Mapping[str, Any]) -> str:
    """Return whom API Gateway let in: a user of Cognito, a principal of IAM, or the holder of an API key."""
    identity = context.get("identity") or {}
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims.get("sub"):
        return f"cognito:{claims['sub']}"
    if identity.get("userArn"):
        return str(identity["userArn"])
    return f"api-key:{identity['apiKeyId']}" if identity.get("apiKeyId") else "unknown"


@cache
def _client() -> DynamoDBClient:
    return boto3.resource("dynamodb", config=_PATIENCE).meta.client


@dataclass(frozen=True)
class Trail:
    """The table, and for how many days it keeps an entry."""

    table: str
    days: int

    def append(self, entries: Iterable[Entry]) -> None:
        """Add every entry that is not there yet; any error of DynamoDB is the caller's."""
        client = _client()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda entry: self._put(client, entry), entries))

    def _put(self, client: DynamoDBClient, entry: Entry) -> None:
        try:
            client.put_item(
                TableName=self.table,
                Item=entry.item(self.days),
                ConditionExpression="attribute_not_exists(subject)",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return


def append(entries: Iterable[Entry]) -> None:
    """Add entries to the trail of this function's stack."""
    if os.environ.get("AWS_SAM_LOCAL") == "true":  # `sam local invoke`, `make invoke`: there is no stack
        return
    Trail(os.environ["AUDIT_TABLE"], int(os.environ["AUDIT_RETENTION_DAYS"])).append(entries)
