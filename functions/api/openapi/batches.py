"""Batches."""

from __future__ import annotations

from batches.messages import (
    BatchAccepted,
    BatchList,
    BatchRequest,
    BatchResults,
    BatchState,
    Counts,
    ListQuery,
    Quarantine,
    QuarantinedRecord,
    ResultFile,
    ResultsQuery,
    Upload,
)

from api.openapi.codes import MODEL
from api.openapi.parts import Section, answer, body, operation, path_parameter, query

_ID = "batch-0123456789abcdef0123456789abcdef"
_LINK = "https://BUCKET.s3.us-east-1.amazonaws.com/KEY?X-Amz-Signature=..."
_CREATED = "2026-11-24T10:41:27.000Z"
_ACCEPTED = BatchAccepted(
    id=_ID,
    status="WAITING_FOR_UPLOAD",
    created=_CREATED,
    uploads=[Upload(file="monday.jsonl", url=_LINK, expires="2026-11-24T11:41:27.000Z")],
)
_STATE = BatchState(
    id=_ID,
    name="Clinic, Monday",
    status="PARTIAL_SUCCESS",
    created=_CREATED,
    started="2026-11-24T10:42:05.000Z",
    finished="2026-11-24T10:43:30+00:00",
    files=1,
    counts=Counts(read=120, accepted=117, quarantined=2, duplicates=1, coded=117, failed=0),
    reasons={"empty": 2},
    model=MODEL,
)
_RESULTS = BatchResults(id=_ID, format="csv", files=[ResultFile(name="codes.csv", url=_LINK, bytes=20480)])
_QUARANTINE = Quarantine(id=_ID, records=[QuarantinedRecord(file="monday.jsonl", record=17, reason="empty")])
_TAG = "Batches"


def section() -> Section:
    """Return this part of the document."""
    order = body(BatchRequest(name="Clinic, Monday", files=["monday.jsonl"]))
    accepted = answer(_ACCEPTED, "Upload the files; the batch starts with the last of them")
    location = {"description": "The batch, relative to the path asked", "schema": {"type": "string"}}
    accepted["headers"] = {**accepted["headers"], "Location": location}
    following = {"parameters": {"id": "$response.body#/id"}}
    accepted["links"] = {
        name: {"operationId": name, **following} for name in ("getBatch", "getResults", "getQuarantine")
    }
    listing = {"200": answer(BatchList(batches=[_STATE]), "Newest first")}
    batch_id = path_parameter("id", "^[A-Za-z0-9_-]{1,80}$", _ID)
    paths = {
        "/v1/batches": {
            "post": operation(
                "createBatch",
                "Order a batch",
                _TAG,
                {"202": accepted},
                [400, 413, 415, 422],
                requestBody=order,
                description=(
                    "Upload each file with `PUT` to its link. The batch starts by itself when the last file is there; "
                    "one whose files never come is forgotten."
                ),
            ),
            "get": operation("listBatches", "List batches", _TAG, listing, [422], parameters=query(ListQuery)),
        },
        "/v1/batches/{id}": {
            "get": operation(
                "getBatch", "How far it is", _TAG, {"200": answer(_STATE, "The batch")}, [404], parameters=[batch_id]
            )
        },
        "/v1/batches/{id}/results": {
            "get": operation(
                "getResults",
                "Download its results",
                _TAG,
                {"200": answer(_RESULTS, "Links to the files")},
                [404, 409, 422],
                parameters=[batch_id, *query(ResultsQuery)],
                description=(
                    "`json`: a result a line, as `POST /v1/codes` answers; `csv`: a code a line; "
                    "`fhir`: a FHIR R4 Bundle a line."
                ),
            )
        },
        "/v1/batches/{id}/quarantine": {
            "get": operation(
                "getQuarantine",
                "What was not coded, and why",
                _TAG,
                {"200": answer(_QUARANTINE, "At most 1,000 records, never their text")},
                [404],
                parameters=[batch_id],
            )
        },
    }
    return Section(paths, (BatchRequest,), (BatchAccepted, BatchList, BatchState, BatchResults, Quarantine))
