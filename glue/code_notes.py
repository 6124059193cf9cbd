"""Glue job for very large batches: the same coder as the Lambda, over Spark partitions (`mapInPandas`)."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import batch_objects
from pyspark.sql import SparkSession

if TYPE_CHECKING:
    import pandas as pd

    from chartcode import Coder


@cache
def load_coder(model_uri: str) -> Coder:
    """Fetch the artefact (a zip of its files) once in each Python worker, and load it."""
    from chartcode import Coder

    content = batch_objects.read(model_uri)
    if content is None:
        raise FileNotFoundError(f"{model_uri} is missing. Upload it with `make glue-code`.")
    folder = Path(tempfile.gettempdir()) / f"chartcode-model-{os.getpid()}"
    zipfile.ZipFile(BytesIO(content)).extractall(folder)
    return Coder.load(folder, threads=1)


def code_shards(batches: Iterator[pd.DataFrame], output: str, model_uri: str) -> Iterator[pd.DataFrame]:
    """Code the shards of a partition (column ``key``), and write results and failures of each."""
    import pandas as pd

    from chartcode import NoteRejected

    coder = load_coder(model_uri)
    bucket = output.split("/", 3)[2]
    for batch in batches:
        for key in batch["key"]:
            results: list[dict[str, Any]] = []
            failures: list[dict[str, Any]] = []
            for line in (batch_objects.read_key(bucket, key) or b"").splitlines():
                note = json.loads(line)
                try:
                    result = coder.code(note["text"], note_id=note["id"], age=note["age"], sex=note["sex"])
                    results.append(result.model_dump(mode="json", exclude_none=True))
                except NoteRejected as error:
                    failures.append({"id": note["id"], "reason": error.reason})
            name = PurePosixPath(key).name
            batch_objects.write_lines(f"{output}results/{name}", results)
            batch_objects.write_lines(f"{output}failed/{name}", failures)
            yield pd.DataFrame([{"coded": len(results), "failed": len(failures)}])


def run(spark: SparkSession, output: str, model_uri: str) -> dict[str, int]:
    """Code every shard of a prepared batch, and return how many notes were coded and failed."""
    shards = json.loads(batch_objects.read(output + "prepared/shards.json") or b"[]")
    frame = spark.createDataFrame([(shard["key"],) for shard in shards], "key string")
    partitions = min(len(shards), max(spark.sparkContext.defaultParallelism, 1))
    coded = frame.repartition(partitions).mapInPandas(
        partial(code_shards, output=output, model_uri=model_uri), "coded int, failed int"
    )
    rows = coded.collect()
    return {"coded": sum(row["coded"] for row in rows), "failed": sum(row["failed"] for row in rows)}


def main(argv: list[str]) -> None:
    """Run the job with Glue's arguments ``--output`` and ``--model`` (S3 URIs)."""
    from awsglue.utils import getResolvedOptions

    options = getResolvedOptions(argv, ["output", "model"])
    spark = SparkSession.builder.appName("code-notes").getOrCreate()
    try:
        run(spark, options["output"], options["model"])
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv)
