"""What became of every note of a drop: waited for, recovered by hand where it must be, and counted."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local.chaos.lab import Lab
from local.chaos.notes import Drop
from local.stack import ENDED, Execution

AGAIN = "-again-"


@dataclass
class Account:
    """The notes of a drop: how many came, where they ended, and every rule that does not hold."""

    notes: int
    results: int = 0
    quarantined: int = 0
    batches: int = 0
    broken: list[str] = field(default_factory=list)


class Ledger:
    """Follows the batches of one drop."""

    def __init__(self, lab: Lab, drop: Drop) -> None:
        self._lab = lab
        self._drop = drop
        self._keys = drop.keys
        self._manifests: dict[str, set[str]] = {}

    def batches(self) -> dict[str, Execution]:
        """Return each batch that has files of the drop, with its newest execution."""
        newest: dict[str, Execution] = {}
        for execution in self._lab.stack.executions():
            newest.setdefault(execution.name.partition(AGAIN)[0], execution)
        return {batch: execution for batch, execution in newest.items() if self._files(batch) & self._keys}

    def _files(self, batch: str) -> set[str]:
        if batch not in self._manifests:
            manifest = self._read(f"batches/{batch}/manifest.json")
            self._manifests[batch] = {file["key"] for file in manifest["files"]}
        return self._manifests[batch]

    def _read(self, key: str) -> Any:
        body = self._lab.s3.get_object(Bucket=self._lab.stack.results_bucket, Key=key)["Body"]
        return json.loads(body.read())

    def in_no_batch(self) -> set[str]:
        """Return the keys that no batch has taken."""
        return self._keys.difference(*(self._files(batch) for batch in self.batches()))

    def objects(self, folder: str) -> int:
        """Return how many objects lie in a folder of the batches so far."""
        known = [batch for batch, keys in self._manifests.items() if keys & self._keys] or self.batches()
        return sum(len(list(self._objects(batch, folder))) for batch in known)

    def _objects(self, batch: str, folder: str) -> Iterator[str]:
        bucket = self._lab.stack.results_bucket
        pages = self._lab.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"batches/{batch}/{folder}"
        )
        return (each["Key"] for page in pages for each in page.get("Contents", []))

    def ended(self) -> bool:
        """Return whether every batch so far has ended."""
        return all(each.status in ENDED for each in self.batches().values())

    def run_again(self) -> int:
        """Run every failed batch again, as ``make run-again`` does; return how many."""
        failed = [(b, e) for b, e in self.batches().items() if e.status in ENDED and e.status != "SUCCEEDED"]
        for batch, execution in failed:
            order = self._lab.stack.states.describe_execution(executionArn=execution.arn)["input"]
            self._lab.stack.states.start_execution(
                stateMachineArn=self._lab.stack.outputs["StateMachineArn"],
                name=f"{batch}{AGAIN}{int(time.time())}",
                input=order,
            )
        return len(failed)

    def drop_again(self) -> int:
        """Copy every file that no batch has taken onto itself: a new version, and a new event; return how many."""
        left, bucket = self.in_no_batch(), self._lab.stack.notes_bucket
        for key in left:
            source = {"Bucket": bucket, "Key": key}
            self._lab.s3.copy_object(Bucket=bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")
        return len(left)

    def account(self) -> Account:
        """Count the notes, and check the rules."""
        found = Account(self._drop.files)
        results: Counter[str] = Counter()
        quarantined: Counter[str] = Counter()
        batches = self.batches()
        found.batches = len(batches)
        for batch in batches:
            results.update(record["id"] for record in self._records(batch, "results/"))
            quarantined.update(record["id"] for record in self._records(batch, "quarantine/"))
            found.broken += self._summary_faults(batch)
        found.results, found.quarantined = results.total(), quarantined.total()
        found.broken += _differences("results", results, self._drop.good)
        found.broken += _differences("quarantine", quarantined, self._drop.bad)
        for queue in ("UploadQueue", "UploadDeadLetterQueue"):
            if waiting := self._lab.waiting(queue):
                found.broken.append(f"{waiting} messages left in {queue}")
        return found

    def _records(self, batch: str, folder: str) -> Iterator[dict[str, Any]]:
        bucket = self._lab.stack.results_bucket
        keys = [key for key in self._objects(batch, folder) if key.endswith(".jsonl")]

        def lines(key: str) -> list[bytes]:
            return bytes(self._lab.s3.get_object(Bucket=bucket, Key=key)["Body"].read()).splitlines()

        with ThreadPoolExecutor(8) as pool:
            for content in pool.map(lines, keys):
                yield from map(json.loads, content)

    def _summary_faults(self, batch: str) -> Iterator[str]:
        try:
            summary = self._read(f"batches/{batch}/summary.json")
        except self._lab.s3.exceptions.NoSuchKey:
            yield f"{batch} has no summary"
            return
        if summary["status"] == "FAILED":
            yield f"{batch} failed: {summary['error']}"
        elif summary["accepted"] + summary["quarantined"] + summary["duplicates"] != summary["read"]:
            yield f"{batch} does not add up"
        elif summary["coded"] != summary["accepted"]:
            yield f"{batch} coded {summary['coded']} of {summary['accepted']} notes"


def _differences(place: str, found: Counter[str], wanted: Iterable[str]) -> Iterator[str]:
    """Say which notes are missing, which are there twice, and which do not belong there."""
    expected = set(wanted)
    for what, ids in (
        ("missing from", expected - set(found)),
        ("more than once in", {each for each, times in found.items() if times > 1}),
        ("strangers in", set(found) - expected),
    ):
        if ids:
            yield f"{len(ids)} {what} {place}: {', '.join(sorted(ids)[:3])}"
