"""Ports and folders of a local run; every port can be set by its environment variable."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
STACK = "chartcode"
STAGE = "local"


def environment_python(name: str) -> Path:
    """Return the interpreter of one of the environments under ``.venvs``."""
    return ROOT / ".venvs" / name / "bin" / "python"


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdigit():
        sys.exit(f"{variable}={value} is not a port number.")
    return int(value)


@dataclass(frozen=True)
class Settings:
    """Where a local run listens, and where it keeps its state."""

    cloud_port: int = field(default_factory=lambda: _port("CHARTCODE_CLOUD_PORT", 4566))
    workbench_port: int = field(default_factory=lambda: _port("CHARTCODE_WORKBENCH_PORT", 8501))
    mlflow_port: int = field(default_factory=lambda: _port("CHARTCODE_MLFLOW_PORT", 5000))
    state: Path = ROOT / ".local" / "run"

    @property
    def endpoint(self) -> str:
        """URL of the local cloud."""
        return f"http://127.0.0.1:{self.cloud_port}"

    @property
    def aws_environment(self) -> dict[str, str]:
        """Environment in which the AWS SDKs and CLIs talk to the local cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
