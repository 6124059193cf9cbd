"""``make run`` and ``make demo``: the main job on the local cloud, from uploaded notes to a table of codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.status import Status

from chartcode import artefact
from chartcode.errors import ArtefactError
from local import cloud, report
from local.preflight import problems
from local.processes import ProcessDied, Processes
from local.settings import ROOT, Settings
from local.stack import Execution, Stack

SAMPLES = ROOT / "events" / "notes"
API_SAMPLE = SAMPLES / "clinic_visit.txt"
# Uploads of a few seconds become one batch; production waits longer.
PARAMETERS = {"BatchingWindowSeconds": "2"}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class StepFailed(Exception):  # noqa: N818
    """A step of the main job went wrong; the message says which and what to do."""


@dataclass
class Steps:
    """Prints each step with the seconds it took."""

    started: float

    def done(self, text: str) -> None:
        """Say that a step is done."""
        console.print(f"[green]✓[/] {text} [dim]({time.monotonic() - self.started:.0f} s)[/]")


def start_interfaces(settings: Settings, processes: Processes) -> None:
    """Register the shipped model, then start MLflow's UI on the same store."""
    store = ROOT / ".mlflow" / "mlflow.db"
    python = ROOT / ".venv" / "bin" / "python"
    shell = (
        f"'{python}' -m training.registry && exec '{python}' -m mlflow ui --backend-store-uri 'sqlite:///{store}'"
        f" --host 127.0.0.1 --port {settings.mlflow_port} --workers 1"
    )
    # Its job workers serve features that nothing here uses, with a process each.
    env = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    processes.start("mlflow", ["sh", "-c", shell], env, ROOT)


def start_workbench(settings: Settings, processes: Processes, stack: Stack) -> None:
    """Start the Streamlit workbench against the deployed API."""
    command = [ROOT / ".venv" / "bin" / "streamlit", "run", "frontend/app.py", "--server.address", "127.0.0.1"]
    command += ["--server.port", str(settings.workbench_port)]
    env = {
        "CHARTCODE_API_URL": stack.api_url,
        "CHARTCODE_API_KEY": stack.api_key,
        "CHARTCODE_MLFLOW_URL": f"http://127.0.0.1:{settings.mlflow_port}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers" / "coder"), str(ROOT)]),
    }
    processes.start("workbench", command, env, ROOT)


def bring_up(settings: Settings, processes: Processes, steps: Steps) -> Stack:
    """Check the model, start everything, and deploy the template."""
    manifest = artefact.verify(artefact.locate(ROOT / "layers" / "model" / "artefact"))
    steps.done(f"Model {manifest.version} is whole")
    start_interfaces(settings, processes)
    log = processes.log("sam")
    log.unlink(missing_ok=True)
    with console.status("Starting the local cloud and building the template") as status, ThreadPoolExecutor() as pool:
        building = pool.submit(cloud.build, log)
        cloud.start_emulator(settings, processes)
        building.result()
        steps.done("Local cloud is up, template is built")
        status.update("Deploying the template with the SAM CLI")
        mlflow = {"MlflowUrl": f"http://127.0.0.1:{settings.mlflow_port}"}
        stack = cloud.deploy(settings, log, {**PARAMETERS, **mlflow})
    start_workbench(settings, processes, stack)
    steps.done("Template deployed")
    return stack


def warm_up(stack: Stack) -> None:
    """Let the API load its model while Spark starts; the POST below is the real check."""
    try:
        httpx.get(f"{stack.api_url}/health/ready", timeout=60)
    except httpx.HTTPError:
        return


def code_samples(stack: Stack, steps: Steps) -> list[Execution]:
    """Drop the sample notes into S3, and follow the workflow to its end."""
    samples = sorted(path for path in SAMPLES.iterdir() if path.is_file())
    keys = {stack.drop(path) for path in samples}
    steps.done(f"{len(keys)} files dropped into s3://{stack.notes_bucket}/incoming/")
    with console.status("") as status, ThreadPoolExecutor() as pool:
        pool.submit(warm_up, stack)
        executions = stack.follow(keys, 300, lambda state: _tell(status, state))
    for execution in executions:
        if execution.status != "SUCCEEDED":
            summary = stack.summary(execution)
            raise StepFailed(
                f"Batch {execution.name} {execution.status}: {summary.get('error')}. See its summary.json."
            )
        counts = stack.summary(execution)
        if counts["accepted"] + counts["quarantined"] + counts["duplicates"] != counts["read"] or counts["failed"]:
            raise StepFailed(f"Batch {execution.name} does not account for every note: {counts}")
    steps.done("Step Functions coded every note")
    return executions


def _tell(status: Status, state: str) -> None:
    status.update(f"Step Functions: {state}")


def post_sample(stack: Stack, steps: Steps) -> dict[str, Any]:
    """POST one note to API Gateway, and return its answer."""
    response = stack.post_note(API_SAMPLE.read_text(encoding="utf-8"))
    if response.status_code != 200:
        raise StepFailed(f"POST /v1/codes answered {response.status_code}: {response.text[:300]}")
    answer: dict[str, Any] = response.json()
    if not answer["codes"]:
        raise StepFailed("POST /v1/codes found no code in the sample note.")
    took = response.elapsed.total_seconds() * 1000
    steps.done(f"POST /v1/codes answered {len(answer['codes'])} codes in {took:.0f} ms")
    return answer


def main_job(settings: Settings, processes: Processes) -> None:
    """Run every step, and print what came of it."""
    steps = Steps(time.monotonic())
    stack = bring_up(settings, processes, steps)
    executions = code_samples(stack, steps)
    answer = post_sample(stack, steps)
    with console.status("Waiting for the workbench and MLflow"):
        processes.wait_for("workbench", f"http://127.0.0.1:{settings.workbench_port}/_stcore/health", 60)
        processes.wait_for("mlflow", f"http://127.0.0.1:{settings.mlflow_port}/health", 90)
    results = [record for execution in executions for record in stack.records(execution, "results/")]
    console.print(report.codes_table([*results, {**answer, "id": f"POST {API_SAMPLE.name}"}]))
    report.print_places(console, stack, executions)
    connection = settings.state / "stack.json"
    connection.write_text(json.dumps({**stack.outputs, "ApiUrl": stack.api_url, "ApiKey": stack.api_key}, indent=1))
    steps.done("Everything is up")


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(
    once: Annotated[bool, typer.Option("--once", help="Stop when the job is done, instead of staying up")] = False,
) -> None:
    """Run the main job on the local cloud."""
    settings = Settings()
    missing = problems(settings)
    if missing:
        console.print("\n".join(f"[red]✗[/] {each}" for each in missing))
        sys.exit(2)
    # Set even where a shell started us with interrupts ignored (in the background).
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    processes = Processes(settings.state / "logs")
    try:
        main_job(settings, processes)
        if not once:
            console.print("Press Ctrl-C to stop everything.")
            signal.pause()
    except KeyboardInterrupt:
        console.print("Stopping.")
    except (StepFailed, ProcessDied, cloud.DeployFailed, TimeoutError, ArtefactError) as error:
        console.print(f"[red]✗[/] {error}", markup=False)
        console.print(f"Logs: {settings.state / 'logs'}")
        sys.exit(1)
    finally:
        processes.stop()
        shutil.rmtree(settings.state / "tmp", ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
