"""Who is in the audit trail, with what, and that an entry is written once and before the answer leaves."""

import json
import time

import boto3
import pytest
from api.app import lambda_handler as api
from batches.app import lambda_handler as batches
from botocore.exceptions import ClientError
from chartcode_aws import audit
from chartcode_aws.audit import Entry
from chartcode_aws.batch_table import Batch, BatchTable
from predict.app import lambda_handler as predict
from reviews.app import lambda_handler as reviews
from start_batch import app as start_batch

TEXT = "Assessment: Gout. Zebra Smith has no fever."
GOUT = {"text": TEXT, "id": "visit-1"}
NOTES = [{"id": "n1", "text": "Assessment: Gout."}, {"id": "Zebra Smith", "text": "Assessment: Asthma."}]
REVIEW = {
    "note_id": "visit-1",
    "reviewer": "ann",
    "text": TEXT,
    "decisions": [{"code": "M10.9", "action": "accept"}, {"code": "R50.9", "action": "reject"}],
}


def trail():
    return sorted(boto3.resource("dynamodb").Table("audit").scan()["Items"], key=lambda entry: entry["time"])


@pytest.fixture
def send(aws, rest):
    return rest


def test_a_note_is_entered_with_its_codes_and_without_its_text(send):
    _, headers, answer = send(api, "POST", "/v1/codes", GOUT, x_request_id="r-1")
    (entry,) = trail()
    assert (entry["action"], entry["note_id"], entry["codes"]) == ("CodeNote", "visit-1", ["M10.9"])
    assert entry["subject"] == audit.note_subject("visit-1")
    assert entry["request_id"] == headers["X-Request-Id"] == "r-1"
    assert "#request-1#" in entry["entry"]  # API Gateway's own id, which its log has
    assert (entry["model_version"], entry["code_set_release"]) == (answer["model"]["version"], "2026-04-01")
    assert entry["day"] == entry["time"][:10]
    years = (int(entry["expiration"]) - time.time()) / 86_400 / 365.25
    assert years == pytest.approx(6, abs=0.01)
    assert "Zebra" not in json.dumps(entry, default=str)


def test_a_note_without_an_id_is_entered_under_its_request(send):
    for number in (1, 2):
        send(api, "POST", "/v1/codes", {"text": TEXT}, x_request_id=f"r-{number}")
    assert [entry["subject"] for entry in trail()] == ["request#r-1", "request#r-2"]


def test_a_note_that_is_refused_is_not_entered(send):
    assert send(api, "POST", "/v1/codes", {"text": "12 34"})[0] == 422
    assert send(api, "GET", "/v1/codes", query={"q": "gout"})[0] == 200
    assert trail() == []


@pytest.mark.parametrize(
    ("note_id", "kept"),
    [
        ("visit-1", True),
        ("MRN:00.12_3", True),
        ("Smith-Zebra", False),
        ("mixed/smith1", False),
        ("Zebra Smith 1", False),
        ("1" * 65, False),
    ],
)
def test_an_id_that_may_hold_a_name_is_kept_as_its_hash(note_id, kept):
    item = Entry(action="CodeNote", principal="p", key="k", note_id=note_id).item(1)
    assert ("note_id" in item) == kept
    assert item["subject"] == audit.note_subject(note_id)
    assert kept or note_id not in str(item)


ROLE = "arn:aws:sts::123456789012:assumed-role/billing/ann"


@pytest.mark.parametrize(
    ("context", "who"),
    [
        ({"identity": dict.fromkeys(["apiKeyId"], "k1")}, "api-key:k1"),
        ({"identity": {"userArn": ROLE, "apiKeyId": None}}, ROLE),
        ({"identity": {}, "authorizer": {"claims": {"sub": "s1", "email": "ann@example.org"}}}, "cognito:s1"),
        ({}, "unknown"),
    ],
)
def test_the_principal_is_whom_api_gateway_let_in(context, who):
    assert audit.principal(context) == who


def test_an_answer_that_cannot_be_entered_does_not_leave(send, monkeypatch, caplog):
    monkeypatch.setenv("AUDIT_TABLE", "gone")
    status, _, problem = send(api, "POST", "/v1/codes", GOUT)
    assert status == 500
    assert "M10" not in json.dumps(problem)
    assert "ResourceNotFoundException" in str([vars(record) for record in caplog.records])
    assert send(batches, "POST", "/v1/batches", {"files": ["a.txt"]})[0] == 500
    assert send(reviews, "GET", "/v1/reviews", query={"note_id": "visit-1"})[0] == 500


