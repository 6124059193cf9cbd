"""``make invoke EVENT=events/x.json``: one event through the built handler under AWS's Runtime Interface Emulator.

`sam local invoke` needs Docker; the emulator's binary comes with the SAM CLI and needs none. Functions that
reach for AWS want the local cloud up (`make run`), the others nothing.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from samtranslator.yaml_helper import yaml_parse

from local import cloud
from local.processes import Processes
from local.settings import ROOT, Settings, environment_python

RIE = ROOT / ".venvs/cli/lib/python3.11/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
FUNCTION_OF = {"api": "ApiFunction", "start_batch": "StartBatchFunction", "plan_batch": "PlanBatchFunction"}
FUNCTION_OF |= {"predict": "PredictFunction", "publish_results": "PublishResultsFunction"}


def function_of(event: Path) -> str:
    """Return the logical id of the function that an event file is for, by its name's beginning."""
    for prefix in sorted(FUNCTION_OF, key=len, reverse=True):
        if event.name.startswith(prefix):
            return FUNCTION_OF[prefix]
    raise typer.BadParameter(f"{event.name} begins with none of: {', '.join(FUNCTION_OF)}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def built_template() -> dict[str, Any]:
    """Return the template that `sam build` wrote."""
    return dict(yaml_parse((cloud.BUILD / "build" / "template.yaml").read_text()))


def environment(function: str, settings: Settings) -> dict[str, str]:
    """Return the environment of a built function: its layers on the path, its own variables where they are plain."""
    template = built_template()
    properties = template["Resources"][function]["Properties"]
    layers = [cloud.BUILD / "build" / layer["Ref"] / "python" for layer in properties["Layers"]]
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = properties.get("Environment", {}).get("Variables", {})
    return {
        **settings.aws_environment,
        **{name: value for name, value in {**shared, **own}.items() if isinstance(value, str)},
        "POWERTOOLS_TRACE_DISABLED": "1",
        "AWS_SAM_LOCAL": "true",  # as `sam local invoke` says: there is no stack, and no audit trail
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties.get("MemorySize", 512)),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(properties.get("Timeout", 60)),
        "PYTHONPATH": os.pathsep.join(map(str, [ROOT / "functions", *layers])),
    }


def invoke(event: Path, settings: Settings) -> Any:
    """Return the function's answer to the event in a file."""
    function = function_of(event)
    processes = Processes(ROOT / ".local" / "invoke" / "logs")
    cloud.build(processes.log("sam"))
    handler = built_template()["Resources"][function]["Properties"]["Handler"]
    address = f"127.0.0.1:{_free_port()}"
    # The emulator listens for the runtime on a port of its own, so that two can run side by side.
    listens = ["--runtime-interface-emulator-address", address, "--runtime-api-address", f"127.0.0.1:{_free_port()}"]
    command = [RIE, *listens, environment_python("functions"), "-m", "awslambdaric", handler]
    try:
        processes.start(function, command, environment(function, settings), ROOT / "functions")
        return _post(f"http://{address}/2015-03-31/functions/function/invocations", event)
    finally:
        processes.stop()


def _post(url: str, event: Path) -> Any:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.post(url, content=event.read_bytes(), timeout=120).json()
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main(event: Annotated[Path, typer.Argument(exists=True, help="A file under events/")]) -> None:
    """Invoke a function with a sample event, and print its answer."""
    try:
        typer.echo(json.dumps(invoke(event, Settings()), indent=1))
    except (cloud.DeployFailed, subprocess.SubprocessError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
