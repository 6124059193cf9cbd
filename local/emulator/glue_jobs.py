"""Gap: without Docker, MiniStack reports a Glue Spark job as SUCCEEDED without running it.

Bridge: the script runs in the Spark environment (``GLUE_PYTHON``), with its arguments, extra Python files,
time limit and state changes, and its output in the log groups that Glue uses.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch_logs, glue, s3

log = logging.getLogger(__name__)
_slots = threading.BoundedSemaphore(int(os.environ.get("GLUE_MAX_RUNS", "2")))
_ENDED = ("STOPPED", "TIMEOUT")


class _LocalSpark:
    """Stands where MiniStack looks for a Docker client with the job's image, so that it runs the job."""

    class images:  # noqa: N801  (name of the Docker client's attribute)
        @staticmethod
        def get(image: str) -> str:
            return image


def fetch(uri: str, folder: Path) -> Path:
    """Copy ``s3://bucket/key`` of the emulator into `folder`."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    status, _, body = s3._get_object(bucket, key, {}, {})
    if status != 200:
        raise FileNotFoundError(f"{uri} is missing: run `python glue/upload.py {bucket}`")
    path = folder / Path(key).name
    path.write_bytes(bytes(body))
    return path


def environment(arguments: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a job: its extra Python files, and the emulator as its cloud."""
    uris = [uri for uri in arguments.get("--extra-py-files", "").split(",") if uri]
    paths = [str(fetch(uri, folder)) for uri in uris]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return inherited | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYSPARK_PYTHON": os.environ["GLUE_PYTHON"],
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": os.environ["GLUE_SPARK_CONF_DIR"],
        "SPARK_LOCAL_DIRS": str(folder),
        "TMPDIR": str(folder),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": os.environ.get("MINISTACK_REGION", "us-east-1"),
    }


def follow(process: subprocess.Popen[bytes], run: dict[str, Any], seconds: float) -> None:
    """Wait for `process`; end it when the run is stopped or its time is over."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if run["JobRunState"] in ("STOPPING", "STOPPED"):
            os.killpg(process.pid, signal.SIGTERM)
            run["JobRunState"] = "STOPPED"
            process.wait()
        elif time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            run["JobRunState"] = "TIMEOUT"
            process.wait()
        else:
            time.sleep(0.05)


def write_log(run_id: str, group: str, text: str) -> None:
    """Put the output of a run where Glue puts it."""
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in text.splitlines() if line.strip()]
    cloudwatch_logs._create_log_group({"logGroupName": group})
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": run_id})
    if events:
        cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": run_id, "logEvents": events})


def execute(
    run: dict[str, Any], job: dict[str, Any], _name: str, arguments: dict[str, str], script: str, _client: Any
) -> None:
    """Run a job's script; the place of MiniStack's own function for Docker."""
    run["JobRunState"] = "WAITING"
    with _slots:
        if run["JobRunState"] in _ENDED:
            return
        run["JobRunState"] = "RUNNING"
        folder = Path(tempfile.mkdtemp(prefix="glue-"))
        try:
            _execute_in(folder, run, job, arguments, script)
        except Exception as error:
            log.exception("Glue job %s", run["Id"])
            run["JobRunState"], run["ErrorMessage"] = "FAILED", str(error)[:2000]
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _execute_in(folder: Path, run: dict[str, Any], job: dict[str, Any], arguments: dict[str, str], script: str) -> None:
    copy = shutil.copy(script, folder)
    argv = [part for name, value in arguments.items() for part in (name, str(value))]
    output, errors = folder / "output", folder / "errors"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [os.environ["GLUE_PYTHON"], copy, *argv],
            cwd=folder,
            env=environment(arguments, folder),
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        follow(process, run, 60 * float(job.get("Timeout") or 60))
    text = errors.read_text(errors="replace")
    write_log(run["Id"], "/aws-glue/jobs/output", output.read_text(errors="replace"))
    write_log(run["Id"], "/aws-glue/jobs/error", text)
    if run["JobRunState"] in _ENDED:
        return
    lines = [line for line in text.splitlines() if line.strip()]
    run["JobRunState"] = "SUCCEEDED" if process.returncode == 0 else "FAILED"
    if process.returncode:
        run["ErrorMessage"] = lines[-1][:2000] if lines else f"exit code {process.returncode}"


def apply() -> None:
    """Install the bridge."""
    glue._get_docker = lambda: _LocalSpark
    glue._execute_spark_docker = execute
