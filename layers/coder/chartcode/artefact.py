"""The model artefact: the files that a trained coder consists of, and the proof that they are whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chartcode.errors import ArtefactError

MANIFEST = "manifest.json"
ENVIRONMENT_VARIABLE = "CHARTCODE_MODEL_DIR"
PACKAGE_FOLDER = "chartcode_artefact"
_REPAIR = "Restore it with `git checkout -- layers/model/artefact`, or build a new one with `make train`."


class ArtefactFile(BaseModel):
    """Size in bytes and SHA-256 of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What the artefact is, where it comes from, and its files."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    version: str
    created: dt.datetime
    code_set: str
    code_set_release: dt.date
    encoder: str
    entity_threshold: float = Field(ge=0, le=1)
    billing_threshold: float = Field(ge=0, le=1, description="From here on a code is billed, and reviewed")
    auto_threshold: float = Field(ge=0, le=1, description="From here on it is precise enough to go unreviewed")
    training: dict[str, Any] = Field(description="Parameters, data hashes, git commit and MLflow run")
    metrics: dict[str, float]
    files: dict[str, ArtefactFile]


def locate(model_dir: Path | None = None) -> Path:
    """Return the folder of the artefact.

    In this order: `model_dir`, the environment variable ``CHARTCODE_MODEL_DIR``, a folder
    ``chartcode_artefact`` on ``sys.path`` (the Lambda layer), the repository's own.

    Raises
    ------
    ArtefactError
        If there is none.
    """
    named = model_dir or os.environ.get(ENVIRONMENT_VARIABLE)
    repository = Path(__file__).resolve().parents[2] / "model" / "artefact"
    places = [Path(named)] if named else [Path(p) / PACKAGE_FOLDER for p in sys.path] + [repository]
    for place in places:
        if (place / MANIFEST).is_file():
            return place
    raise ArtefactError(f"No model artefact found (looked for {MANIFEST} last in {places[-1]}). {_REPAIR}")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the artefact in `folder`; `ArtefactError` if it cannot be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise ArtefactError(f"{folder / MANIFEST} cannot be read: {error}. {_REPAIR}") from error


def describe(path: Path) -> ArtefactFile:
    """Return size and SHA-256 of the file at `path`."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ArtefactFile(size=path.stat().st_size, sha256=digest)


def verify(folder: Path) -> Manifest:
    """Check every file of the artefact against the manifest, and return the manifest.

    Raises
    ------
    ArtefactError
        Naming the first file that is missing or differs.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. {_REPAIR}")
        if describe(path) != expected:
            raise ArtefactError(f"{path} differs from its hash in {MANIFEST}. {_REPAIR}")
    return manifest
