import json

import boto3
import pytest
from botocore.exceptions import ClientError
from chartcode_aws.batch_table import Batch, BatchTable
from reviews import review_table
from reviews.app import lambda_handler
from reviews.review_table import ReviewTable

from training import data

TEXT = "HPI: Well.\nAssessment: Type 2 diabetes. He has gout. Fever is ruled out."
GOUT = {"begin": TEXT.index("gout"), "end": TEXT.index("gout") + 4}
REVIEW = {
    "note_id": "n1",
    "reviewer": "ann",
    "model_version": "m1",
    "decisions": [
        {"code": "M10.9", "action": "accept", "probability": 0.95, "route": "auto", "evidence": [GOUT]},
        {"code": "e119", "action": "replace", "replacement": "E11.65", "reason": "hyperglycemia documented"},
        {"code": "R50.9", "action": "reject"},
        {"code": "Z79.4", "action": "add"},
    ],
}


@pytest.fixture
def send(aws, rest):
    return lambda *request, **options: rest(lambda_handler, *request, **options)


def metrics(send):
    return send("GET", "/v1/metrics")[2]


def test_a_review_is_recorded_without_the_note(send):
    status, _, accepted = send("POST", "/v1/reviews", {**REVIEW, "text": TEXT})
    assert (status, accepted["decisions"]) == (201, 4)
    _, _, answer = send("GET", "/v1/reviews", query={"note_id": "n1"})
    (review,) = answer["reviews"]
    assert (review["review_id"], review["reviewer"]) == (accepted["review_id"], "ann")
    assert review["decisions"][1] == {
        "code": "E11.9",
        "action": "replace",
        "replacement": "E11.65",
        "reason": "hyperglycemia documented",
        "evidence": [],
    }
    items = boto3.client("dynamodb").scan(TableName="reviews")["Items"]
    assert "ruled out" not in json.dumps([*items, answer])
    assert all(int(item["expiration"]["N"]) for item in items)


def test_reviews_are_newest_first(send):
    for reviewer in ("ann", "bob"):
        send("POST", "/v1/reviews", {**REVIEW, "reviewer": reviewer})
    _, _, answer = send("GET", "/v1/reviews", query={"note_id": "n1"})
    assert [review["reviewer"] for review in answer["reviews"]] == ["bob", "ann"]
    assert send("GET", "/v1/reviews")[0] == 422


@pytest.mark.parametrize(
    ("decision", "detail"),
    [
        ({"code": "E11.9Z", "action": "accept"}, "decisions.0.code is not in ICD-10-CM"),
        ({"code": "I10-I1A", "action": "accept"}, "decisions.0.code is not in"),
        ({"code": "E11.9", "action": "replace", "replacement": "E1Z"}, "decisions.0.replacement is not in"),
        ({"code": "E11.9", "action": "replace"}, "has a replacement"),
        ({"code": "E11.9", "action": "accept", "replacement": "I10"}, "has a replacement"),
        ({"code": "E11.9", "action": "keep"}, "decisions.0.action"),
    ],
)
def test_a_decision_that_makes_no_sense_is_a_422(send, decision, detail):
    status, _, problem = send("POST", "/v1/reviews", {**REVIEW, "decisions": [decision]})
    assert status == 422
    assert detail in problem["detail"]
    assert metrics(send)["reviewed"] == 0


def test_a_code_is_decided_once_a_review(send):
    twice = [{"code": "I10", "action": "accept"}, {"code": "i10", "action": "reject"}]
    assert send("POST", "/v1/reviews", {**REVIEW, "decisions": twice})[0] == 422


def test_the_same_review_again_counts_once(send):
    first = send("POST", "/v1/reviews", REVIEW)[2]
    assert send("POST", "/v1/reviews", REVIEW)[2] == first
    assert metrics(send)["reviewed"] == 1


def test_a_decision_taken_back_and_given_again_counts(send):
    changed = {**REVIEW, "decisions": [{"code": "M10.9", "action": "reject"}]}
    for review in (REVIEW, changed, REVIEW):
        send("POST", "/v1/reviews", review)
    assert metrics(send)["reviewed"] == 3


def test_an_idempotency_key_counts_once(send):
    first = send("POST", "/v1/reviews", REVIEW, idempotency_key="k1")[2]
    assert send("POST", "/v1/reviews", {**REVIEW, "note_id": "n2"}, idempotency_key="k2")[0] == 201
    assert send("POST", "/v1/reviews", REVIEW, idempotency_key="k1")[2] == first
    assert send("POST", "/v1/reviews", REVIEW, idempotency_key="k3")[2] != first
    assert metrics(send)["reviewed"] == 3
    status, _, problem = send("POST", "/v1/reviews", {**REVIEW, "reviewer": "bob"}, idempotency_key="k1")
    assert status == 422
    assert "new key" in problem["detail"]


