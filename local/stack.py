"""A deployed stack as its users see it: drop files, follow the workflow, read results, call the API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import httpx

from local.settings import REGION, STACK, STAGE, Settings

INCOMING = "incoming/"
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Execution:
    """An execution of the batch workflow."""

    arn: str
    name: str
    status: str


@dataclass(frozen=True)
class Stack:
    """The outputs of the stack, and what can be done with them."""

    settings: Settings
    outputs: dict[str, str]

    @classmethod
    def describe(cls, settings: Settings) -> Stack:
        """Return the deployed stack of the local cloud."""
        client = boto3.client("cloudformation", **cls._connection(settings))
        (found,) = client.describe_stacks(StackName=STACK)["Stacks"]
        return cls(settings, {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]})

    @staticmethod
    def _connection(settings: Settings) -> dict[str, Any]:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return {"endpoint_url": settings.endpoint, "region_name": REGION, **keys}

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local cloud."""
        return boto3.client(service, **self._connection(self.settings))  # type: ignore[call-overload]

    @cached_property
    def s3(self) -> Any:
        """Client of S3."""
        return self.client("s3")

    @cached_property
    def states(self) -> Any:
        """Client of Step Functions."""
        return self.client("stepfunctions")

    @property
    def notes_bucket(self) -> str:
        """Bucket into which users drop files."""
        return self.outputs["NotesBucketName"]

    @property
    def results_bucket(self) -> str:
        """Bucket of batches and their results."""
        return self.outputs["ResultsBucketName"]

    @property
    def api_url(self) -> str:
        """Base URL of the API."""
        return f"{self.settings.endpoint}/restapis/{self.outputs['ApiId']}/{STAGE}/_user_request_"

    @cached_property
    def api_key(self) -> str:
        """Value of the API key."""
        found = self.client("apigateway").get_api_key(apiKey=self.outputs["ApiKeyId"], includeValue=True)
        return str(found["value"])

    @cached_property
    def comprehend_medical(self) -> Any:
        """Client of Comprehend Medical, as its users make one, with our API as the endpoint."""
        name = self.outputs["ComprehendSecretName"]
        secret = json.loads(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        return boto3.client(
            "comprehendmedical",
            endpoint_url=self.api_url,
            region_name=REGION,
            aws_access_key_id=secret["access_key_id"],
            aws_secret_access_key=secret["secret_access_key"],
        )

    def drop(self, path: Path, name: str | None = None) -> str:
        """Put a file under ``incoming/``, as ``aws s3 cp`` does, and return its key."""
        key = INCOMING + (name or path.name)
        self.s3.upload_file(str(path), self.notes_bucket, key)
        return key

    def executions(self) -> list[Execution]:
        """Return every execution of the workflow, newest first."""
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=self.outputs["StateMachineArn"])
        found = [each for page in pages for each in page["executions"]]
        return [Execution(each["executionArn"], each["name"], each["status"]) for each in found]

    def state_of(self, execution: Execution) -> str:
        """Return the name of the state that an execution entered last."""
        events = self.states.get_execution_history(executionArn=execution.arn, maxResults=1000)["events"]
        names = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
        return str(names[-1]) if names else "Starting"

    def object(self, execution: Execution, name: str) -> bytes | None:
        """Return an object of a batch; None if it is not there."""
        try:
            key = f"batches/{execution.name}/{name}"
            return bytes(self.s3.get_object(Bucket=self.results_bucket, Key=key)["Body"].read())
        except self.s3.exceptions.NoSuchKey:
            return None

    def names(self, execution: Execution, folder: str) -> list[str]:
        """Return the names of the objects in a folder of a batch."""
        prefix = f"batches/{execution.name}/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.results_bucket, Prefix=prefix + folder)
        return [each["Key"].removeprefix(prefix) for page in pages for each in page.get("Contents", [])]

    def records(self, execution: Execution, folder: str) -> Iterator[dict[str, Any]]:
        """Yield the JSONL records in a folder of a batch."""
        for name in self.names(execution, folder):
            if name.endswith(".jsonl"):
                for line in (self.object(execution, name) or b"").splitlines():
                    yield json.loads(line)

    def summary(self, execution: Execution) -> dict[str, Any]:
        """Return the summary of an ended batch."""
        return dict(json.loads(self.object(execution, "summary.json") or b"{}"))

    def follow(self, keys: set[str], seconds: float, tell: Callable[[str], None] = lambda _: None) -> list[Execution]:
        """Wait until every file of `keys` is in an execution and all of those have ended; return them.

        Raises
        ------
        TimeoutError
            After `seconds`, saying what is still open.
        """
        deadline = time.monotonic() + seconds
        while True:
            mine = [each for each in self.executions() if self._files(each) & keys]
            taken = set().union(*(self._files(each) for each in mine)) if mine else set()
            open_ones = [each for each in mine if each.status not in ENDED]
            if keys <= taken and not open_ones:
                return mine
            tell(self.state_of(open_ones[0]) if open_ones else "Waiting for the batching window")
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{len(keys - taken)} files in no batch, {len(open_ones)} batches still open after {seconds:.0f} s"
                )
            time.sleep(0.5)

    def _files(self, execution: Execution) -> set[str]:
        manifest = json.loads(self.object(execution, "manifest.json") or b'{"files": []}')
        return {file["key"] for file in manifest["files"]}

    def post_note(self, text: str, **headers: str) -> httpx.Response:
        """POST a plain-text note to the API."""
        sent = {"x-api-key": self.api_key, "content-type": "text/plain; charset=utf-8", **headers}
        return httpx.post(f"{self.api_url}/v1/codes", content=text.encode(), headers=sent, timeout=60)
