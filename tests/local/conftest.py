"""Two emulators: MiniStack as it is, and with the bridges. Every test asks both."""

import socket
from dataclasses import dataclass

import boto3
import pytest

from local import cloud
from local.processes import Processes
from local.settings import ROOT, Settings, environment_python


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Emulator:
    settings: Settings

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        return boto3.client(service, endpoint_url=self.settings.endpoint, **keys)


@pytest.fixture(scope="session")
def bridged():
    settings = Settings(cloud_port=free_port(), state=ROOT / ".local" / "bridged")
    processes = Processes(settings.state / "logs")
    try:
        cloud.start_emulator(settings, processes)
        yield Emulator(settings)
    finally:
        processes.stop()


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    settings = Settings(cloud_port=free_port(), state=folder)
    processes = Processes(folder / "logs")
    env = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(settings.cloud_port), "IOT_MTLS_ENABLED": "0"}
    command = [environment_python("emulator"), "-c", "from ministack.app import main; main()"]
    try:
        processes.start("plain", command, env | {"TMPDIR": str(folder)}, folder)
        processes.wait_for("plain", f"{settings.endpoint}/_ministack/health", 60)
        yield Emulator(settings)
    finally:
        processes.stop()
