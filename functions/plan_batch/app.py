"""After preparation: which engine codes the batch."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, tracer


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the engine (``lambda``, ``glue`` or ``none``) and the number of accepted notes.

    A request may name the engine; else the number of notes decides.
    """
    store = BatchStore(event["batch_id"])
    notes = int(store.read_json("prepared/counts.json")["accepted"])
    by_size = "glue" if notes >= int(os.environ["GLUE_NOTE_THRESHOLD"]) else "lambda"
    engine = "none" if notes == 0 else event.get("engine") or by_size
    logger.info("Batch planned", batch_id=event["batch_id"], notes=notes, engine=engine)
    return {"engine": engine, "notes": notes, "shards": f"{store.prefix}prepared/shards.json"}
