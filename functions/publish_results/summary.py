"""The end of a batch: every note is counted, codes are written as a table, the summary says how it went."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from chartcode_aws.batch_store import BatchStore

COLUMNS = ("id", "code", "description", "probability", "evidence")


class CountsDisagree(Exception):  # noqa: N818  (the state machine retries and catches it by this name)
    """The counts of the batch do not add up: some note would be lost."""


def publish(store: BatchStore, batch_id: str, started: str, error: str | None) -> dict[str, Any]:
    """Write ``results/codes.csv`` and ``summary.json``, and return the summary.

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
    coded, model = _write_table(store)
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
        "started": started,
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "model": model,
        "results": f"s3://{store.bucket}/{store.prefix}results/",
    }
    store.write_json("summary.json", summary)
    return summary


def _status(counts: dict[str, Any], coded: int, error: str | None) -> str:
    if error or not counts:
        return "FAILED"
    whole = coded == counts["accepted"] and counts["quarantined"] == 0
    return "SUCCEEDED" if whole else "PARTIAL_SUCCESS"


def _write_table(store: BatchStore) -> tuple[int, dict[str, Any] | None]:
    """Write one line for each code of each note; return how many notes were coded, and with which model."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    coded, model = 0, None
    for key in store.keys("results/"):
        if not key.endswith((".jsonl", ".json")):
            continue
        for result in store.read_lines(key):
            coded, model = coded + 1, result["model"]
            for code in result["codes"]:
                words = "; ".join(dict.fromkeys(evidence["text"] for evidence in code["evidence"]))
                table.writerow([result["id"], code["code"], code["description"], code["probability"], words])
    store.write("results/codes.csv", text.getvalue().encode(), "text/csv")
    return coded, model
