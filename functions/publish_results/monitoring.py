"""How far the notes of a batch are from those that the coder was trained on: counts and indices, no text of a note."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from chartcode_aws.batch_store import BatchStore
from chartcode_aws.observability import metrics

from chartcode import artefact, reference
from chartcode.terms import TermIndex
from publish_results.outputs import Tally

# Length and words are taken of the notes of so many shards, spread over the batch: some 2,000 notes.
MOST_SHARDS = 80


@cache
def _reference() -> reference.Reference | None:
    return reference.load(artefact.locate())


@cache
def _vocabulary() -> dict[str, int]:
    return TermIndex.load(artefact.locate()).vocabulary


def measure(store: BatchStore, tally: Tally) -> dict[str, Any] | None:
    """Return the counts of a batch in the bins of the reference, and its drift; None where there is no reference."""
    known = _reference()
    if known is None:
        return None
    texts = list(_texts(store))
    counts = reference.Counts(
        billed=dict(tally.code_mix),
        mentioned=dict(tally.mentioned),
        characters=known.characters.count(map(len, texts)),
        entities=known.entities.count(tally.entities),
        unknown_words=known.unknown_words.count(reference.unknown_share(text, _vocabulary()) for text in texts),
    )
    return {
        "model_version": artefact.read_manifest(artefact.locate()).version,
        "counts": counts.model_dump(),
        "drift": reference.drift(known, counts).model_dump(),
    }


def _texts(store: BatchStore) -> Iterator[str]:
    """Yield the text of the notes of shards spread over the batch."""
    keys = store.keys("prepared/shard-")
    for notes in store.read_each(keys[:: -(-len(keys) // MOST_SHARDS) or 1]):
        yield from (note["text"] for note in notes)


def emit(summary: dict[str, Any]) -> None:
    """Emit the drift of a batch that is large enough to tell, and how many of its codes go unreviewed."""
    found = (summary["monitoring"] or {}).get("drift", {})
    if found.get("billed") is not None:
        metrics.add_metric("CodeMixDrift", MetricUnit.NoUnit, found["billed"])
    if found.get("characters") is not None:
        metrics.add_metric("NoteLengthDrift", MetricUnit.NoUnit, found["characters"])
    if summary["codes"] >= reference.ENOUGH:
        metrics.add_metric("AutoRate", MetricUnit.Percent, 100 * summary["auto"] / summary["codes"])
