"""Databricks job: the preparation of ``prepare_notes.py``, from a volume into tables of Unity Catalog.

The same parsing, the same ``validation.sql``, the same duplicates and counts. The tables ``notes``, ``duplicates`` and
``quarantine`` hold what lies in the folder now: a run replaces them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  (the name that Spark's own documentation uses)

if TYPE_CHECKING:
    import pandas as pd

# What the Python workers import.
WORKER_FILES = ("note_files.py", "databricks_prepare.py")
TABLES = {"notes": "accepted", "duplicates": "duplicate", "quarantine": "quarantined"}


def parse_files(batches: Iterator[pd.DataFrame], folder: str) -> Iterator[pd.DataFrame]:
    """Parse the files of a partition (columns path, content)."""
    import note_files
    import pandas as pd

    for batch in batches:
        for file in batch.itertuples():
            key = note_files.INCOMING + file.path.partition(folder.rstrip("/") + "/")[2]
            yield pd.DataFrame(list(note_files.read(key, bytes(file.content))), columns=list(note_files.Record._fields))


def columns(table: str) -> list[Any]:
    """Return the columns of a table: a note as the coder takes it, or a rejected record as it stood."""
    if table != "notes":
        return [F.col(name) for name in ("source", "line", "id", "reason", "text", "age", "sex", "codes")]
    age, sex = F.col("age").cast("double"), F.upper(F.substring(F.trim("sex"), 1, 1))
    return [F.col("id"), F.col("source"), F.col("line"), F.col("text"), age.alias("age"), sex.alias("sex")]


def run(spark: SparkSession, code: Path, incoming: str, schema: str) -> dict[str, Any]:
    """Prepare every file under `incoming` into the tables of `schema`, and return the counts.

    Parameters
    ----------
    code
        Folder of this file and its neighbours (Databricks sets no ``__file__``).
    """
    import prepare_notes

    for name in WORKER_FILES:
        spark.sparkContext.addPyFile(f"file:{code / name}")
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(incoming)
    records = files.select("path", "content").mapInPandas(
        partial(parse_files, folder=incoming), prepare_notes.RECORD_SCHEMA
    )
    validation_sql = (code / "validation.sql").read_text(encoding="utf-8")
    statuses = prepare_notes.transform(spark, records, validation_sql).cache()
    counts = prepare_notes.count(statuses, files.count())
    for table, status in TABLES.items():
        rows = statuses.where(F.col("status") == status).select(*columns(table))
        rows.write.mode("overwrite").saveAsTable(f"{schema}.{table}")
    statuses.unpersist()
    return counts


def main(argv: list[str]) -> None:
    """Run the job with ``--code``, ``--incoming`` and ``--schema`` (catalog.schema); print the counts, no text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", type=Path, required=True)
    parser.add_argument("--incoming", required=True)
    parser.add_argument("--schema", required=True)
    options = parser.parse_args(argv)
    sys.path.insert(0, str(options.code))
    counts = run(SparkSession.builder.getOrCreate(), options.code, options.incoming, options.schema)
    sys.stdout.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
