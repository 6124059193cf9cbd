"""How far a batch is: from its item when it has ended, from what it has written so far while it runs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from chartcode_aws.batch_store import BatchStore
from chartcode_aws.batch_table import Batch

from batches.messages import BatchState, Counts


def state(batch: Batch, missing_files: list[str] | None = None) -> BatchState:
    """Return `batch` as callers see it."""
    found = batch.summary or (_so_far(BatchStore(batch.id)) if batch.status == "IN_PROGRESS" else {})
    return BatchState(
        id=batch.id,
        name=batch.name or "",
        status=batch.status,
        created=batch.created,
        started=batch.started,
        finished=batch.finished,
        files=batch.files,
        missing_files=missing_files,
        counts=Counts.model_validate(found),
        reasons=found.get("reasons", {}),
        error=found.get("error"),
        model=found.get("model"),
    )


def _so_far(store: BatchStore) -> dict[str, Any]:
    """Return the counts of a batch that runs.

    Of a shard that is done the number of notes is known; only failures, which are few, are counted line by line.
    """
    counts: dict[str, Any] | None = store.read_json("prepared/counts.json")
    if counts is None:
        return {}
    notes = {PurePosixPath(shard["key"]).name: shard["notes"] for shard in store.read_json("prepared/shards.json")}
    failed = {PurePosixPath(key).name: sum(1 for _ in store.read_lines(key)) for key in store.keys("failed/")}
    done = {PurePosixPath(key).name for key in store.keys("results/")} & notes.keys()
    coded = sum(notes[name] - failed.get(name, 0) for name in done)
    return {**counts, "coded": coded, "failed": sum(failed.values())}
