"""The table of batches: what was asked for, how far it is, how it ended. Nothing in it is text of a note."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from pydantic import BaseModel, ConfigDict, Field

from chartcode_aws.clock import expiration, timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Status = Literal["WAITING_FOR_UPLOAD", "IN_PROGRESS", "SUCCEEDED", "PARTIAL_SUCCESS", "FAILED"]
# A batch whose uploads never come is forgotten; what was uploaded stays in the notes bucket for its time.
WAITING_DAYS = 2
_BY_CREATED = "by_created"


class Batch(BaseModel):
    """An item of the table."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["batch"] = "batch"
    created: str = Field(default_factory=timestamp)
    name: str | None = None
    status: Status
    files: int = Field(description="How many files it has")
    file_names: tuple[str, ...] = Field(default=(), description="The uploads that it waits for")
    engine: Literal["lambda", "glue"] | None = None
    comprehend_job: dict[str, Any] | None = Field(default=None, description="The job as Comprehend Medical names it")
    started: str | None = None
    finished: str | None = None
    summary: dict[str, Any] | None = Field(default=None, description="summary.json of the ended batch")
    expiration: int = Field(default_factory=expiration)


@cache
def _table() -> Table:
    return boto3.resource("dynamodb").Table(os.environ["BATCHES_TABLE"])


def _batch(item: Any) -> Batch:
    """Return an item; DynamoDB hands its numbers over as decimals."""
    return Batch.model_validate(json.loads(json.dumps(item, default=lambda n: int(n) if n == int(n) else float(n))))


class BatchTable:
    """Reads and writes batches. Every write may be repeated: none undoes what came after it."""

    def create(self, batch: Batch) -> None:
        """Add `batch`, unless there is one of its id."""
        item = json.loads(batch.model_dump_json(exclude_none=True))
        table = _table()
        try:
            table.put_item(Item=item, ConditionExpression=Attr("id").not_exists())
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            return

    def get(self, batch_id: str) -> Batch | None:
        """Return the batch of an id; None if there is none."""
        item = _table().get_item(Key={"id": batch_id}, ConsistentRead=True).get("Item")
        return _batch(item) if item else None

    def start(self, batch_id: str) -> None:
        """Say that the execution of a waiting batch has started."""
        table = _table()
        try:
            table.update_item(
                Key={"id": batch_id},
                UpdateExpression="SET #status = :status, started = :now, expiration = :expiration",
                ConditionExpression="#status = :waiting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": "IN_PROGRESS",
                    ":waiting": "WAITING_FOR_UPLOAD",
                    ":now": timestamp(),
                    ":expiration": expiration(),
                },
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            return

    def finish(self, summary: dict[str, Any]) -> None:
        """Record how a batch ended; one that the table does not know (an execution started by hand) is added."""
        _table().update_item(
            Key={"id": summary["batch_id"]},
            UpdateExpression=(
                "SET kind = :kind, created = if_not_exists(created, :started), files = :files, #status = :status,"
                " started = :started, finished = :finished, summary = :summary, expiration = :expiration"
            ),
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":kind": "batch",
                ":files": summary["files"],
                ":status": summary["status"],
                ":started": summary["started"],
                ":finished": summary["finished"],
                ":summary": json.loads(json.dumps(summary), parse_float=Decimal),
                ":expiration": expiration(),
            },
        )

    def page(self, limit: int, after: tuple[str, str] | None = None) -> tuple[list[Batch], tuple[str, str] | None]:
        """Return `limit` batches, newest first, and where the next page begins (time and id), if there is one."""
        start: dict[str, Any] = {}
        if after:
            start["ExclusiveStartKey"] = {"kind": "batch", "created": after[0], "id": after[1]}
        answer = _table().query(
            IndexName=_BY_CREATED,
            KeyConditionExpression=Key("kind").eq("batch"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        return [_batch(item) for item in answer["Items"]], (str(last["created"]), str(last["id"])) if last else None

    def since(self, created: str) -> Iterator[Batch]:
        """Yield the batches created from `created` on, newest first."""
        after = None
        while True:
            batches, after = self.page(100, after)
            for batch in batches:
                if batch.created < created:
                    return
                yield batch
            if after is None:
                return
