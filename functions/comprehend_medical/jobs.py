"""The operations on jobs, over the batches' own table and workflow."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools
import json
import os
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3
from chartcode_aws import executions
from chartcode_aws.batch_table import Batch, BatchTable
from chartcode_aws.clock import timestamp

from comprehend_medical.errors import ServiceError, invalid
from comprehend_medical.job import PREFIX, STOPPED, Job, ended_status
from comprehend_medical.requests import DataConfig, JobFilter, JobOfId, ListJobs, StartJob, Status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

SUFFIXES = (".txt", ".jsonl", ".csv", ".parquet")
_PAGE = 100
Place = tuple[str, str]


@cache
def _s3() -> S3Client:
    return boto3.client("s3")


@cache
def _states() -> SFNClient:
    return boto3.client("stepfunctions")


@cache
def _lambda() -> Any:
    return boto3.client("lambda")


def start(request: StartJob, account: str) -> dict[str, Any]:
    """Start a job; the same ``ClientRequestToken`` again starts nothing again."""
    _check(request)
    token = request.ClientRequestToken or str(uuid.uuid4())
    job = Job(
        JobId=hashlib.sha256(token.encode()).hexdigest()[:32],
        AccountId=account,
        **request.model_dump(exclude={"ClientRequestToken", "KMSKey"}),
    )
    files, table = _files(request.InputDataConfig), BatchTable()
    batch = Batch(
        id=batch_of(job.JobId),
        name=job.JobName,
        status="IN_PROGRESS",
        files=len(files),
        comprehend_job=job.model_dump(exclude_none=True),
        started=timestamp(),
    )
    table.create(batch)
    kept = table.get(batch.id)
    if kept is None or kept.comprehend_job != batch.comprehend_job:
        raise invalid("ClientRequestToken was used for another job.")
    executions.start(batch.id, files)
    return {"JobId": job.JobId}


def describe(request: JobOfId) -> dict[str, Any]:
    """Return the properties of a job."""
    batch = _get(request.JobId)
    return {"ComprehendMedicalAsyncJobProperties": _properties(batch, _status(batch))}


def stop(request: JobOfId) -> dict[str, Any]:
    """Stop a job: no more notes are coded; what is coded is published, as after a failure."""
    batch = _get(request.JobId)
    if batch.summary is not None:
        raise invalid("The job has ended.")
    _states().stop_execution(executionArn=_execution(batch.id), error=STOPPED)
    if _status(batch) == "STOP_REQUESTED":  # else it had ended by itself, and published its results
        ended = {"batch_id": batch.id, "started": batch.started, "error": STOPPED}
        function = os.environ["PUBLISH_RESULTS_FUNCTION"]
        _lambda().invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(ended))
    return {"JobId": request.JobId}


def list_jobs(request: ListJobs) -> dict[str, Any]:
    """Return a page of jobs: oldest first where the filter is ``SubmitTimeBefore``, else newest first."""
    wanted = request.Filter
    if len(wanted.model_fields_set) > 1:
        raise ServiceError("ValidationException", "Set one filter at a time.")
    after = _read_token(request.NextToken) if request.NextToken else None
    batches = _oldest(after) if wanted.SubmitTimeBefore else _newest(after)
    with_status = ((batch, _status(batch)) for batch in batches if _fits(batch, wanted))
    found = (each for each in with_status if wanted.JobStatus in (None, each[1]))
    page = list(itertools.islice(found, request.MaxResults + 1))
    shown = page[: request.MaxResults]
    answer: dict[str, Any] = {"ComprehendMedicalAsyncJobPropertiesList": [_properties(*each) for each in shown]}
    if len(page) > len(shown):
        answer["NextToken"] = _token(_place(shown[-1][0]))
    return answer


def _check(request: StartJob) -> None:
    """Refuse places that the workflow can neither read nor write, and a key that it would not use."""
    for name, config, bucket in (
        ("InputDataConfig", request.InputDataConfig, os.environ["NOTES_BUCKET"]),
        ("OutputDataConfig", request.OutputDataConfig, os.environ["RESULTS_BUCKET"]),
    ):
        if config.S3Bucket != bucket or not config.S3Key.startswith(PREFIX):
            raise invalid(f"{name} must be S3Bucket {bucket} with an S3Key that begins with {PREFIX}")
    if request.KMSKey:
        raise invalid("KMSKey: the output is encrypted with the results bucket's own key. Leave it out.")


def _files(config: DataConfig) -> list[executions.NoteFile]:
    """Return the note files that lie under a prefix, or the one that it names."""
    folder = f"{config.S3Key.rstrip('/')}/"
    pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=config.S3Bucket, Prefix=config.S3Key)
    files = [
        executions.NoteFile(bucket=config.S3Bucket, key=found["Key"], etag=found["ETag"].strip('"'), size=found["Size"])
        for page in pages
        for found in page.get("Contents", [])
        if (found["Key"] == config.S3Key or found["Key"].startswith(folder))
        and PurePosixPath(found["Key"]).suffix.lower() in SUFFIXES
    ]
    if not files:
        raise invalid(f"InputDataConfig: there is no file ending in {', '.join(SUFFIXES)} under S3Key.")
    return files


def batch_of(job_id: str) -> str:
    """Return the batch that a job is."""
    return f"batch-{job_id}"


def _execution(batch_id: str) -> str:
    machine = os.environ["STATE_MACHINE_ARN"]
    return f"{machine.replace(':stateMachine:', ':execution:')}:{batch_id}"


def _get(job_id: str) -> Batch:
    batch = BatchTable().get(batch_of(job_id))
    if batch is None or batch.comprehend_job is None:
        raise ServiceError("ResourceNotFoundException", "There is no such job.")
    return batch


def _status(batch: Batch) -> Status:
    if batch.summary is not None:
        return ended_status(batch.summary)
    try:
        running = _states().describe_execution(executionArn=_execution(batch.id))["status"]
    except _states().exceptions.ExecutionDoesNotExist:
        return "SUBMITTED"
    # A stopped execution's results are about to be published; one that failed did not even get there.
    of_execution: dict[str, Status] = {"ABORTED": "STOP_REQUESTED", "FAILED": "FAILED", "TIMED_OUT": "FAILED"}
    return of_execution.get(running, "IN_PROGRESS")


def _properties(batch: Batch, status: Status) -> dict[str, Any]:
    job = Job.model_validate(batch.comprehend_job)
    ended = batch.summary or {}
    found = {
        **job.model_dump(exclude={"AccountId"}),
        "JobStatus": status,
        "Message": ended.get("error"),
        "SubmitTime": _epoch(batch.created),
        "EndTime": _epoch(ended["finished"]) if ended else None,
        "ExpirationTime": batch.expiration,
        "ManifestFilePath": job.manifest if status in ("COMPLETED", "PARTIAL_SUCCESS") else None,
        "ModelVersion": (ended.get("model") or {}).get("version"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _epoch(time: str) -> float:
    return dt.datetime.fromisoformat(time).timestamp()


def _newest(after: Place | None) -> Iterator[Batch]:
    """Yield the batches that are jobs, newest first, from those after the place of a page's last job."""
    while True:
        batches, after = BatchTable().page(_PAGE, after)
        yield from (batch for batch in batches if batch.comprehend_job is not None)
        if after is None:
            return


def _oldest(after: Place | None) -> Iterator[Batch]:
    oldest = sorted(_newest(None), key=_place)
    yield from (batch for batch in oldest if after is None or _place(batch) > after)


def _fits(batch: Batch, wanted: JobFilter) -> bool:
    submitted = dt.datetime.fromisoformat(batch.created)
    before, after = wanted.SubmitTimeBefore, wanted.SubmitTimeAfter
    in_time = (before is None or submitted < before) and (after is None or submitted > after)
    return in_time and wanted.JobName in (None, batch.name)


def _place(batch: Batch) -> Place:
    return batch.created, batch.id


def _token(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_token(token: str) -> Place:
    try:
        created, batch_id = json.loads(base64.urlsafe_b64decode(token))
        return str(created), str(batch_id)
    except (ValueError, TypeError):
        raise invalid("NextToken is none of this operation's.") from None
