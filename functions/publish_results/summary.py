"""The end of a batch: every note is counted, and the summary says how it went."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chartcode_aws.batch_store import BatchStore

from publish_results import monitoring, outputs


class CountsDisagree(Exception):  # noqa: N818  (the state machine retries and catches it by this name)
    """The counts of the batch do not add up: some note would be lost."""


def publish(store: BatchStore, batch_id: str, started: str, error: str | None) -> dict[str, Any]:
    """Write the outputs and ``summary.json``, and return the summary (counts and keys only, no text of a note).

    Parameters
    ----------
    started
        When the execution started, ISO 8601.
    error
        Name of the error that ended the batch early; its notes stay where they are and count as failed.

    Raises
    ------
    CountsDisagree
        If accepted, quarantined and duplicates are not what was read, or more was coded than accepted.
    """
    counts = store.read_json("prepared/counts.json") or {}
    tally = outputs.write(store)
    coded = tally.coded
    accepted, read = counts.get("accepted", 0), counts.get("read", 0)
    adds_up = accepted + counts.get("quarantined", 0) + counts.get("duplicates", 0) == read and coded <= accepted
    if not adds_up and error is None:
        raise CountsDisagree(f"read {read}, accepted {accepted}, coded {coded}: see {store.prefix}prepared/counts.json")
    summary = {
        "batch_id": batch_id,
        "status": _status(counts, coded, error),
        "error": error,
        "files": counts.get("files", len((store.read_json("manifest.json") or {}).get("files", []))),
        "read": read,
        "accepted": accepted,
        "quarantined": counts.get("quarantined", 0),
        "duplicates": counts.get("duplicates", 0),
        "reasons": counts.get("reasons", {}),
        "coded": coded,
        "failed": accepted - coded,
        "codes": tally.codes,
        "auto": tally.auto,
        "code_mix": dict(tally.code_mix.most_common()),
        "monitoring": monitoring.measure(store, tally),
        "started": started,
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "model": tally.model,
        "results": f"s3://{store.bucket}/{store.prefix}results/",
    }
    store.write_json("summary.json", summary)
    return summary


def _status(counts: dict[str, Any], coded: int, error: str | None) -> str:
    if error or not counts:
        return "FAILED"
    whole = coded == counts["accepted"] and counts["quarantined"] == 0
    return "SUCCEEDED" if whole else "PARTIAL_SUCCESS"
