"""One deployed stack for a session of tests, on ports and state of its own, so that it can run beside `make run`."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local import cloud
from local.processes import Processes
from local.settings import ROOT, Settings
from local.stack import Stack


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def deployed(name: str, more: Mapping[str, str] | None = None) -> Iterator[tuple[Stack, Processes]]:
    """Deploy the template to an emulator, with `more` in its environment, whose state lies in a folder `name`."""
    settings = Settings(cloud_port=free_port(), workbench_port=free_port(), state=ROOT / ".local" / name)
    processes = Processes(settings.state / "logs")
    log = processes.log("sam")
    log.unlink(missing_ok=True)
    try:
        cloud.build(log)
        cloud.start_emulator(settings, processes, more)
        yield cloud.deploy(settings, log, {"BatchingWindowSeconds": "2"}), processes
    finally:
        processes.stop()
