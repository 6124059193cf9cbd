import json

import boto3
import pytest
from chartcode_aws import executions
from chartcode_aws.batch_table import Batch, BatchTable


@pytest.fixture
def started(aws, monkeypatch):
    """The executions that the starter asks for: name → input."""
    found = {}

    class States:
        exceptions = boto3.client("stepfunctions").exceptions

        def start_execution(self, stateMachineArn, name, input):  # noqa: N803  (boto3's names)
            if name in found:
                error = {"Error": {"Code": "ExecutionAlreadyExists", "Message": ""}}
                raise self.exceptions.ExecutionAlreadyExists(error, "StartExecution")
            found[name] = json.loads(input)

    monkeypatch.setattr(executions, "_states", States)
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
    from start_batch.app import lambda_handler

    request, _ = event("start_batch")
    working = executions._states

    class Broken:
        exceptions = working.exceptions

        def start_execution(self, **_):
            raise ConnectionError

    monkeypatch.setattr(executions, "_states", Broken)
    failures = lambda_handler(request, context)["batchItemFailures"]
    assert failures == [{"itemIdentifier": request["Records"][0]["messageId"]}]
    monkeypatch.setattr(executions, "_states", working)
    assert lambda_handler({"Records": [upload(request, 9)]}, context) == {"batchItemFailures": []}
    assert len(started) == 1


@pytest.mark.parametrize("claimed", [1, 3, 5])
def test_no_file_is_lost_or_twice_when_the_starter_dies_at_its_claims(
    aws, started, event, context, monkeypatch, claimed
):
    from start_batch import app

    request, _ = event("start_batch")
    records = [upload(request, number, f"incoming/{number}.txt") for number in range(5)]
    works, claims = app.claim, []

    def claim_or_die(file, wanted):
        if len(claims) == claimed:
            raise KeyboardInterrupt
        claims.append(works(file, wanted))
        return claims[-1]

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(app, "claim", claim_or_die)
        dying.setattr(app.dropped, "start", die)
        with pytest.raises(KeyboardInterrupt):
            app.lambda_handler({"Records": records}, context)
    for group in (records[3:], records[:2], records[1:4], records):  # as SQS may deliver them again
        assert app.lambda_handler({"Records": group}, context) == {"batchItemFailures": []}
    manifests = [
        json.loads(aws.get_object(Bucket="results", Key=f"batches/{name}/manifest.json")["Body"].read())
        for name in started
    ]
    keys = sorted(file["key"] for manifest in manifests for file in manifest["files"])
    assert keys == [f"incoming/{number}.txt" for number in range(5)]


def test_a_message_that_is_no_upload_fails_alone(started, event, context):
    from start_batch.app import lambda_handler

    request, _ = event("start_batch")
    stray = {**upload(request, 2), "body": "no JSON"}
    answer = lambda_handler({"Records": [*request["Records"], stray]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert len(started) == 1


def test_dropped_files_are_a_batch_of_the_list(started, event, context):
    from start_batch.app import lambda_handler

    request, _ = event("start_batch")
    lambda_handler({"Records": [upload(request, 1), upload(request, 2, "incoming/other.txt")]}, context)
    (batch,), _ = BatchTable().page(10)
    assert ([batch.id], batch.status, batch.files) == (list(started), "IN_PROGRESS", 2)


REQUESTED = "batch-0123456789abcdef0123456789abcdef"


@pytest.fixture
def requested(aws, started):
    """A requested batch of two files."""
    names = ("a.txt", "b.csv")
    waiting = Batch(id=REQUESTED, status="WAITING_FOR_UPLOAD", files=2, file_names=names, engine="glue")
    BatchTable().create(waiting)
    return waiting


def put(aws, event, name, number=1):
    """Upload a file of the requested batch, and return the request that tells of it."""
    key = f"incoming/{REQUESTED}/{name}"
    aws.put_object(Bucket="notes", Key=key, Body=b"Assessment: Gout.")
    return {"Records": [upload(event("start_batch")[0], number, key)]}


def test_a_requested_batch_starts_once_with_all_of_its_files(aws, requested, started, event, context):
    from start_batch.app import lambda_handler

    first = put(aws, event, "a.txt")
    assert lambda_handler(first, context) == {"batchItemFailures": []}
    assert not started
    assert lambda_handler(put(aws, event, "b.csv"), context) == {"batchItemFailures": []}
    assert started[REQUESTED]["engine"] == "glue"
    manifest = json.loads(aws.get_object(Bucket="results", Key=f"batches/{REQUESTED}/manifest.json")["Body"].read())
    assert [file["key"] for file in manifest["files"]] == [f"incoming/{REQUESTED}/{n}" for n in ("a.txt", "b.csv")]
    newest = aws.head_object(Bucket="notes", Key=f"incoming/{REQUESTED}/a.txt")["VersionId"]
    assert manifest["files"][0]["version_id"] == newest
    assert BatchTable().get(REQUESTED).status == "IN_PROGRESS"
    lambda_handler(put(aws, event, "a.txt"), context)  # again, after the start
    lambda_handler(first, context)
    assert len(started) == 1


def test_the_start_of_a_requested_batch_is_tried_again(aws, requested, started, event, context, monkeypatch):
    from start_batch.app import lambda_handler

    def fail(*_):
        raise ConnectionError

    works = BatchTable.start
    put(aws, event, "a.txt")
    request = put(aws, event, "b.csv")
    monkeypatch.setattr(BatchTable, "start", fail)
    assert lambda_handler(request, context)["batchItemFailures"] == [{"itemIdentifier": "message-1"}]
    monkeypatch.setattr(BatchTable, "start", works)
    assert lambda_handler(request, context) == {"batchItemFailures": []}
    assert BatchTable().get(REQUESTED).status == "IN_PROGRESS"
    assert list(started) == [REQUESTED]


def test_a_file_that_no_batch_asked_for_is_a_batch_of_its_own(aws, requested, started, event, context):
    from start_batch.app import lambda_handler

    lambda_handler(put(aws, event, "c.txt"), context)
    ((name, _),) = started.items()
    assert name != REQUESTED
