import json

import boto3
import pytest
from chartcode_aws.batch_table import BatchTable
from comprehend_medical import app  # noqa: F401  (imported before the network is off)

ROLE = "arn:aws:iam::123456789012:role/Comprehend"
FINISHED = {"started": "2026-04-01T10:00:00Z", "finished": "2026-04-01T10:00:09+00:00", "files": 2}


@pytest.fixture
def start(client, cloud):
    """Start a job over two note files, with changes."""
    for key in ("jobs/in/a.txt", "jobs/in/sub/b.CSV", "jobs/in/letter.docx", "jobs/in2/c.txt", "incoming/d.txt"):
        cloud.s3.put_object(Bucket="notes", Key=key, Body=b"Gout.")

    def send(**changes):
        request = {
            "InputDataConfig": {"S3Bucket": "notes", "S3Key": "jobs/in"},
            "OutputDataConfig": {"S3Bucket": "results", "S3Key": "jobs/out/"},
            "DataAccessRoleArn": ROLE,
            "LanguageCode": "en",
        }
        return client.start_icd10_cm_inference_job(**{**request, **changes})["JobId"]

    return send


def end(job_id, status, error=None):
    summary = {**FINISHED, "batch_id": f"batch-{job_id}", "status": status, "error": error}
    BatchTable().finish({**summary, "model": {"version": "2026.4.1"}})


def status(client, job_id):
    return client.describe_icd10_cm_inference_job(JobId=job_id)["ComprehendMedicalAsyncJobProperties"]["JobStatus"]


def listed(client, **arguments):
    found = client.list_icd10_cm_inference_jobs(**arguments)["ComprehendMedicalAsyncJobPropertiesList"]
    return [each["JobId"] for each in found]


def test_a_job_is_a_batch_of_the_note_files_under_its_prefix(start, cloud, check_shape):
    job_id = start(JobName="Night")
    check_shape("StartICD10CMInferenceJob")
    assert len(job_id) == 32
    manifest = cloud.s3.get_object(Bucket="results", Key=f"batches/batch-{job_id}/manifest.json")["Body"].read()
    files = [(file["bucket"], file["key"], file["size"]) for file in json.loads(manifest)["files"]]
    assert files == [("notes", "jobs/in/a.txt", 5), ("notes", "jobs/in/sub/b.CSV", 5)]
    batch = BatchTable().get(f"batch-{job_id}")
    assert (batch.name, batch.status, batch.files) == ("Night", "IN_PROGRESS", 2)
    assert batch.comprehend_job["DataAccessRoleArn"] == ROLE
    (execution,) = cloud.states.list_executions(stateMachineArn=app_machine())["executions"]
    assert execution["name"] == f"batch-{job_id}"


def app_machine():
    return boto3.client("stepfunctions").list_state_machines()["stateMachines"][0]["stateMachineArn"]


def test_the_same_token_is_the_same_job(start, client, cloud):
    first = start(ClientRequestToken="token-1")
    assert start(ClientRequestToken="token-1") == first
    assert start(ClientRequestToken="token-2") != first
    assert len(cloud.states.list_executions(stateMachineArn=app_machine())["executions"]) == 2
    with pytest.raises(client.exceptions.InvalidRequestException, match="ClientRequestToken"):
        start(ClientRequestToken="token-1", JobName="Other")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"InputDataConfig": {"S3Bucket": "mine", "S3Key": "jobs/in"}}, "S3Bucket notes .* jobs/"),
        ({"InputDataConfig": {"S3Bucket": "notes", "S3Key": "incoming/"}}, "S3Bucket notes .* jobs/"),
        ({"OutputDataConfig": {"S3Bucket": "notes", "S3Key": "jobs/out"}}, "S3Bucket results .* jobs/"),
        ({"OutputDataConfig": {"S3Bucket": "results"}}, "S3Bucket results .* jobs/"),
        ({"InputDataConfig": {"S3Bucket": "notes", "S3Key": "jobs/none"}}, "no file"),
        ({"LanguageCode": "es"}, "LanguageCode"),
        ({"DataAccessRoleArn": "role"}, "DataAccessRoleArn"),
        ({"JobName": "a\nb"}, "JobName"),
        ({"KMSKey": "alias/mine"}, "KMSKey"),
    ],
)
def test_what_cannot_be_done_is_refused(start, client, cloud, changes, says):
    with pytest.raises(client.exceptions.InvalidRequestException, match=says):
        start(**changes)
    assert cloud.states.list_executions(stateMachineArn=app_machine())["executions"] == []


def test_a_job_may_be_one_file(start, cloud):
    job_id = start(InputDataConfig={"S3Bucket": "notes", "S3Key": "jobs/in/a.txt"})
    assert BatchTable().get(f"batch-{job_id}").files == 1


