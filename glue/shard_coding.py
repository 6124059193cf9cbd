"""Coding of shards in the Python workers of Spark.

A module of its own, not part of the job's script: Spark pickles a script's functions by value, and a cached
function cannot be.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import batch_objects
import pandas as pd
from chartcode_aws.audit import Entry, Trail, of_batch_note
from job_errors import quotes_nothing

from chartcode import Coder, NoteRejected, fhir


@cache
def load_coder(model_uri: str) -> Coder:
    """Fetch the artefact (a zip of its files) once in each Python worker, and load it."""
    content = batch_objects.read(model_uri)
    if content is None:
        raise FileNotFoundError(f"{model_uri} is missing. Upload it with `make glue-code`.")
    folder = Path(tempfile.gettempdir()) / f"chartcode-model-{os.getpid()}"
    zipfile.ZipFile(BytesIO(content)).extractall(folder)
    return Coder.load(folder, threads=1)


@quotes_nothing
def code_shards(batches: Iterator[pd.DataFrame], output: str, model_uri: str, trail: Trail) -> Iterator[pd.DataFrame]:
    """Code the shards of a partition (column ``key``); write what functions/predict writes, audit entries first."""
    coder = load_coder(model_uri)
    bucket, batch_id = output.split("/")[2], output.rstrip("/").rpartition("/")[2]
    for batch in batches:
        for key in batch["key"]:
            results: list[dict[str, Any]] = []
            bundles: list[dict[str, Any]] = []
            failures: list[dict[str, Any]] = []
            entries: list[Entry] = []
            for line in (batch_objects.read_key(bucket, key) or b"").splitlines():
                note = json.loads(line)
                try:
                    result = coder.code(note["text"], note_id=note["id"], age=note["age"], sex=note["sex"])
                    bundle = fhir.bundle(result)
                    results.append(result.model_dump(mode="json", exclude_none=True))
                    bundles.append(bundle)
                    entries.append(of_batch_note(batch_id, result))
                except NoteRejected as error:
                    failures.append({"id": note["id"], "reason": error.reason})
                except Exception as error:  # as in functions/predict: one note must not end the job
                    failures.append({"id": note["id"], "reason": f"coder_error:{type(error).__name__}"})
            trail.append(entries)
            name = PurePosixPath(key).name
            batch_objects.write_lines(f"{output}results/fhir/{PurePosixPath(name).stem}.ndjson", bundles)
            batch_objects.write_lines(f"{output}results/{name}", results)
            batch_objects.write_lines(f"{output}failed/{name}", failures)
            yield pd.DataFrame([{"coded": len(results), "failed": len(failures)}])
