"""Faults on demand, for ``make chaos``: nothing fails unless ``CHARTCODE_FAULTS`` names a file that says what.

The file holds a JSON object with ``s3`` (answers 503 SlowDown to a share of the requests) or ``glue`` (kills the
Spark process of a job, or ends its time), each with the time until when; it is read whenever something could fail.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from ministack.services import s3

from local.emulator import glue_jobs

VARIABLE = "CHARTCODE_FAULTS"
SLOW_DOWN = (
    b"<?xml version='1.0' encoding='UTF-8'?>"
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
log = logging.getLogger(__name__)
_handle_request = s3.handle_request
_follow = glue_jobs.follow


def fault(name: str) -> dict[str, Any]:
    """Return the fault `name` that is due now; empty if none is."""
    try:
        found: dict[str, Any] = json.loads(Path(os.environ[VARIABLE]).read_text()).get(name) or {}
    except FileNotFoundError:
        return {}
    return found if time.time() < found.get("until", 0) else {}


async def handle_request(*args: Any, **kwargs: Any) -> Any:
    """Answer a request to S3, or turn it away as S3 does when it is asked too much."""
    if random.random() < fault("s3").get("share", 0):  # noqa: S311
        log.warning("Fault: SlowDown")
        return 503, {"Content-Type": "application/xml"}, SLOW_DOWN
    return await _handle_request(*args, **kwargs)


def follow(process: subprocess.Popen[bytes], run: dict[str, Any], seconds: float) -> None:
    """Wait for a job run, and kill it or end its time after some seconds."""
    due = fault("glue")
    if run["JobName"].endswith(due.get("job", "\0")):
        log.warning("Fault: Glue job %s: %s", run["JobName"], due["end"])
        if due["end"] == "timeout":
            seconds = due["after"]
        else:
            threading.Timer(due["after"], _kill, [process]).start()
    _follow(process, run, seconds)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def apply() -> None:
    """Install the faults, where they are asked for."""
    if VARIABLE in os.environ:
        s3.handle_request = handle_request
        glue_jobs.follow = follow
