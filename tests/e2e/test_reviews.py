"""Reviews through the API: recorded, listed, exported, measured."""

import json

import httpx
import pytest
from conftest import CANARY

from training.data import LabelledNote

TEXT = f"Assessment: {CANARY} has gout. Fever is ruled out."
REVIEW = {
    "note_id": "e2e-1",
    "reviewer": "ann",
    "text": TEXT,
    "decisions": [
        {"code": "M10.9", "action": "accept", "evidence": [{"begin": TEXT.index("gout"), "end": TEXT.index(".")}]},
        {"code": "R50.9", "action": "reject", "reason": "ruled out"},
        {"code": "E11.9", "action": "replace", "replacement": "E11.65"},
        {"code": "I10", "action": "add"},
    ],
}


@pytest.fixture(scope="module")
def before(send):
    return send("GET", "/v1/metrics").json()


@pytest.fixture(scope="module")
def review(send, before):
    """A review that was posted twice with one key."""
    responses = [
        send("POST", "/v1/reviews", json=REVIEW, headers={"Idempotency-Key": "e2e-review-1"}) for _ in range(2)
    ]
    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].json() == responses[1].json()
    return responses[0].json()


def test_the_review_is_listed_without_its_note(send, review):
    response = send("GET", "/v1/reviews", params={"note_id": "e2e-1"})
    (found,) = response.json()["reviews"]
    assert (found["review_id"], found["reviewer"]) == (review["review_id"], "ann")
    assert [decision["action"] for decision in found["decisions"]] == ["accept", "reject", "replace", "add"]
    assert CANARY not in response.text


def test_the_export_is_what_training_reads(send, review):
    response = send("POST", "/v1/reviews/exports")
    assert response.status_code == 201
    lines = httpx.get(response.json()["url"], timeout=30).text.splitlines()
    assert len(lines) == response.json()["notes"]
    (note,) = [LabelledNote.model_validate_json(line) for line in lines if json.loads(line)["id"] == "e2e-1"]
    assert (note.text, note.codes) == (TEXT, ("M10.9", "E11.65", "I10"))
    assert [(each.code, each.text) for each in note.evidence] == [("M10.9", f"{CANARY} has gout.")]


def test_metrics_count_it_once(send, before, review):
    after = send("GET", "/v1/metrics").json()
    counted = ("reviewed", "accepted", "rejected", "replaced", "added")
    assert {name: after[name] - before[name] for name in counted} == dict.fromkeys(counted, 1)
    assert 0 < after["acceptance"] < 1
    assert {"M10.9", "R50.9", "E11.9"} <= {each["code"] for each in after["by_code"]}


def test_a_code_that_is_none_is_a_problem(send):
    body = {**REVIEW, "decisions": [{"code": CANARY[:10], "action": "accept"}]}
    response = send("POST", "/v1/reviews", json=body)
    assert (response.status_code, response.json()["reason"]) == (422, "unknown_code")
    assert CANARY[:10] not in response.text


def test_the_note_is_kept_encrypted_and_nowhere_else(stack, review):
    kept = stack.s3.list_objects_v2(Bucket=stack.results_bucket, Prefix="reviews/")["Contents"]
    head = stack.s3.head_object(Bucket=stack.results_bucket, Key=kept[0]["Key"])
    assert head["ServerSideEncryption"] == "aws:kms"
    seen = []
    table, logs = stack.client("dynamodb"), stack.client("logs")
    for name in table.list_tables()["TableNames"]:
        seen.append(table.scan(TableName=name)["Items"])
    for group in logs.describe_log_groups()["logGroups"]:
        seen.append(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
    assert review["review_id"] in str(seen)
    assert CANARY not in str(seen)