@pytest.fixture
def batch(aws):
    content = "".join(json.dumps({**note, "age": None, "sex": None}) + "\n" for note in NOTES).encode()
    aws.put_object(Bucket="results", Key="batches/batch-1/prepared/shard-00000.jsonl", Body=content)
    return aws


def results(aws):
    return aws.list_objects_v2(Bucket="results", Prefix="batches/batch-1/results/").get("Contents", [])


def test_a_retried_shard_enters_its_notes_once(batch, event, context):
    request, _ = event("predict")
    predict(request, context)
    first = trail()
    predict(request, context)
    assert trail() == first
    assert {(entry["action"], entry["principal"], entry["batch_id"]) for entry in first} == {
        ("CodeBatchNote", "batch:batch-1", "batch-1")
    }
    assert {entry["subject"]: entry["codes"] for entry in first} == {
        audit.note_subject("n1"): ["M10.9"],
        audit.note_subject("Zebra Smith"): ["J45.909"],
    }
    assert "Zebra" not in json.dumps(first, default=str)


def test_no_result_is_written_before_its_entry(batch, event, context, monkeypatch):
    monkeypatch.setenv("AUDIT_TABLE", "gone")
    with pytest.raises(ClientError):
        predict(event("predict")[0], context)
    assert results(batch) == []


def test_another_model_is_another_entry(aws):
    for model in ("m1", "m2", "m1"):
        key = f"batch-1#{model}"
        audit.append([Entry(action="CodeBatchNote", principal="batch:batch-1", key=key, note_id="n1")])
    assert [entry["entry"] for entry in trail()] == ["batch-1#m1", "batch-1#m2"]


def test_who_orders_and_fetches_a_batch_is_entered_under_the_batch(send):
    _, _, order = send(batches, "POST", "/v1/batches", {"files": ["a.txt"]})
    assert send(batches, "GET", f"/v1/batches/{order['id']}/results")[0] == 409
    BatchTable().create(Batch(id="batch-1", status="SUCCEEDED", files=1))
    assert send(batches, "GET", "/v1/batches/batch-1/results")[0] == 200
    assert [(entry["action"], entry["subject"]) for entry in trail()] == [
        ("CreateBatch", audit.batch_subject(order["id"])),
        ("GetBatchResults", audit.batch_subject("batch-1")),
    ]


def test_who_uploads_a_batch_is_entered_once(aws, event, context, monkeypatch):
    request, _ = event("start_batch")
    for record in request["Records"]:
        body = json.loads(record["body"])
        body["detail"] |= {"requester": "123456789012", "source-ip-address": "192.0.2.1"}
        record["body"] = json.dumps(body)
    order = []
    monkeypatch.setattr(start_batch, "start", lambda batch, _: order.append((batch.id, len(trail()))))
    for _ in range(2):
        start_batch.lambda_handler(request, context)
    (entry,) = trail()
    assert (entry["principal"], entry["source_ip"]) == ("account:123456789012", "192.0.2.1")
    assert order == [(entry["batch_id"], 1)] * 2


def test_reviews_are_entered_when_they_are_written_read_and_exported(send):
    send(reviews, "POST", "/v1/reviews", REVIEW)
    send(reviews, "GET", "/v1/reviews", query={"note_id": "visit-1"})
    send(reviews, "POST", "/v1/reviews/exports")
    entries = trail()
    assert [entry["action"] for entry in entries] == ["ReviewNote", "ListReviews", "ExportReview"]
    assert {entry["subject"] for entry in entries} == {audit.note_subject("visit-1")}
    assert [entry["codes"] for entry in entries] == [["M10.9"], [], ["M10.9"]]
    assert entries[0]["reviewer"] == "ann"
    assert "Zebra" not in json.dumps(entries, default=str)


def test_without_a_stack_nothing_is_entered(monkeypatch):
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.delenv("AUDIT_TABLE")
    audit.append([Entry(action="CodeNote", principal="p", key="k")])