def test_a_job_is_described_as_it_goes_on(start, client, check_shape):
    job_id = start(JobName="Night")
    running = client.describe_icd10_cm_inference_job(JobId=job_id)["ComprehendMedicalAsyncJobProperties"]
    check_shape("DescribeICD10CMInferenceJob")
    assert (running["JobStatus"], running["JobName"]) == ("IN_PROGRESS", "Night")
    assert running["InputDataConfig"] == {"S3Bucket": "notes", "S3Key": "jobs/in"}
    assert running["ExpirationTime"] > running["SubmitTime"]
    assert "EndTime" not in running
    end(job_id, "SUCCEEDED")
    ended = client.describe_icd10_cm_inference_job(JobId=job_id)["ComprehendMedicalAsyncJobProperties"]
    check_shape("DescribeICD10CMInferenceJob")
    assert (ended["JobStatus"], ended["ModelVersion"]) == ("COMPLETED", "2026.4.1")
    assert ended["EndTime"].isoformat().startswith("2026-04-01T")
    assert ended["ManifestFilePath"] == f"jobs/out/123456789012-ICD10CM-{job_id}/Manifest"


@pytest.mark.parametrize(
    ("ended", "error", "expected"),
    [
        ("PARTIAL_SUCCESS", None, "PARTIAL_SUCCESS"),
        ("FAILED", "States.Timeout", "FAILED"),
        ("FAILED", "Stopped", "STOPPED"),
    ],
)
def test_ends_have_the_services_names(start, client, ended, error, expected):
    job_id = start()
    end(job_id, ended, error)
    assert status(client, job_id) == expected


def test_a_job_is_stopped_and_what_is_coded_published(start, client, cloud, check_shape):
    job_id = start()
    assert client.stop_icd10_cm_inference_job(JobId=job_id)["JobId"] == job_id
    check_shape("StopICD10CMInferenceJob")
    assert status(client, job_id) == "STOP_REQUESTED"
    (call,) = cloud.invoked
    assert (call["FunctionName"], call["InvocationType"]) == ("publish", "Event")
    payload = json.loads(call["Payload"])
    assert (payload["batch_id"], payload["error"]) == (f"batch-{job_id}", "Stopped")
    end(job_id, "FAILED", "Stopped")
    with pytest.raises(client.exceptions.InvalidRequestException, match="ended"):
        client.stop_icd10_cm_inference_job(JobId=job_id)


def test_a_job_that_is_not_there(client, cloud):
    for call in (client.describe_icd10_cm_inference_job, client.stop_icd10_cm_inference_job):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            call(JobId="0" * 32)


def test_jobs_are_listed_newest_first_in_pages(start, client, check_shape):
    jobs = [start(JobName=name) for name in ("one", "two", "three")]
    first = client.list_icd10_cm_inference_jobs(MaxResults=2)
    check_shape("ListICD10CMInferenceJobs")
    assert [each["JobId"] for each in first["ComprehendMedicalAsyncJobPropertiesList"]] == [jobs[2], jobs[1]]
    second = client.list_icd10_cm_inference_jobs(MaxResults=2, NextToken=first["NextToken"])
    assert [each["JobId"] for each in second["ComprehendMedicalAsyncJobPropertiesList"]] == [jobs[0]]
    assert "NextToken" not in second


def test_jobs_are_filtered(start, client):
    jobs = [start(JobName=name) for name in ("one", "two", "three")]
    end(jobs[1], "SUCCEEDED")
    submitted = [
        client.describe_icd10_cm_inference_job(JobId=job)["ComprehendMedicalAsyncJobProperties"]["SubmitTime"]
        for job in jobs
    ]
    assert listed(client, Filter={"JobName": "two"}) == [jobs[1]]
    assert listed(client, Filter={"JobStatus": "COMPLETED"}) == [jobs[1]]
    assert listed(client, Filter={"JobStatus": "IN_PROGRESS"}) == [jobs[2], jobs[0]]
    assert listed(client, Filter={"SubmitTimeAfter": submitted[0]}) == [jobs[2], jobs[1]]
    assert listed(client, Filter={"SubmitTimeBefore": submitted[2]}) == [jobs[0], jobs[1]]
    first = client.list_icd10_cm_inference_jobs(Filter={"SubmitTimeBefore": submitted[2]}, MaxResults=1)
    assert listed(client, Filter={"SubmitTimeBefore": submitted[2]}, NextToken=first["NextToken"]) == [jobs[1]]


def test_wrong_lists(client, cloud):
    wrong = client.exceptions.ValidationException
    with pytest.raises(wrong, match="one filter"):
        client.list_icd10_cm_inference_jobs(Filter={"JobName": "one", "JobStatus": "FAILED"})
    with pytest.raises(wrong, match=r"Filter\.JobStatus"):
        client.list_icd10_cm_inference_jobs(Filter={"JobStatus": "DONE"})
    for arguments in ({"MaxResults": 501}, {"NextToken": "x"}, {"NextToken": "MQ=="}):
        with pytest.raises(client.exceptions.InvalidRequestException):
            client.list_icd10_cm_inference_jobs(**arguments)
