"""Files dropped into S3, coded by the deployed workflow."""

import json
import time

import pytest
from conftest import CANARY, predict_that_fails

VISIT = f"HPI: Patient {CANARY} denies chest pain.\nAssessment:\n1. Essential hypertension\n2. Gout\n"
MEGABYTES_5 = b"The patient is well. " * 250_000


@pytest.fixture(scope="module")
def mixed(stack, tmp_path_factory):
    """A batch of good and poisoned files, dropped at once; its one execution and its summary."""
    folder = tmp_path_factory.mktemp("notes")
    day = [json.dumps({"id": f"d{i}", "text": f"Assessment: Asthma, visit {i}"}) for i in range(3)]
    files = {
        "visit.txt": VISIT.encode(),
        "copy.txt": VISIT.encode(),
        "empty.txt": b"",
        "scan.txt": b"\x89PNG\x00\x00\xff\xfe",
        "latin.txt": "Sjögren".encode("latin-1"),
        "huge.txt": MEGABYTES_5,
        "day.jsonl": "\n".join([*day, '{"id": "broken", "text": "' + CANARY]).encode(),
        "export.csv": b"patient_id,age,gender,doctor_notes,icd10_codes\n9,61,Male,Assessment: Gout flare,M10.9\n",
        "letter.docx": b"PK" + CANARY.encode(),
    }
    keys = set()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        keys.add(stack.drop(folder / name, f"mixed/{name}"))
    executions = stack.follow(keys, 180)
    assert len(executions) == 1, "the batching window makes one execution of many files"
    return executions[0], stack.summary(executions[0])


def test_every_note_of_a_poisoned_mix_is_accounted_for(mixed):
    execution, summary = mixed
    assert execution.status == "SUCCEEDED"
    expected = {"files": 9, "read": 12, "accepted": 5, "duplicates": 1, "quarantined": 6, "coded": 5, "failed": 0}
    assert {name: summary[name] for name in expected} == expected
    assert summary["status"] == "PARTIAL_SUCCESS"
    assert summary["reasons"] == {
        "empty": 1,
        "binary": 1,
        "wrong_encoding": 1,
        "too_long": 1,
        "bad_json": 1,
        "unsupported_format": 1,
    }


def test_results_hold_codes_with_evidence(stack, mixed):
    results = {record["id"]: record for record in stack.records(mixed[0], "results/")}
    assert set(results) == {"mixed/copy", "d0", "d1", "d2", "9:2"}  # copy.txt stands before visit.txt
    codes = results["mixed/copy"]["codes"]
    assert [code["code"] for code in codes] == ["I10", "M10.9"]
    assert codes[0]["evidence"][0]["text"] == "Essential hypertension"
    table = stack.object(mixed[0], "results/codes.csv").decode().splitlines()
    assert any(line.startswith("9:2,M10.9,") for line in table)


def test_quarantine_says_where_and_why(stack, mixed):
    records = list(stack.records(mixed[0], "quarantine/"))
    assert {(record["source"], record["reason"]) for record in records} >= {
        ("incoming/mixed/empty.txt", "empty"),
        ("incoming/mixed/day.jsonl", "bad_json"),
    }
    (duplicate,) = stack.records(mixed[0], "duplicates/")
    assert duplicate["source"] == "incoming/mixed/visit.txt"


def test_the_same_event_again_starts_nothing(stack, mixed):
    manifest = json.loads(stack.object(mixed[0], "manifest.json"))
    sqs = stack.client("sqs")
    (url,) = [u for u in sqs.list_queues()["QueueUrls"] if "UploadQueue" in u]
    before = stack.executions()
    for file in manifest["files"][:2]:
        event = {"detail": {"bucket": {"name": file["bucket"]}, "object": {"key": file["key"], "etag": file["etag"]}}}
        event["detail"]["object"]["version-id"] = file["version_id"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    time.sleep(6)  # longer than the batching window
    assert stack.executions() == before


def test_a_request_may_name_glue_as_the_engine(stack, mixed):
    manifest = json.loads(stack.object(mixed[0], "manifest.json"))
    batch = "batch-in-spark"
    prefix = f"s3://{stack.results_bucket}/batches/{batch}/"
    manifest["batch_id"] = batch
    body = json.dumps(manifest).encode()
    stack.s3.put_object(Bucket=stack.results_bucket, Key=f"batches/{batch}/manifest.json", Body=body)
    order = {"batch_id": batch, "manifest": prefix + "manifest.json", "output": prefix, "engine": "glue"}
    arn = stack.outputs["StateMachineArn"]
    stack.states.start_execution(stateMachineArn=arn, name=batch, input=json.dumps(order))
    deadline = time.monotonic() + 180
    while (found := next(e for e in stack.executions() if e.name == batch)).status == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert found.status == "SUCCEEDED"
    assert stack.summary(found)["coded"] == 5
    in_spark = {record["id"]: record["codes"] for record in stack.records(found, "results/")}
    by_lambda = {record["id"]: record["codes"] for record in stack.records(mixed[0], "results/")}
    assert in_spark == by_lambda


def test_a_predict_failure_is_retried_and_then_recorded(stack, drop):
    with predict_that_fails(stack):
        (execution,) = stack.follow({drop("failing.txt", "Assessment: Migraine.")}, 180)
    assert execution.status == "FAILED"
    summary = stack.summary(execution)
    assert (summary["status"], summary["accepted"], summary["coded"], summary["failed"]) == ("FAILED", 1, 0, 1)
    assert summary["error"] == "States.ExceedToleratedFailureThreshold"
    assert "prepared/shard-00000.jsonl" in stack.names(execution, "prepared/")
    (run,) = stack.states.list_map_runs(executionArn=execution.arn)["mapRuns"]
    (child,) = stack.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    events = stack.states.get_execution_history(executionArn=child["executionArn"])["events"]
    attempts = [event for event in events if event["type"] in ("TaskFailed", "LambdaFunctionFailed")]
    assert len(attempts) == 3


def test_objects_are_encrypted_with_the_key(stack, mixed):
    head = stack.s3.head_object(Bucket=stack.results_bucket, Key=f"batches/{mixed[0].name}/summary.json")
    assert head["ServerSideEncryption"] == "aws:kms"


def test_note_text_is_nowhere_but_in_its_buckets(stack, mixed):
    seen = []
    for execution in stack.executions():
        seen.append(stack.states.describe_execution(executionArn=execution.arn))
        seen.append(stack.states.get_execution_history(executionArn=execution.arn)["events"])
    logs = stack.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        seen.append(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
    table = stack.client("dynamodb")
    for name in table.list_tables()["TableNames"]:
        seen.append(table.scan(TableName=name)["Items"])
    sqs = stack.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        seen.append(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))
    assert mixed[0].name in str(seen)
    assert CANARY not in str(seen)
    assert CANARY not in (stack.settings.state / "logs" / "emulator.log").read_text()
