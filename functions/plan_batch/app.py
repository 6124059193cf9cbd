"""After preparation: which engine codes the batch."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, tracer
from comprehend_medical.job import PREFIX as JOBS

# Publish results has 900 s. Measured with 30 ms for each call of S3, on two busy cores: 0.7 ms a note, and 2.8 ms where
# it writes the output of a Comprehend Medical job too. These are less than half of what that allows.
MOST_NOTES = 500_000
MOST_NOTES_OF_A_JOB = 150_000


class BatchTooLarge(Exception):  # noqa: N818  (the state machine records it by this name)
    """More notes than one publication takes; nothing of the batch is coded."""


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the engine (``lambda``, ``glue`` or ``none``) and the number of accepted notes.

    A request may name the engine; else the number of notes decides.

    Raises
    ------
    BatchTooLarge
        Before anything is spent on coding.
    """
    store = BatchStore(event["batch_id"])
    notes = int(store.read_json("prepared/counts.json")["accepted"])
    most = MOST_NOTES_OF_A_JOB if _is_job(store) else MOST_NOTES
    if notes > most:
        raise BatchTooLarge(f"{notes} notes, of {most} at most: divide the files over several batches")
    by_size = "glue" if notes >= int(os.environ["GLUE_NOTE_THRESHOLD"]) else "lambda"
    engine = "none" if notes == 0 else event.get("engine") or by_size
    logger.info("Batch planned", batch_id=event["batch_id"], notes=notes, engine=engine)
    return {"engine": engine, "notes": notes, "shards": f"{store.prefix}prepared/shards.json"}


def _is_job(store: BatchStore) -> bool:
    files = (store.read_json("manifest.json") or {"files": []})["files"]
    return any(file["key"].startswith(JOBS) for file in files)
