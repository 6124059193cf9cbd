import json

import pytest
from chartcode_aws.batch_table import Batch, BatchTable

MANIFEST = {"batch_id": "batch-1", "files": [{"bucket": "notes", "key": "incoming/note.txt"}]}
COUNTS = {"files": 1, "read": 4, "accepted": 2, "quarantined": 1, "duplicates": 1, "reasons": {"empty": 1}}
NOTES = [{"id": "a", "text": "Assessment: Gout.", "age": None, "sex": None}, {"id": "b", "text": "12 34"}]


@pytest.fixture
def batch(aws):
    """A prepared batch of two notes, one of which cannot be coded."""

    def put(name, content):
        aws.put_object(Bucket="results", Key=f"batches/batch-1/{name}", Body=content.encode())

    put("manifest.json", json.dumps(MANIFEST))
    put("prepared/counts.json", json.dumps(COUNTS))
    put("prepared/shard-00000.jsonl", "".join(json.dumps(note) + "\n" for note in NOTES))
    return aws


def read(aws, name):
    return aws.get_object(Bucket="results", Key=f"batches/batch-1/{name}")["Body"].read().decode()


def test_plan_chooses_by_number_and_by_request(batch, event, context):
    from plan_batch.app import lambda_handler

    request, expected = event("plan_batch")
    assert lambda_handler(request, context) == expected
    assert lambda_handler({**request, "engine": "glue"}, context)["engine"] == "glue"
    many = {**COUNTS, "accepted": 3}
    batch.put_object(Bucket="results", Key="batches/batch-1/prepared/counts.json", Body=json.dumps(many).encode())
    assert lambda_handler(request, context)["engine"] == "glue"
    none = {**COUNTS, "accepted": 0}
    batch.put_object(Bucket="results", Key="batches/batch-1/prepared/counts.json", Body=json.dumps(none).encode())
    assert lambda_handler({**request, "engine": "glue"}, context)["engine"] == "none"


@pytest.mark.parametrize(("key", "most"), [("incoming/a.jsonl", 500_000), ("jobs/in/a.jsonl", 150_000)])
def test_a_batch_that_could_not_be_published_is_refused_before_it_is_coded(batch, event, context, key, most):
    from plan_batch.app import BatchTooLarge, lambda_handler

    def put(name, content):
        batch.put_object(Bucket="results", Key=f"batches/batch-1/{name}", Body=json.dumps(content).encode())

    put("manifest.json", {**MANIFEST, "files": [{"bucket": "notes", "key": key}]})
    put("prepared/counts.json", {**COUNTS, "accepted": most})
    assert lambda_handler(event("plan_batch")[0], context)["notes"] == most
    put("prepared/counts.json", {**COUNTS, "accepted": most + 1})
    with pytest.raises(BatchTooLarge, match=f"{most + 1} notes"):
        lambda_handler(event("plan_batch")[0], context)


def test_predict_codes_what_it_can_and_names_the_rest(batch, event, context):
    from predict.app import lambda_handler

    request, expected = event("predict")
    assert lambda_handler(request, context) == expected
    assert lambda_handler(request, context) == expected  # a retry overwrites its own output
    result = json.loads(read(batch, "results/shard-00000.jsonl"))
    assert (result["id"], result["codes"][0]["code"]) == ("a", "M10.9")
    assert json.loads(read(batch, "failed/shard-00000.jsonl")) == {"id": "b", "reason": "empty"}
    (bundle,) = map(json.loads, read(batch, "results/fhir/shard-00000.ndjson").splitlines())
    assert (bundle["resourceType"], bundle["entry"][0]["resource"]["code"]["coding"][0]["code"]) == ("Bundle", "M10.9")


def test_an_unforeseen_error_is_recorded_without_its_text(batch, event, context, monkeypatch):
    from predict import app

    def fail(*_args, **_kwargs):
        raise ValueError("gout of Zebra Smith")

    monkeypatch.setattr(app.coder, "code", fail)
    assert app.lambda_handler(event("predict")[0], context) == {"coded": 0, "failed": 2}
    failed = read(batch, "failed/shard-00000.jsonl")
    assert "coder_error:ValueError" in failed
    assert "Zebra" not in failed


def test_publish_counts_every_note(batch, event, context):
    from predict.app import lambda_handler as predict
    from publish_results.app import lambda_handler

    predict(event("predict")[0], context)
    request, expected = event("publish_results")
    summary = lambda_handler(request, context)
    assert {name: summary[name] for name in expected} == expected
    assert json.loads(read(batch, "summary.json")) == summary
    (code,) = json.loads(read(batch, "results/shard-00000.jsonl"))["codes"]
    assert summary["auto"] == int(code["route"] == "auto")
    header, row = read(batch, "results/codes.csv").splitlines()
    assert header == "id,code,description,probability,evidence"
    assert row.startswith("a,M10.9,")


def test_publish_records_the_end_in_the_table(batch, event, context):
    from publish_results.app import lambda_handler

    created = Batch(id="batch-1", status="IN_PROGRESS", files=1, created="2026-11-22T00:00:00.000Z", name="Monday")
    BatchTable().create(created)
    summary = lambda_handler(event("publish_results")[0], context)
    found = BatchTable().get("batch-1")
    assert (found.status, found.summary, found.name) == ("PARTIAL_SUCCESS", summary, "Monday")
    assert (found.created, found.started) == (created.created, "2026-11-23T00:00:00+00:00")


@pytest.mark.parametrize(("error", "written"), [(None, ["batch-1"]), ("States.Timeout", [])])
def test_publish_writes_the_output_of_a_job_that_did_not_fail(batch, event, context, monkeypatch, error, written):
    from publish_results import app

    outputs = []
    monkeypatch.setattr(app.comprehend_output, "write", lambda store, _job: outputs.append(store.batch_id))
    BatchTable().create(Batch(id="batch-1", status="IN_PROGRESS", files=1, comprehend_job={"JobId": "1"}))
    app.lambda_handler({**event("publish_results")[0], "error": error}, context)
    assert outputs == written


def test_publish_after_a_failure_keeps_the_count(batch, event, context):
    from publish_results.app import lambda_handler

    request, _ = event("publish_results")
    summary = lambda_handler({**request, "error": "States.TaskFailed"}, context)
    assert (summary["status"], summary["failed"], summary["accepted"]) == ("FAILED", 2, 2)


def test_publish_before_preparation_ended(batch, event, context):
    from publish_results.app import lambda_handler

    batch.delete_object(Bucket="results", Key="batches/batch-1/prepared/counts.json")
    summary = lambda_handler({**event("publish_results")[0], "error": "States.Timeout"}, context)
    assert (summary["status"], summary["files"], summary["read"]) == ("FAILED", 1, 0)


def test_counts_that_do_not_add_up_are_an_error(batch, event, context):
    from publish_results.app import lambda_handler
    from publish_results.summary import CountsDisagree

    wrong = json.dumps({**COUNTS, "read": 5}).encode()
    batch.put_object(Bucket="results", Key="batches/batch-1/prepared/counts.json", Body=wrong)
    with pytest.raises(CountsDisagree, match="read 5"):
        lambda_handler(event("publish_results")[0], context)
