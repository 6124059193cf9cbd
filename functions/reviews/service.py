"""What the API of reviews does: record a review, tell of those of a note, hand them out as training data."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from chartcode_aws import links
from chartcode_aws.clock import timestamp
from chartcode_aws.problems import Problem

from chartcode.codeset import CodeSet
from chartcode.errors import UnknownCodeError
from reviews.messages import Decision, Export, Review, ReviewAccepted, ReviewRequest
from reviews.review_table import KeyUsedAgain, ReviewedNote, ReviewTable
from reviews.training_notes import line

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# An export is nearly all waiting for S3.
THREADS = 16


@cache
def _client() -> S3Client:
    return boto3.client("s3")


def create(request: ReviewRequest, codeset: CodeSet, model_version: str, key: str | None) -> ReviewAccepted:
    """Record a review; `Problem` (422) if it names a code that is none, or its key came with another review.

    Parameters
    ----------
    model_version
        Of the model that answers now, for a review that names none.
    key
        The caller's Idempotency-Key, if there is one.
    """
    _check_codes(request.decisions, codeset)
    review = Review(
        review_id=uuid.uuid4().hex,
        created=timestamp(),
        note_id=request.note_id,
        reviewer=request.reviewer,
        request_id=request.request_id,
        model_version=request.model_version or model_version,
        decisions=request.decisions,
    )
    text_key = _keep_text(request.note_id, request.text) if request.text else None
    try:
        return ReviewTable().record(review, text_key, key)
    except KeyUsedAgain:
        detail = "This Idempotency-Key came with another review before. Send a new key."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None


def _check_codes(decisions: list[Decision], codeset: CodeSet) -> None:
    for number, decision in enumerate(decisions):
        for field in ("code", "replacement"):
            code = getattr(decision, field)
            if code is not None and not _is_code(code, codeset):
                detail = f"decisions.{number}.{field} is not in {codeset.name}."
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, "unknown_code")


def _is_code(code: str, codeset: CodeSet) -> bool:
    """Return whether `code` is a code of the release, and neither a block nor a chapter."""
    try:
        return codeset.get(code).category is not None
    except UnknownCodeError:
        return False


def _keep_text(note_id: str, text: str) -> str:
    """Write the text of a note, encrypted by the bucket, and return its key: the same text has the same."""
    digest = hashlib.sha256(f"{note_id}\0{text}".encode()).hexdigest()
    key = f"reviews/{digest}.txt"
    body = text.encode()
    _client().put_object(Bucket=os.environ["RESULTS_BUCKET"], Key=key, Body=body, ContentType="text/plain")
    return key


def audited(request: ReviewRequest, model_version: str) -> dict[str, Any]:
    """Return what the audit trail says of a review."""
    return {
        "note_id": request.note_id,
        "reviewer": request.reviewer,
        "codes": [decision.final for decision in request.decisions if decision.final],
        "model_version": request.model_version or model_version,
    }


def export() -> tuple[Export, list[dict[str, Any]]]:
    """Write the final codes of every reviewed note whose text was kept, as labelled notes, and link the file.

    Also returned is what the audit trail says of each.
    """
    bucket = os.environ["RESULTS_BUCKET"]
    found = list(_texts(bucket))
    lines = [line(note, text) for note, text in found]
    name = f"reviews-{timestamp()[:10]}.jsonl"
    key = f"exports/{uuid.uuid4().hex}/{name}"
    content = "".join(lines).encode()
    _client().put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/x-ndjson")
    audited = [{"note_id": note.note_id, "codes": [final.code for final in note.codes]} for note, _ in found]
    return Export(notes=len(lines), url=links.download(bucket, key, name)), audited


def _texts(bucket: str) -> Iterator[tuple[ReviewedNote, str]]:
    notes = [note for note in ReviewTable().notes() if note.text_key]
    with ThreadPoolExecutor(THREADS) as pool:
        texts = pool.map(lambda note: _text(bucket, str(note.text_key)), notes)
        for note, text in zip(notes, texts, strict=True):
            if text is not None:
                yield note, text


def _text(bucket: str, key: str) -> str | None:
    """Return a kept text; None if it has expired."""
    try:
        return _client().get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    except _client().exceptions.NoSuchKey:
        return None
