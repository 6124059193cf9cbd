"""The table of reviews: every review, the state of each reviewed note, and counters by day, model and code.

============================ ============================== ================================================
``pk``                       ``sk``                         what
============================ ============================== ================================================
``note#<note id>``           ``<created>#<review id>``      a review
``notes``                    ``<note id>``                  codes after the latest review, place of the text
``counters``                 ``<day>#<model>#<code>``       decisions on the code; reviews, if code is empty
``request#<hash of key>``    ``request``                    the review that an Idempotency-Key stands for
============================ ============================== ================================================

One transaction writes all of a review, so that no counter can disagree with the reviews.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Key
from chartcode_aws.clock import expiration
from pydantic import BaseModel

from reviews.messages import Review, ReviewAccepted, Span

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MOST_ATTEMPTS = 6
COUNTED = {"accept": "accepted", "reject": "rejected", "replace": "replaced", "add": "added"}
MOST_REVIEWS = 100


class KeyUsedAgain(Exception):  # noqa: N818
    """An Idempotency-Key came with another review than before."""


class FinalCode(BaseModel):
    """A code that stands after a review, and its evidence."""

    code: str
    evidence: list[Span]


class ReviewedNote(BaseModel):
    """A note after its latest review."""

    note_id: str
    codes: list[FinalCode]
    text_key: str | None = None


class Counter(BaseModel):
    """Decisions of a day on one code that one model suggested; reviews of that day where `code` is empty."""

    model_version: str
    code: str
    reviewed: int = 0
    accepted: int = 0
    rejected: int = 0
    replaced: int = 0
    added: int = 0


@cache
def _table() -> Table:
    return boto3.resource("dynamodb").Table(os.environ["REVIEWS_TABLE"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class ReviewTable:
    """Reads and writes reviews."""

    def record(self, review: Review, text_key: str | None, idempotency_key: str | None) -> ReviewAccepted:
        """Record `review` once, and return what the caller is answered, also for the same review again.

        It is the same if it comes with the same key; without a key, if it says what the note's latest review says.

        Raises
        ------
        KeyUsedAgain
            If the key came with another review before.
        """
        receipt = ReviewAccepted(review_id=review.review_id, created=review.created, decisions=len(review.decisions))
        content = _hash(f"{review.model_dump_json(exclude={'review_id', 'created'})} {text_key}")
        key = f"request#{_hash(idempotency_key)}" if idempotency_key else None
        items = [_review(review), _note(review, text_key, receipt, content, key is None), *_counters(review)]
        if key:
            items.append(_request(key, receipt, content))
        if self._write(items):
            return receipt
        place = {"pk": key, "sk": "request"} if key else {"pk": "notes", "sk": review.note_id}
        earlier = _table().get_item(Key=place, ConsistentRead=True)["Item"]
        if key and earlier["content"] != content:
            raise KeyUsedAgain
        return ReviewAccepted.model_validate_json(str(earlier["receipt"]))

    def _write(self, items: list[dict[str, Any]]) -> bool:
        """Write all of `items`; return whether it was done, False if a condition says that it was done before."""
        client = _table().meta.client
        attempts = 0
        while True:
            try:
                client.transact_write_items(TransactItems=items)
                return True
            except client.exceptions.TransactionCanceledException as error:
                attempts += 1
                codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}  # type: ignore[typeddict-item]
                if "ConditionalCheckFailed" in codes:
                    return False
                if "TransactionConflict" not in codes or attempts == MOST_ATTEMPTS:
                    raise
            # Another review writes the same counter at this moment; neither SDK nor DynamoDB tries again.
            time.sleep(random.uniform(0, 0.05 * 2**attempts))  # noqa: S311

    def of_note(self, note_id: str) -> list[Review]:
        """Return the reviews of a note, newest first."""
        answer = _table().query(
            KeyConditionExpression=Key("pk").eq(f"note#{note_id}"), ScanIndexForward=False, Limit=MOST_REVIEWS
        )
        return [Review.model_validate_json(str(item["review"])) for item in answer["Items"]]

    def notes(self) -> Iterator[ReviewedNote]:
        """Yield every reviewed note as its latest review left it."""
        for item in _pages(Key("pk").eq("notes")):
            codes = json.loads(item["codes"])
            yield ReviewedNote(note_id=item["sk"], codes=codes, text_key=item.get("text_key"))

    def counters(self, first_day: str, last_day: str) -> Iterator[Counter]:
        """Yield the counters of a period, both days included (ISO 8601)."""
        for item in _pages(Key("pk").eq("counters") & Key("sk").between(first_day, last_day + "~")):
            _, model_version, code = item["sk"].split("#")
            yield Counter.model_validate({**item, "model_version": model_version, "code": code})


def _pages(condition: Any) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {}
    while True:
        answer = _table().query(KeyConditionExpression=condition, **more)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _put(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": _table().name, "Item": {**item, "expiration": expiration()}, **more}}


def _review(review: Review) -> dict[str, Any]:
    place = {"pk": f"note#{review.note_id}", "sk": f"{review.created}#{review.review_id}"}
    return _put({**place, "review": review.model_dump_json(exclude_none=True)})


def _request(key: str, receipt: ReviewAccepted, content: str) -> dict[str, Any]:
    item = {"pk": key, "sk": "request", "receipt": receipt.model_dump_json(), "content": content}
    return _put(item, ConditionExpression="attribute_not_exists(pk)")


def _note(review: Review, text_key: str | None, receipt: ReviewAccepted, content: str, once: bool) -> dict[str, Any]:
    """Return the update of the note's state; `once`: not if its latest review says the same."""
    final = [
        FinalCode(code=decision.final, evidence=decision.evidence).model_dump()
        for decision in review.decisions
        if decision.final
    ]
    values = {
        ":codes": json.dumps(final),
        ":receipt": receipt.model_dump_json(),
        ":content": content,
        ":expiration": expiration(),
    }
    update = "SET codes = :codes, receipt = :receipt, content = :content, expiration = :expiration"
    if text_key:
        values[":text_key"] = text_key
        update += ", text_key = :text_key"
    condition = {"ConditionExpression": "attribute_not_exists(pk) OR content <> :content"} if once else {}
    return {
        "Update": {
            "TableName": _table().name,
            "Key": {"pk": "notes", "sk": review.note_id},
            "UpdateExpression": update,
            "ExpressionAttributeValues": values,
            **condition,
        }
    }


def _counters(review: Review) -> list[dict[str, Any]]:
    counted = [("", "reviewed")]
    counted += [(decision.code, COUNTED[decision.action]) for decision in review.decisions]
    return [
        {
            "Update": {
                "TableName": _table().name,
                "Key": {"pk": "counters", "sk": f"{review.created[:10]}#{review.model_version}#{code}"},
                "UpdateExpression": f"SET expiration = :expiration ADD {name} :one",
                "ExpressionAttributeValues": {":expiration": expiration(), ":one": 1},
            }
        }
        for code, name in counted
    ]
