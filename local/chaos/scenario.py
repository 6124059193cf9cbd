"""The course of every scenario: notes are dropped, something fails, and the notes are counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.chaos.lab import Lab
from local.chaos.ledger import Account, Ledger
from local.chaos.notes import Drop

PATIENCE = 1800
POLL_SECONDS = 1
# An event on its way from S3 to the queue takes less.
QUIET_SECONDS = 10


@dataclass
class Outcome:
    """What a scenario came to."""

    name: str
    account: Account
    seconds: float
    # From the end of the fault to the last note, the work of the batch included.
    recovery: float | None = None
    by_hand: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Scenario:
    """One scenario on its own drop of notes."""

    def __init__(self, lab: Lab, name: str, files: int, folder: str = "") -> None:
        self.lab = lab
        self.name = name
        self.drop = Drop(folder or f"{name.replace(' ', '-')}-{int(time.time())}", files)
        self.ledger = Ledger(lab, self.drop)
        self.details: dict[str, Any] = {}
        self._by_hand: list[str] = []
        self._healed: float | None = None
        self._began = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the scenario began."""
        return time.monotonic() - self._began

    def healed(self) -> None:
        """Say that the fault is over."""
        self._healed = time.monotonic()

    def until(self, what: str, true: Callable[[], bool], seconds: float = 300) -> None:
        """Wait until `what` is true; a scenario in which it never is has shown nothing."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: not so in {seconds} s: {what}")
            time.sleep(0.02)

    def by_hand(self, what: str) -> None:
        """Say what an operator had to do."""
        self._by_hand.append(what)

    def settle(self) -> bool:
        """Wait until the queue is empty, and every file in a batch that has ended; or until nothing more happens."""
        deadline = time.monotonic() + PATIENCE
        quiet_since = time.monotonic()
        while time.monotonic() < deadline:
            if self.lab.waiting("UploadQueue") or not self.ledger.ended():
                quiet_since = time.monotonic()
            elif not self.ledger.in_no_batch() or time.monotonic() - quiet_since > QUIET_SECONDS:
                return True
            time.sleep(POLL_SECONDS)
        return False

    def recover(self) -> None:
        """Do what the runbook says: run failed batches again, drop files again that no batch took."""
        self.settle()
        if batches := self.ledger.run_again():
            self.by_hand(f"{batches} run again")
        if files := self.ledger.drop_again():
            self.by_hand(f"{files} dropped again")

    def end(self) -> Outcome:
        """Wait for the last note, and count."""
        settled = self.settle()
        now = time.monotonic()
        account = self.ledger.account()
        if not settled:
            account.broken.append(f"not over after {PATIENCE} s")
        recovery = None if self._healed is None else now - self._healed
        return Outcome(self.name, account, now - self._began, recovery, ", ".join(self._by_hand), self.details)
