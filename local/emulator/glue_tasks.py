"""Gap: MiniStack's Step Functions has no ``glue:startJobRun`` task, with or without ``.sync``."""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.services import glue, stepfunctions

_FAILED = ("FAILED", "STOPPED", "TIMEOUT", "ERROR")


def _call(action: Any, request: dict[str, Any]) -> dict[str, Any]:
    status, _, body = action(request)
    answer: dict[str, Any] = json.loads(body) if body else {}
    if status >= 400:
        name = str(answer.get("__type", "AWSGlueException")).split("#")[-1]
        raise stepfunctions._ExecutionError(f"Glue.{name}", str(answer.get("message", "")))
    return answer


def start_job_run(resource: str, request: dict[str, Any]) -> dict[str, Any]:
    """Start a job run; for ``.sync`` wait for its end, and fail the task as Step Functions does."""
    run_id = _call(glue._start_job_run, request)["JobRunId"]
    if not resource.endswith(".sync"):
        return {"JobRunId": run_id}
    while True:
        run: dict[str, Any] = _call(glue._get_job_run, {"JobName": request["JobName"], "RunId": run_id})["JobRun"]
        if run["JobRunState"] == "SUCCEEDED":
            return run
        if run["JobRunState"] in _FAILED:
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(run, default=str))
        time.sleep(0.2)


def apply() -> None:
    """Install the bridge."""
    stepfunctions._SERVICE_DISPATCH["arn:aws:states:::glue:startJobRun"] = start_job_run
