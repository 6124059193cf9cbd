"""How the model does: what coders decided on its codes, and whether the notes of today are those of before."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from chartcode_aws.batch_table import Batch, BatchTable
from pydantic import BaseModel, ConfigDict, Field

from chartcode.artefact import Manifest
from chartcode.codeset import CodeSet
from chartcode.errors import UnknownCodeError
from chartcode.reference import stability_index
from reviews import training_drift
from reviews.review_table import Counter as ReviewCounter
from reviews.review_table import ReviewTable
from reviews.training_drift import TrainingDrift, training_reference

# The newest batches, up to this share of the period's codes, are held against the others.
NEWEST = 0.25
MOST_CODES = 200
Decisions = Counter[str]


class MetricsQuery(BaseModel):
    """Query of the metrics."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=30, ge=1, le=365)


class CodeMeasures(BaseModel):
    """Decisions on one code."""

    code: str
    description: str
    accepted: int
    rejected: int
    replaced: int
    precision: float | None = Field(description="Share accepted of accepted, rejected and replaced")


class ModelMeasures(BaseModel):
    """Reviews of one model's codes."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str
    reviewed: int
    acceptance: float | None


class ChapterShare(BaseModel):
    """Share of a chapter among the codes of the newest batches, of the batches before them, and of training notes."""

    chapter: str
    share: float
    reference_share: float | None
    training_share: float | None = Field(description="Null where the model has no reference")


class Metrics(BaseModel):
    """Reviews and batches of the last days."""

    model_config = ConfigDict(protected_namespaces=())

    days: int
    reviewed: int = Field(description="Reviews")
    accepted: int
    rejected: int
    replaced: int
    added: int
    acceptance: float | None = Field(description="Share accepted of accepted, rejected and replaced")
    by_code: list[CodeMeasures] = Field(description="The most decided first, at most 200")
    by_model: list[ModelMeasures]
    batches: int = Field(description="Batches that ended")
    notes: int = Field(description="Notes coded in them")
    codes: int = Field(description="Codes billed in them")
    auto_rate: float | None = Field(description="Share of those codes that need no review")
    code_mix: list[ChapterShare]
    drift: float | None = Field(description="Population stability index of the code mix; above 0.2 is worth a look")
    training_drift: TrainingDrift | None = Field(description="The same against the model's training notes, and more")
    model_version: str
    code_set_release: dt.date
    mlflow_url: str | None


def metrics(days: int, codeset: CodeSet, manifest: Manifest) -> Metrics:
    """Return the metrics of the last `days` days, today included."""
    today = dt.datetime.now(dt.UTC).date()
    first_day = (today - dt.timedelta(days=days - 1)).isoformat()
    counters = list(ReviewTable().counters(first_day, today.isoformat()))
    batches = [batch for batch in BatchTable().since(first_day) if batch.summary]
    decisions = _total(counters)
    notes, codes, auto = (sum((batch.summary or {})[name] for batch in batches) for name in ("coded", "codes", "auto"))
    newest, before = code_mixes(batches)
    return Metrics(
        days=days,
        **{name: decisions[name] for name in ("reviewed", "accepted", "rejected", "replaced", "added")},
        acceptance=acceptance(decisions),
        by_code=_by_code(counters, codeset),
        by_model=_by_model(counters),
        batches=len(batches),
        notes=notes,
        codes=codes,
        auto_rate=auto / codes if codes else None,
        code_mix=_shares(newest, before),
        drift=stability_index(before, newest),
        training_drift=training_drift.of_batches(batches, manifest.version),
        model_version=manifest.version,
        code_set_release=manifest.code_set_release,
        mlflow_url=os.environ.get("MLFLOW_URL") or None,
    )


def acceptance(decisions: Mapping[str, int]) -> float | None:
    """Return the share accepted of the codes that were suggested; None if none was reviewed."""
    suggested = sum(decisions[name] for name in ("accepted", "rejected", "replaced"))
    return decisions["accepted"] / suggested if suggested else None


def _total(counters: Iterable[ReviewCounter]) -> Decisions:
    total: Decisions = Counter()
    for counter in counters:
        total.update(counter.model_dump(exclude={"model_version", "code"}))
    return total


def _by_code(counters: Iterable[ReviewCounter], codeset: CodeSet) -> list[CodeMeasures]:
    grouped: defaultdict[str, Decisions] = defaultdict(Counter)
    for counter in counters:
        found = {name: getattr(counter, name) for name in ("accepted", "rejected", "replaced")}
        if counter.code and any(found.values()):
            grouped[counter.code].update(found)
    most_decided = sorted(grouped.items(), key=lambda item: (-item[1].total(), item[0]))[:MOST_CODES]
    return [
        CodeMeasures(code=code, description=_description(code, codeset), precision=acceptance(found), **found)
        for code, found in most_decided
    ]


def _description(code: str, codeset: CodeSet) -> str:
    try:
        return codeset.description(code)
    except UnknownCodeError:  # reviewed under an earlier release
        return ""


def _by_model(counters: Iterable[ReviewCounter]) -> list[ModelMeasures]:
    grouped: defaultdict[str, list[ReviewCounter]] = defaultdict(list)
    for counter in counters:
        grouped[counter.model_version].append(counter)
    totals = {version: _total(found) for version, found in sorted(grouped.items())}
    return [
        ModelMeasures(model_version=version, reviewed=total["reviewed"], acceptance=acceptance(total))
        for version, total in totals.items()
    ]


def code_mixes(batches: Iterable[Batch]) -> tuple[Counter[str], Counter[str]]:
    """Return the codes by chapter of the newest of `batches` (newest first), and of the others."""
    mixes = [Counter((batch.summary or {})["code_mix"]) for batch in batches]
    wanted = NEWEST * sum(mix.total() for mix in mixes)
    newest: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for mix in mixes:
        (newest if newest.total() < wanted else before).update(mix)
    return newest, before


def _shares(newest: Counter[str], before: Counter[str]) -> list[ChapterShare]:
    names = (newest + before).most_common()
    known = training_reference()
    return [
        ChapterShare(
            chapter=name,
            share=newest[name] / newest.total(),
            reference_share=before[name] / before.total() if before else None,
            training_share=known.billed.get(name, 0.0) if known else None,
        )
        for name, _ in names
    ]
