"""Child processes of a local run: started with a mark, and all gone when the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx

MARK = "CHARTCODE_RUN"


class ProcessDied(Exception):  # noqa: N818
    """A process ended before it answered; the message names its log."""


class Processes:
    """Starts processes and stops every one of them, and what they started, by the mark in their environment."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._mark = uuid.uuid4().hex
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self._logs / f"{name}.log"

    def start(self, name: str, command: Iterable[str | Path], env: Mapping[str, str], cwd: Path) -> None:
        """Start a process; its output goes to its log."""
        with self.log(name).open("wb") as log:
            self._started[name] = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **env, MARK: self._mark},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, name: str, url: str, seconds: float) -> None:
        """Wait until `url` answers 200; `ProcessDied` if the process ends first or takes longer."""

        def answers() -> bool:
            try:
                return httpx.get(url, timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        self._wait(name, answers, seconds, f"did not answer at {url}")

    def _wait(self, name: str, ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self._started[name].poll() is not None:
                raise ProcessDied(f"{name} ended: see {self.log(name)}")
            if time.monotonic() > deadline:
                raise ProcessDied(f"{name} {otherwise} within {seconds:.0f} s: see {self.log(name)}")
            time.sleep(0.1)

    def stop(self, seconds: float = 5) -> None:
        """End every process, gently first and after `seconds` not so, and whatever they have left behind."""
        for process in self._started.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(p.poll() is None for p in self._started.values()):
            time.sleep(0.05)
        for pid in self._marked():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self._started.values():
            process.wait()

    def _marked(self) -> list[int]:
        wanted = f"{MARK}={self._mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                continue
        return found
