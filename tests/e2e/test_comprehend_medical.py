"""Comprehend Medical's ICD-10-CM operations, with the real boto3 client against the deployed stack."""

import json
import time

import boto3
import pytest
from conftest import CANARY

NOTE = (
    "HPI: 😀 The patient has fever and denies chest pain. Mother had breast cancer.\n"
    "Assessment: Type 2 diabetes mellitus without complications.\n"
)
ROLE = "arn:aws:iam::000000000000:role/ComprehendMedicalDataAccess"


@pytest.fixture(scope="module")
def client(stack):
    return stack.comprehend_medical


def by_text(answer):
    return {entity["Text"]: entity for entity in answer["Entities"]}


def traits(entity):
    return [trait["Name"] for trait in entity["Traits"]]


def test_a_note(client):
    answer = client.infer_icd10_cm(Text=NOTE)
    for entity in answer["Entities"]:
        assert NOTE[entity["BeginOffset"] : entity["EndOffset"]] == entity["Text"]
    found = by_text(answer)
    assert traits(found["fever"]) == ["SYMPTOM"]
    assert traits(found["chest pain"]) == ["NEGATION", "SYMPTOM"]
    assert traits(found["breast cancer"]) == ["PERTAINS_TO_FAMILY", "DIAGNOSIS"]
    assert any(
        entity["ICD10CMConcepts"][0]["Code"] == "E11.9" and traits(entity) == ["DIAGNOSIS"]
        for entity in answer["Entities"]
    )


def test_a_note_longer_than_aws_takes(client):
    text = "The patient was seen, and nothing of note was said on this line.\n" * 320 + "Assessment: Gout.\n"
    assert len(text) > 20_000
    assert by_text(client.infer_icd10_cm(Text=text))["Gout"]["BeginOffset"] == text.index("Gout")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CANARY * 20_000, "TextSizeLimitExceededException"),
        (CANARY + "\ud83d", "InvalidEncodingException"),
        (CANARY + "\x00", "InvalidRequestException"),
    ],
)
def test_errors(client, text, name):
    with pytest.raises(getattr(client.exceptions, name)) as raised:
        client.infer_icd10_cm(Text=text)
    assert CANARY not in str(raised.value.response)


def test_only_the_credential_signs(stack, client):
    for key, secret, name in (
        ("chartcode", "wrong", "InvalidSignatureException"),
        ("AKIAIOSFODNN7EXAMPLE", "wrong", "UnrecognizedClientException"),
    ):
        stranger = boto3.client(
            "comprehendmedical",
            endpoint_url=stack.api_url,
            region_name="eu-west-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )
        with pytest.raises(client.exceptions.ClientError, match=name):
            stranger.infer_icd10_cm(Text=NOTE)


@pytest.fixture(scope="module")
def start(stack, client):
    """Put files under a prefix and start a job over them; return its id."""

    def send(prefix, files, **more):
        for name, content in files.items():
            stack.s3.put_object(Bucket=stack.notes_bucket, Key=f"jobs/{prefix}/{name}", Body=content.encode())
        return client.start_icd10_cm_inference_job(
            InputDataConfig={"S3Bucket": stack.notes_bucket, "S3Key": f"jobs/{prefix}/"},
            OutputDataConfig={"S3Bucket": stack.results_bucket, "S3Key": f"jobs/{prefix}-output/"},
            DataAccessRoleArn=ROLE,
            LanguageCode="en",
            **more,
        )["JobId"]

    return send


def wait(client, job_id, *statuses):
    """Return the properties of a job once its status is one of `statuses`."""
    deadline = time.monotonic() + 180
    while True:
        job = client.describe_icd10_cm_inference_job(JobId=job_id)["ComprehendMedicalAsyncJobProperties"]
        if job["JobStatus"] in statuses:
            return job
        assert job["JobStatus"] in ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"), job
        assert time.monotonic() < deadline, job
        time.sleep(0.5)


def test_a_job(stack, client, start):
    rows = [{"id": "r1", "text": "Assessment: Asthma."}, {"id": "r2", "text": f"Assessment: Gout. {CANARY}"}]
    files = {
        "visit.txt": NOTE,
        "ward/copy.txt": NOTE,
        "day.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }
    job_id = start("night", files, JobName="night", ClientRequestToken="night-1")
    assert start("night", files, JobName="night", ClientRequestToken="night-1") == job_id
    job = wait(client, job_id, "COMPLETED")
    (listed,) = client.list_icd10_cm_inference_jobs(Filter={"JobName": "night"})[
        "ComprehendMedicalAsyncJobPropertiesList"
    ]
    assert (listed["JobId"], listed["EndTime"]) == (job_id, job["EndTime"])

    def read(key):
        return stack.s3.get_object(Bucket=stack.results_bucket, Key=key)["Body"].read()

    summary = json.loads(read(job["ManifestFilePath"]))["Summary"]
    assert (summary["Status"], summary["InputFileCount"], summary["SuccessFilesCount"]) == ("COMPLETED", 3, 3)
    successes = json.loads(read(summary["SuccessfulFilesListLocation"]))["Files"]
    outputs = {file["Input"].removeprefix("jobs/night/"): read(file["Output"]) for file in successes}
    at_once = client.infer_icd10_cm(Text=NOTE)
    del at_once["ResponseMetadata"]
    assert json.loads(outputs["visit.txt"]) == json.loads(outputs["ward/copy.txt"]) == at_once
    lines = [json.loads(line) for line in outputs["day.jsonl"].splitlines()]
    assert [(line["Line"], line["Entities"][0]["Text"]) for line in lines] == [(1, "Asthma"), (2, "Gout")]


def test_a_stopped_job(stack, client, start):
    job_id = start("stopped", {f"{number}.txt": f"Assessment: Gout, visit {number}." for number in range(3)})
    wait(client, job_id, "IN_PROGRESS")
    assert client.stop_icd10_cm_inference_job(JobId=job_id)["JobId"] == job_id
    job = wait(client, job_id, "STOPPED")
    assert job["Message"] == "Stopped"
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.stop_icd10_cm_inference_job(JobId=job_id)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_icd10_cm_inference_job(JobId="0" * 32)


def test_note_text_is_nowhere_but_in_its_buckets(stack):
    logs, dynamodb = stack.client("logs"), stack.client("dynamodb")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    seen = str([logs.filter_log_events(logGroupName=group)["events"] for group in groups])
    seen += str([dynamodb.scan(TableName=table)["Items"] for table in dynamodb.list_tables()["TableNames"]])
    seen += (stack.settings.state / "logs" / "emulator.log").read_text()
    assert "InvalidEncodingException" in seen
    assert CANARY not in seen
