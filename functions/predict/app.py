"""Map worker: codes the notes of a few shards."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import audit
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import logger, metrics, tracer

from chartcode import Coder, NoteRejected, fhir

coder = Coder.load()


def code_shard(store: BatchStore, key: str) -> tuple[int, int]:
    """Code one shard; write its results, their FHIR bundles and its failures; return how many are coded and failed.

    The names of the output follow from the shard's, so that a retry overwrites its own. No result is there before its
    entry in the audit trail.
    """
    name = PurePosixPath(key).name
    coded, bundles, failed, entries = [], [], [], []
    for note in store.read_lines(key):
        try:
            result = coder.code(note["text"], note_id=note["id"], age=note.get("age"), sex=note.get("sex"))
            bundle = json.dumps(fhir.bundle(result))
            coded.append(result.model_dump_json(exclude_none=True))
            bundles.append(bundle)
            entries.append(audit.of_batch_note(store.batch_id, result))
        except NoteRejected as error:
            failed.append(json.dumps({"id": note["id"], "reason": error.reason}))
        except Exception as error:
            failed.append(json.dumps({"id": note["id"], "reason": f"coder_error:{type(error).__name__}"}))
    audit.append(entries)
    store.write_lines(f"results/fhir/{PurePosixPath(name).stem}.ndjson", bundles)
    store.write_lines(f"results/{name}", coded)
    store.write_lines(f"failed/{name}", failed)
    return len(coded), len(failed)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Code the shards of one batch of the distributed Map."""
    store = BatchStore(event["BatchInput"]["batch_id"])
    counts = [code_shard(store, item["key"]) for item in event["Items"]]
    coded, failed = sum(c for c, _ in counts), sum(f for _, f in counts)
    metrics.add_metric("NotesCoded", MetricUnit.Count, coded)
    metrics.add_metric("NotesFailed", MetricUnit.Count, failed)
    return {"coded": coded, "failed": failed}
