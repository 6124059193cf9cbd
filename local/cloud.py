"""The local cloud: the emulator, and the real template deployed to it with the real SAM CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import boto3

from local.processes import Processes
from local.settings import REGION, ROOT, STACK, STAGE, Settings, environment_python
from local.stack import Stack

ARTIFACTS = "chartcode-artifacts"
BUILD = ROOT / ".local" / "sam"
SAM = ROOT / ".venvs" / "cli" / "bin" / "sam"


class DeployFailed(Exception):  # noqa: N818
    """The SAM CLI failed; the message holds the end of what it said."""


def start_emulator(settings: Settings, processes: Processes, more: Mapping[str, str] | None = None) -> None:
    """Start the emulator; it is ready when this returns, and without state unless `more` of its environment says so."""
    temporary = settings.state / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    env = {
        "PYTHONPATH": str(ROOT),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.cloud_port),
        "IOT_MTLS_ENABLED": "0",  # its MQTT listener would bind every interface
        "MINISTACK_REGION": REGION,
        "LAMBDA_PYTHON": str(environment_python("functions")),
        "GLUE_PYTHON": str(environment_python("spark")),
        "GLUE_SPARK_CONF_DIR": str(ROOT / "local" / "spark"),
        "TMPDIR": str(temporary),
        **(more or {}),
    }
    processes.start("emulator", [environment_python("emulator"), "-m", "local.emulator"], env, temporary)
    processes.wait_for("emulator", f"{settings.endpoint}/_ministack/health", 60)


def _sam(arguments: list[str], env: Mapping[str, str], log: Path) -> None:
    command = [str(SAM), *arguments]
    path = f"{ROOT / '.venvs' / 'uv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**inherited, "PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": REGION, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    with log.open("a", encoding="utf-8") as stream:
        stream.write(output)
    if done.returncode:
        raise DeployFailed(f"sam {arguments[0]} failed (log: {log}):\n{output[-2000:]}")


def build(log: Path) -> None:
    """Build the template for the Python that runs the functions here; what has not changed is not built again."""
    options = ["--build-dir", str(BUILD / "build"), "--cache-dir", str(BUILD / "cache"), "--cached"]
    _sam(["build", *options], {"LAMBDA_PYTHON_VERSION": "3.11"}, log)


def deploy(settings: Settings, log: Path, parameters: Mapping[str, str]) -> Stack:
    """Deploy the built template, upload what the Glue jobs import, and return the stack."""
    client = boto3.client("s3", endpoint_url=settings.endpoint, region_name=REGION, **_keys())
    client.create_bucket(Bucket=ARTIFACTS)
    overrides = [f"{name}={value}" for name, value in {"Stage": STAGE, **parameters}.items()]
    options = ["--template-file", str(BUILD / "build" / "template.yaml"), "--stack-name", STACK]
    options += ["--s3-bucket", ARTIFACTS]
    options += ["--config-env", "local", "--parameter-overrides", *overrides]
    _sam(["deploy", *options], settings.aws_environment, log)
    stack = Stack.describe(settings)
    upload = [str(ROOT / ".venv" / "bin" / "python"), str(ROOT / "glue" / "upload.py"), stack.results_bucket]
    subprocess.run(upload, env={**os.environ, **settings.aws_environment}, check=True)
    return stack


def _keys() -> dict[str, str]:
    return {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
