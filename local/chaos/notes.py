"""Small notes to drop, each unlike every other, and some files that nobody can code."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local.chaos.lab import Lab
from local.stack import INCOMING

PROBLEMS = ("Gout", "Asthma", "Migraine", "Essential hypertension", "Hypothyroidism", "Type 2 diabetes mellitus")
# Every so many files one holds no text.
BAD_EVERY = 25
UPLOADS_AT_ONCE = 16


@dataclass(frozen=True)
class Drop:
    """Files of one scenario: ``<name>/00000.txt`` and on."""

    name: str
    files: int

    @property
    def keys(self) -> set[str]:
        """Key of each file."""
        return {self._key(n) for n in range(self.files)}

    @property
    def good(self) -> set[str]:
        """Ids of the notes that can be coded."""
        return {self._id(n) for n in range(self.files) if not self._is_bad(n)}

    @property
    def bad(self) -> set[str]:
        """Ids of the files that belong in quarantine."""
        return {self._id(n) for n in range(self.files) if self._is_bad(n)}

    def _id(self, number: int) -> str:
        return f"{self.name}/{number:05d}"

    def _key(self, number: int) -> str:
        return f"{INCOMING}{self._id(number)}.txt"

    def _content(self, number: int) -> bytes:
        if self._is_bad(number):
            return b"\n"
        problem = PROBLEMS[number % len(PROBLEMS)]
        return f"Assessment: {problem}. Visit {number} of {self.name}.\n".encode()

    @staticmethod
    def _is_bad(number: int) -> bool:
        return number % BAD_EVERY == BAD_EVERY - 1

    def upload(self, lab: Lab, numbers: range | None = None) -> None:
        """Put the files (or some of them) into the notes bucket, many at once, until they are there."""

        def put(number: int) -> None:
            while True:
                try:
                    lab.s3.put_object(Bucket=lab.stack.notes_bucket, Key=self._key(number), Body=self._content(number))
                except (BotoCoreError, ClientError):
                    time.sleep(1)
                else:
                    return

        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            list(pool.map(put, numbers or range(self.files)))
