"""Batches of files that were dropped into the bucket: every file is in one of them, and in one only.

A batch is listed before its files are claimed. So if the starter dies at any moment, and however SQS groups the
messages when it delivers them again, whoever gets one of them knows the others, and can finish the start.
"""

from __future__ import annotations

from collections.abc import Mapping

from chartcode_aws import executions
from chartcode_aws.batch_table import Batch, BatchTable
from chartcode_aws.clock import timestamp
from chartcode_aws.executions import NoteFile

from start_batch.claims import batch_id, claim


def batch(name: str) -> Batch:
    """Return the batch of an id as it is when it starts."""
    return Batch(id=name, status="IN_PROGRESS", files=1, started=timestamp())


def propose(files: set[NoteFile]) -> str:
    """List `files` as a batch that may claim them, and return its id."""
    wanted = batch_id(files)
    if files and not executions.files(wanted):
        executions.write_manifest(wanted, files)
    return wanted


def start(batch: Batch, owners: Mapping[NoteFile, str]) -> None:
    """Start a batch with those of the files listed for it that it could claim.

    Parameters
    ----------
    owners
        The batches of files whose claims are known already.
    """
    if BatchTable().get(batch.id):
        return
    listed = executions.files(batch.id)
    own = [file for file in listed if (owners.get(file) or claim(file, batch.id)) == batch.id]
    if own != listed:
        executions.write_manifest(batch.id, own)
    if own and executions.start(batch.id, own):
        BatchTable().create(batch.model_copy(update={"files": len(own)}))