def test_a_conflict_with_another_review_is_tried_again(send, monkeypatch):
    client = review_table._table().meta.client
    write, conflicts = client.transact_write_items, [1, 1]

    def conflicting(**request):
        if conflicts:
            conflicts.pop()
            error = {"Error": {"Code": "TransactionCanceledException"}}
            reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}
            raise client.exceptions.TransactionCanceledException({**error, **reasons}, "TransactWriteItems")
        return write(**request)

    monkeypatch.setattr(review_table.time, "sleep", lambda _: None)
    monkeypatch.setattr(client, "transact_write_items", conflicting)
    assert send("POST", "/v1/reviews", REVIEW)[0] == 201
    assert metrics(send)["reviewed"] == 1
    conflicts.extend([1] * review_table.MOST_ATTEMPTS)
    with pytest.raises(ClientError):
        ReviewTable()._write([])


def exported(aws, answer):
    (found,) = aws.list_objects_v2(Bucket="results", Prefix="exports/")["Contents"]
    assert found["Key"] in answer["url"]
    return aws.get_object(Bucket="results", Key=found["Key"])["Body"].read()


def test_an_export_is_what_training_reads(send, aws, tmp_path):
    send("POST", "/v1/reviews", {**REVIEW, "text": TEXT})
    send("POST", "/v1/reviews", {**REVIEW, "note_id": "without-text"})
    later = {**REVIEW, "reviewer": "bob", "decisions": [*REVIEW["decisions"][:3], {"code": "I10", "action": "add"}]}
    send("POST", "/v1/reviews", later)
    status, _, answer = send("POST", "/v1/reviews/exports")
    assert (status, answer["notes"]) == (201, 1)
    path = tmp_path / "notes.jsonl"
    path.write_bytes(exported(aws, answer))
    (note,) = data.read(path)
    assert (note.id, note.text, note.codes) == ("n1", TEXT, ("M10.9", "E11.65", "I10"))
    assert [(each.code, each.text) for each in note.evidence] == [("M10.9", "He has gout.")]


def test_a_text_that_has_expired_is_not_exported(send, aws):
    send("POST", "/v1/reviews", {**REVIEW, "text": TEXT})
    (kept,) = aws.list_objects_v2(Bucket="results", Prefix="reviews/")["Contents"]
    aws.delete_object(Bucket="results", Key=kept["Key"])
    answer = send("POST", "/v1/reviews/exports")[2]
    assert answer["notes"] == 0


def test_metrics_of_reviews(send):
    send("POST", "/v1/reviews", REVIEW)
    send("POST", "/v1/reviews", {**REVIEW, "note_id": "n2", "model_version": "m2"})
    rejected = [{"code": "M10.9", "action": "reject"}]
    send("POST", "/v1/reviews", {**REVIEW, "note_id": "n3", "decisions": rejected})
    found = metrics(send)
    totals = {"reviewed": 3, "accepted": 2, "rejected": 3, "replaced": 2, "added": 2}
    assert {name: found[name] for name in totals} == totals
    assert found["acceptance"] == pytest.approx(2 / 7)
    gout = {"code": "M10.9", "description": "Gout, unspecified", "accepted": 2, "rejected": 1, "replaced": 0}
    assert found["by_code"][0] == {**gout, "precision": pytest.approx(2 / 3)}
    assert [each["code"] for each in found["by_code"]] == ["M10.9", "E11.9", "R50.9"]
    assert found["by_model"] == [
        {"model_version": "m1", "reviewed": 2, "acceptance": 0.25},
        {"model_version": "m2", "reviewed": 1, "acceptance": pytest.approx(1 / 3)},
    ]
    assert (found["batches"], found["auto_rate"], found["drift"], found["mlflow_url"]) == (0, None, None, None)


def test_counters_of_days_before_the_period_are_left_out(send, monkeypatch):
    monkeypatch.setattr("reviews.service.timestamp", lambda: "2020-01-01T00:00:00.000Z")
    send("POST", "/v1/reviews", REVIEW)
    assert metrics(send)["reviewed"] == 0


def batch(number, mix, auto=0):
    summary = {"coded": 10, "codes": sum(mix.values()), "auto": auto, "code_mix": mix}
    return Batch(id=f"batch-{number}", status="SUCCEEDED", files=1, summary=summary)


def test_metrics_of_batches(send):
    BatchTable().create(batch(1, {"Heart": 75, "Skin": 25}, auto=100))
    BatchTable().create(batch(2, {"Heart": 10, "Skin": 10}, auto=20))
    BatchTable().create(batch(3, {"Heart": 5, "Skin": 15}))
    BatchTable().create(Batch(id="batch-4", status="IN_PROGRESS", files=1))
    found = metrics(send)
    assert (found["batches"], found["notes"], found["codes"]) == (3, 30, 140)
    assert found["auto_rate"] == pytest.approx(120 / 140)
    # The newest quarter (35 codes) is batches 3 and 2: Heart 15, Skin 25 of 40; before: Heart 75, Skin 25 of 100.
    heart, skin = found["code_mix"]
    assert heart == {"chapter": "Heart", "share": 0.375, "reference_share": 0.75, "training_share": 0.0}
    assert skin == {"chapter": "Skin", "share": 0.625, "reference_share": 0.25, "training_share": 0.0}
    # (0.375 - 0.75) ln(0.375 / 0.75) + (0.625 - 0.25) ln(0.625 / 0.25) = 0.2599 + 0.3436
    assert found["drift"] == pytest.approx(0.6035, abs=1e-4)
