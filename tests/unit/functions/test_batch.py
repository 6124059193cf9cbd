import json

import boto3
import pytest

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


def test_predict_codes_what_it_can_and_names_the_rest(batch, event, context):
    from predict.app import lambda_handler

    request, expected = event("predict")
    assert lambda_handler(request, context) == expected
    assert lambda_handler(request, context) == expected  # a retry overwrites its own output
    result = json.loads(read(batch, "results/shard-00000.jsonl"))
    assert (result["id"], result["codes"][0]["code"]) == ("a", "M10.9")
    assert json.loads(read(batch, "failed/shard-00000.jsonl")) == {"id": "b", "reason": "empty"}


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
    header, row = read(batch, "results/codes.csv").splitlines()
    assert header == "id,code,description,probability,evidence"
    assert row.startswith("a,M10.9,")


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


@pytest.fixture
def started(aws, monkeypatch):
    """The executions that the starter asks for: name → input."""
    from start_batch import app

    found = {}

    class States:
        exceptions = boto3.client("stepfunctions").exceptions

        def start_execution(self, stateMachineArn, name, input):  # noqa: N803  (boto3's names)
            if name in found:
                error = {"Error": {"Code": "ExecutionAlreadyExists", "Message": ""}}
                raise self.exceptions.ExecutionAlreadyExists(error, "StartExecution")
            found[name] = json.loads(input)

    monkeypatch.setattr(app, "_states", States())
    return found


def upload(event, number, key=None):
    """The sample SQS record, as of another message and (where `key` is given) another file."""
    (record,) = json.loads(json.dumps(event["Records"]))
    body = json.loads(record["body"])
    if key:
        body["detail"]["object"]["key"] = key
    return {**record, "messageId": f"message-{number}", "body": json.dumps(body)}


def test_uploads_of_one_window_are_one_execution(aws, started, event, context):
    from start_batch.app import lambda_handler

    request, expected = event("start_batch")
    records = [upload(request, 1), upload(request, 2, "incoming/other.txt")]
    assert lambda_handler({"Records": records}, context) == expected
    ((name, order),) = started.items()
    assert order["output"] == f"s3://results/batches/{name}/"
    manifest = json.loads(aws.get_object(Bucket="results", Key=f"batches/{name}/manifest.json")["Body"].read())
    assert [file["key"] for file in manifest["files"]] == ["incoming/note.txt", "incoming/other.txt"]


def test_the_same_event_in_another_batch_starts_nothing(started, event, context):
    from start_batch.app import lambda_handler

    request, _ = event("start_batch")
    lambda_handler(request, context)
    lambda_handler({"Records": [upload(request, 2)]}, context)
    lambda_handler({"Records": [upload(request, 3), upload(request, 4, "incoming/new.txt")]}, context)
    assert len(started) == 2
    assert lambda_handler(request, context) == {"batchItemFailures": []}


def test_a_failed_start_is_tried_again(started, event, context, monkeypatch):
    from start_batch import app

    request, _ = event("start_batch")
    working = app._states

    class Broken:
        exceptions = working.exceptions

        def start_execution(self, **_):
            raise ConnectionError

    monkeypatch.setattr(app, "_states", Broken())
    failures = app.lambda_handler(request, context)["batchItemFailures"]
    assert failures == [{"itemIdentifier": request["Records"][0]["messageId"]}]
    monkeypatch.setattr(app, "_states", working)
    assert app.lambda_handler({"Records": [upload(request, 9)]}, context) == {"batchItemFailures": []}
    assert len(started) == 1


def test_a_message_that_is_no_upload_fails_alone(started, event, context):
    from start_batch.app import lambda_handler

    request, _ = event("start_batch")
    stray = {**upload(request, 2), "body": "no JSON"}
    answer = lambda_handler({"Records": [*request["Records"], stray]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert len(started) == 1
