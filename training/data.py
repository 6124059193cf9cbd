"""Labelled notes: the record format of the training and evaluation sets."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

CODIESP_TRAIN = "codiesp_train.jsonl"
CODIESP_DEV = "codiesp_dev.jsonl"
ACI_DEV = "aci_icd_dev.jsonl"
DOID_DEV = "doid_phrases_dev.jsonl"


class EvidenceSentence(BaseModel):
    """A sentence of the note that is evidence of `code`."""

    model_config = ConfigDict(frozen=True)

    code: str
    text: str = Field(repr=False)


class LabelledNote(BaseModel):
    """A note with its gold codes."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    text: str = Field(repr=False)
    codes: tuple[str, ...]
    evidence: tuple[EvidenceSentence, ...] = Field(default=(), alias="evidence_sentences")
    age: float | None = None
    sex: str | None = None
    billed: tuple[str, ...] | None = None
    term: str | None = Field(default=None, description="The term that a generated phrase was before it was varied")
    residual: bool = False
    in_tabular: bool = False
    n_doid_on_code: int = 1


def read(path: Path) -> list[LabelledNote]:
    """Read a JSONL file of labelled notes."""
    with path.open(encoding="utf-8") as lines:
        return [LabelledNote.model_validate_json(line) for line in lines if line.strip()]


def digest(path: Path) -> str:
    """Return the SHA-256 of a data file, as it is logged with a training run."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
