"""The answer for one note: what to bill, every mention found, and (on request) the whole ranking.

Offsets are Unicode code points into the note as given: ``text[begin:end]`` is the evidence.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Trait = Literal["NEGATION", "LOW_CONFIDENCE", "HYPOTHETICAL", "PERTAINS_TO_FAMILY", "HISTORICAL", "SYMPTOM"]

Route = Literal["auto", "review"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Evidence(_Frozen):
    """Words of the note that justify a code."""

    begin: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class Edit(_Frozen):
    """A coding rule that touched a billed code."""

    rule: str = Field(description="Name of the rule in the rule file")
    guideline: str = Field(description="Section of the ICD-10-CM Official Guidelines for Coding and Reporting")
    reason: str = Field(description="What the rule did, in words")


class BilledCode(_Frozen):
    """A code to bill for this encounter."""

    code: str
    description: str
    probability: float = Field(ge=0, le=1, description="That the encounter reports it")
    route: Route = Field(default="review", description="auto: as precise as the target asks; review: look at it")
    evidence: tuple[Evidence, ...]
    edits: tuple[Edit, ...] = ()


class NotBilledCode(_Frozen):
    """A code that the note mentions and that this encounter does not report, with the rule that says so."""

    code: str
    description: str
    probability: float = Field(ge=0, le=1, description="That the encounter reports it")
    evidence: tuple[Evidence, ...]
    edit: Edit


class RankedCode(_Frozen):
    """One of the codes that a mention may stand for."""

    code: str
    description: str
    probability: float = Field(ge=0, le=1)


class Entity(_Frozen):
    """A mention of a condition, billable now or not."""

    begin: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    section: str
    traits: tuple[Trait, ...] = ()
    codes: tuple[RankedCode, ...]


class Candidate(_Frozen):
    """A code of the note's whole ranking; `mentioned` is true where the entity level predicts it."""

    code: str
    probability: float = Field(ge=0, le=1)
    mentioned: bool


class ModelInfo(_Frozen):
    """Which model and which code set answered."""

    version: str
    code_set: str
    code_set_release: dt.date


class NoteResult(_Frozen):
    """The answer for one note."""

    id: str | None = None
    codes: tuple[BilledCode, ...]
    not_billed: tuple[NotBilledCode, ...] = ()
    entities: tuple[Entity, ...]
    candidates: tuple[Candidate, ...] | None = None
    model: ModelInfo
    request_id: str | None = Field(default=None, description="Set by the API")
