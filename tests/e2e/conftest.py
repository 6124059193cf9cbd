"""One stack for the session, on ports and state of its own, so that it can run beside `make run`."""

import socket

import pytest

from local import cloud
from local.processes import Processes
from local.settings import ROOT, Settings

CANARY = "XQ7CANARYZ9"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def stack():
    settings = Settings(cloud_port=free_port(), state=ROOT / ".local" / "e2e")
    processes = Processes(settings.state / "logs")
    log = processes.log("sam")
    log.unlink(missing_ok=True)
    try:
        cloud.build(log)
        cloud.start_emulator(settings, processes)
        yield cloud.deploy(settings, log, {"BatchingWindowSeconds": "2"})
    finally:
        processes.stop()


@pytest.fixture
def drop(stack, tmp_path):
    """Write a file and drop it into the notes bucket; return its key."""

    def write(name, content):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return stack.drop(path, name)

    return write
