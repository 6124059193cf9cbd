"""Before anything starts: is what the run needs there? Each message says how to mend it."""

from __future__ import annotations

import shutil
import socket
import subprocess

from local.settings import ROOT, Settings

_ENVIRONMENTS = ("emulator", "functions", "spark", "cli")


def _java_problem() -> str | None:
    if shutil.which("java") is None:
        return "Java is not installed; Spark needs it. For example: apt-get install openjdk-17-jre-headless"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    if 'version "17' not in said and 'version "21' not in said:
        return f"Spark 3.5 needs Java 17; found: {said.splitlines()[0] if said else 'an unknown one'}."
    return None


def _port_problem(port: int, variable: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return f"Port {port} is in use. Stop what listens there, or choose another: {variable}=12345 make run"
    return None


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def problems(settings: Settings) -> list[str]:
    """Return what is missing, one sentence each; empty where all is there."""
    found = [_java_problem()]
    found += [
        f"The environment .venvs/{name} is missing. Run `make setup`."
        for name in _ENVIRONMENTS
        if not (ROOT / ".venvs" / name / "bin" / "python").exists()
    ]
    found += [
        _port_problem(settings.cloud_port, "CHARTCODE_CLOUD_PORT"),
        _port_problem(settings.workbench_port, "CHARTCODE_WORKBENCH_PORT"),
        _port_problem(settings.mlflow_port, "CHARTCODE_MLFLOW_PORT"),
    ]
    return [each for each in found if each]
