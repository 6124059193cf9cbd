"""How far the notes of a period are from those that the coder was trained on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce
from operator import add

from chartcode_aws.batch_table import Batch
from pydantic import Field

from chartcode import artefact, reference
from chartcode.reference import Counts, Drift, Reference


class TrainingDrift(Drift):
    """The drift of the period's batches from the model's training notes; of batches that this model coded only."""

    sources: dict[str, int] = Field(description="Which notes the reference is computed from, and how many of each")
    batches: int = Field(description="Batches that are compared")
    auto_rate: float = Field(description="Share of the reference's codes that are routed to auto")


@cache
def training_reference() -> Reference | None:
    """Return the reference of the artefact; None where it has none."""
    return reference.load(artefact.locate())


def of_batches(batches: Iterable[Batch], version: str) -> TrainingDrift | None:
    """Return the drift of the batches that model `version` published; None without a reference or a batch."""
    known = training_reference()
    measured = [found for batch in batches if (found := (batch.summary or {}).get("monitoring"))]
    counts = [Counts.model_validate(found["counts"]) for found in measured if found["model_version"] == version]
    if known is None or not counts:
        return None
    drift = reference.drift(known, reduce(add, counts))
    return TrainingDrift(**drift.model_dump(), sources=known.sources, batches=len(counts), auto_rate=known.auto_rate)
