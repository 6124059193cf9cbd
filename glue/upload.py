"""Upload what the Glue jobs import: ``python glue/upload.py RESULTS_BUCKET`` (after ``sam deploy``).

`sam deploy` uploads the job scripts themselves, but not the files that their arguments name.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[1]
ARTEFACT = ROOT / "layers" / "model" / "artefact"
PACKAGE = ROOT / "layers" / "coder"
FUNCTIONS = ROOT / "functions"


def archive(files: Iterable[Path], base: Path) -> bytes:
    """Return a zip of `files`, named relative to `base`."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(files):
            target.write(file, file.relative_to(base))
    return content.getvalue()


def objects() -> dict[str, bytes]:
    """Return the objects under ``code/``, by name."""
    package = [p for p in (PACKAGE / "chartcode").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    trail = [FUNCTIONS / "chartcode_aws" / name for name in ("__init__.py", "audit.py", "clock.py")]
    glue = [ROOT / "glue" / name for name in ("batch_objects.py", "job_errors.py", "note_files.py", "shard_coding.py")]
    return {
        "validation.sql": (ROOT / "glue" / "validation.sql").read_bytes(),
        "jobs.zip": archive(glue, ROOT / "glue"),
        "chartcode.zip": archive(package, PACKAGE),
        "audit.zip": archive(trail, FUNCTIONS),
        "model.zip": archive((p for p in ARTEFACT.iterdir() if p.is_file()), ARTEFACT),
    }


def upload(bucket: str) -> None:
    """Upload the objects to ``s3://bucket/code/``."""
    client = boto3.client("s3")
    for name, content in objects().items():
        client.put_object(Bucket=bucket, Key=f"code/{name}", Body=content)


if __name__ == "__main__":
    upload(sys.argv[1])
