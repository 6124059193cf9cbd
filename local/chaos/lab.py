"""The stack under test: deployed on an emulator that keeps its state over a restart, and that fails on demand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local import cloud
from local.processes import Processes
from local.settings import REGION, ROOT, Settings

STATE = ROOT / ".local" / "chaos"
# Saving the state at SIGTERM takes seconds.
GRACE = 120
# Of the upload queue; in the template 720 s, which is how long a message waits there after its starter has died.
VISIBILITY_SECONDS = 20


class Lab:
    """A deployed stack, its clients, and its faults."""

    def __init__(self, settings: Settings, window: int) -> None:
        self.settings = settings
        self._faults = STATE / "faults.json"
        try:
            self._start()
            self.stack = cloud.deploy(settings, STATE / "logs" / "sam.log", {"BatchingWindowSeconds": str(window)})
        except BaseException:
            self.stop()
            raise
        self._set_visibility(VISIBILITY_SECONDS)

    def _start(self) -> None:
        self._processes = Processes(STATE / "logs")
        state = {"STATE_DIR": str(STATE / "state"), "S3_DATA_DIR": str(STATE / "s3")}
        faults = {"CHARTCODE_FAULTS": str(self._faults)}
        more = {"PERSIST_STATE": "1", "S3_PERSIST": "1", **state, **faults}
        cloud.start_emulator(self.settings, self._processes, more)

    def stop(self) -> None:
        """Stop everything; nothing is kept."""
        self._processes.stop()
        for name in ("tmp", "state", "s3"):
            shutil.rmtree(STATE / name, ignore_errors=True)

    def restart(self) -> float:
        """Stop the emulator and every process of it, start it again, and return the seconds without it."""
        began = time.monotonic()
        self._processes.stop(GRACE)
        log = self._processes.log("emulator")
        log.rename(log.with_suffix(f".{int(time.time())}.log"))
        self._start()
        return time.monotonic() - began

    def client(self, service: str) -> Any:
        """Return a client that tries often, as a patient caller does."""
        config = Config(retries={"mode": "standard", "total_max_attempts": 10}, max_pool_connections=32)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(  # type: ignore[call-overload]
            service, endpoint_url=self.settings.endpoint, region_name=REGION, config=config, **keys
        )

    @cached_property
    def s3(self) -> Any:
        """Client of S3."""
        return self.client("s3")

    @cached_property
    def sqs(self) -> Any:
        """Client of SQS."""
        return self.client("sqs")

    @cached_property
    def functions(self) -> Any:
        """Client of Lambda."""
        return self.client("lambda")

    def queue(self, name: str) -> str:
        """Return the URL of a queue, by its name in the template."""
        (url,) = [url for url in self.sqs.list_queues()["QueueUrls"] if f"-{name}-" in url]
        return str(url)

    def waiting(self, name: str) -> int:
        """Return the number of messages of a queue, those in flight and delayed included."""
        wanted = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue(name), AttributeNames=wanted)["Attributes"]
        return sum(int(value) for value in found.values())

    def messages(self, name: str) -> list[str]:
        """Return the bodies of a queue's messages, which stay there."""
        receive, url, found = self.sqs.receive_message, self.queue(name), []
        while some := receive(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=300).get("Messages"):
            found += some
        for message in found:
            handle = message["ReceiptHandle"]
            self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        return [message["Body"] for message in found]

    @contextmanager
    def faults(self, seconds: float, **faults: dict[str, Any]) -> Iterator[None]:
        """Make something fail for some seconds, or until the end of the block."""
        until = {"until": time.time() + seconds}
        new = self._faults.with_suffix(".new")
        new.write_text(json.dumps({name: {**fault, **until} for name, fault in faults.items()}))
        new.rename(self._faults)
        try:
            yield
        finally:
            self._faults.unlink()

    def injected(self) -> int:
        """Return how many faults the emulator has answered with, since it started."""
        return self._processes.log("emulator").read_text().count("Fault: ")

    def kill(self, function: str) -> int:
        """Kill every process of a function of this stack (a package of ``functions/``); return how many."""
        pids = list(self._pids(f"{function}.app.lambda_handler"))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def _pids(self, handler: str) -> Iterator[int]:
        mine = f"AWS_ENDPOINT_URL={self.settings.endpoint}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
                environment = (folder / "environ").read_bytes().split(b"\0")
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                continue
            if handler.encode() in arguments and mine in environment:
                yield int(folder.name)

    def intake(self, **changes: Any) -> None:
        """Change how the starter takes uploads: ``Enabled``, ``BatchSize``."""
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue("UploadQueue"), AttributeNames=["QueueArn"])
        (mapping,) = self.functions.list_event_source_mappings(EventSourceArn=arn["Attributes"]["QueueArn"])[
            "EventSourceMappings"
        ]
        self.functions.update_event_source_mapping(UUID=mapping["UUID"], **changes)

    @contextmanager
    def broken_starter(self) -> Iterator[None]:
        """Let the starter look for its claims in a table that is not there, and its messages come back at once."""
        names = [each["FunctionName"] for each in self.functions.list_functions()["Functions"]]
        (name,) = [name for name in names if "StartBatchFunction" in name]
        working = self.functions.get_function_configuration(FunctionName=name)["Environment"]
        broken = {"Variables": {**working["Variables"], "CLAIMS_TABLE": "nowhere"}}
        self.functions.update_function_configuration(FunctionName=name, Environment=broken)
        self._set_visibility(1)
        try:
            yield
        finally:
            self._set_visibility(VISIBILITY_SECONDS)
            self.functions.update_function_configuration(FunctionName=name, Environment=working)

    def redrive(self) -> int:
        """Move the dead letters back, as ``make redrive`` does on AWS (the emulator cannot); return how many."""
        source, moved = self.queue("UploadDeadLetterQueue"), 0
        while messages := self.sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.sqs.send_message(QueueUrl=self.queue("UploadQueue"), MessageBody=message["Body"])
                self.sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += len(messages)
        return moved

    def _set_visibility(self, seconds: int) -> None:
        attributes = {"VisibilityTimeout": str(seconds)}
        self.sqs.set_queue_attributes(QueueUrl=self.queue("UploadQueue"), Attributes=attributes)

    def claims(self) -> int:
        """Return how many uploads were ever claimed."""
        names = self.client("dynamodb").list_tables()["TableNames"]
        (table,) = [name for name in names if "ClaimsTable" in name]
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT")
        return sum(page["Count"] for page in pages)
