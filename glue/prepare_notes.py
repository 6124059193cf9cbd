"""Glue job: reads the files of a batch; accepts, quarantines or deduplicates every note; writes shards.

1. Every file of the manifest is read (that version of it) and parsed into records.
2. The rules of ``validation.sql`` give each rejected record its reason.
3. Of records with the same text the first (by file, then line) is kept; the others are duplicates.
   A second, different note under the same id is quarantined (``id_conflict``).
4. With ``--deidentify true`` the identifiers of each note give way to surrogates before anything of it is written.
5. Accepted notes go to ``prepared/shard-*.jsonl``, the others to ``quarantine/``; ``prepared/counts.json``
   says how many of each, and that they add up.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import batch_objects
import note_files
from job_errors import quotes_nothing
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  (the name that Spark's own documentation uses)

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

NOTES_PER_SHARD = 25
FILES_PER_TASK = 50
RECORD_SCHEMA = "source string, line int, id string, text string, age string, sex string, codes string, problem string"
STATUS_SCHEMA = RECORD_SCHEMA + ", reason string, status string"
OLDEST = 90  # ages over 89 are one category (45 CFR 164.514(b)(2)(i)(C))


@quotes_nothing
def parse_files(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Read and parse the files of a partition (columns bucket, key, version_id)."""
    import pandas as pd

    for batch in batches:
        for file in batch.itertuples():
            content = batch_objects.read_key(file.bucket, file.key, file.version_id)
            if content is None:
                records = [note_files.Record(file.key, 0, note_files.name_of(file.key), None, problem="missing_file")]
            else:
                records = list(note_files.read(file.key, content))
            yield pd.DataFrame(records, columns=list(note_files.Record._fields))


def read_records(spark: SparkSession, files: list[dict[str, Any]]) -> DataFrame:
    """Return one row for each record of `files` (schema `RECORD_SCHEMA`)."""
    rows = [(file["bucket"], file["key"], file.get("version_id", "")) for file in files]
    frame = spark.createDataFrame(rows, "bucket string, key string, version_id string")
    tasks = max(1, -(-len(rows) // FILES_PER_TASK))
    return frame.repartition(tasks, "key").mapInPandas(parse_files, RECORD_SCHEMA)


def transform(spark: SparkSession, records: DataFrame, validation_sql: str) -> DataFrame:
    """Return `records` with ``status`` (accepted, duplicate, quarantined) and ``reason``."""
    records.createOrReplaceTempView("records")
    checked = spark.sql(validation_sql).withColumn("valid", F.col("reason").isNull())
    same_text = Window.partitionBy("valid", F.sha2(F.coalesce("text", F.lit("")), 256)).orderBy("source", "line")
    same_id = Window.partitionBy("valid", "first", "id").orderBy("source", "line")
    ranked = checked.withColumn("first", F.row_number().over(same_text) == 1)
    ranked = ranked.withColumn("conflict", F.col("valid") & F.col("first") & (F.row_number().over(same_id) > 1))
    status = (
        F.when(~F.col("valid") | F.col("conflict"), "quarantined")
        .when(~F.col("first"), "duplicate")
        .otherwise("accepted")
    )
    reason = F.when(F.col("conflict"), "id_conflict").otherwise(F.col("reason"))
    return ranked.withColumn("status", status).withColumn("reason", reason).drop("valid", "first", "conflict")


@quotes_nothing
def deidentify(batches: Iterator[pd.DataFrame], salt: str) -> Iterator[pd.DataFrame]:
    """Replace the identifiers of a partition's notes by surrogates; column ``identifiers``: the kind of each.

    An id may itself identify: a note's place stands for it. A record in quarantine keeps its place and its reason
    only. Equal texts stay equal; the surrogates of different notes have nothing in common.
    """
    import pandas as pd

    from chartcode.deidentification import deidentify as replace

    for batch in batches:
        rows = batch.to_dict("records")
        for row in rows:
            row |= {"id": note_files.place(row["source"], row["line"]), "codes": None, "identifiers": []}
            if row["status"] == "quarantined":
                row |= {"text": None, "age": None, "sex": None}
                continue
            result = replace(row["text"], hashlib.sha256((salt + row["text"]).encode()).hexdigest())
            row |= {"text": result.text, "identifiers": [each.kind for each in result.spans]}
            row["age"] = None if row["age"] is None else str(min(float(row["age"]), OLDEST))
        yield pd.DataFrame(rows, columns=[*batch.columns, "identifiers"])


def count_identifiers(statuses: DataFrame) -> dict[str, int]:
    """Return how many identifiers of each kind were replaced in the accepted notes."""
    kinds = statuses.where("status = 'accepted'").select(F.explode("identifiers").alias("kind"))
    return {row["kind"]: row["count"] for row in kinds.groupBy("kind").count().orderBy("kind").collect()}


@quotes_nothing
def write_shard(group: pd.DataFrame, output: str) -> pd.DataFrame:
    """Write the notes of one shard, and return its key and number of notes."""
    import pandas as pd

    name = f"prepared/shard-{int(group['shard'].iloc[0]):05d}.jsonl"
    notes = group.sort_values(["source", "line"])
    sexes = {"F": "F", "M": "M"}
    batch_objects.write_lines(
        output + name,
        (
            {
                "id": note.id,
                "source": note.source,
                "line": note.line,
                "text": note.text,
                "age": None if note.age is None else float(note.age),
                "sex": None if note.sex is None else sexes.get(note.sex.strip()[:1].upper()),
            }
            for note in notes.itertuples()
        ),
    )
    return pd.DataFrame([{"name": name, "notes": len(group)}])


@quotes_nothing
def write_rejected(batches: Iterator[pd.DataFrame], output: str, folder: str) -> Iterator[pd.DataFrame]:
    """Write the rejected records of a partition: where each stood, why, and what it was."""
    import pandas as pd
    from pyspark import TaskContext

    columns = ["source", "line", "id", "reason", "text", "age", "sex", "codes"]
    rows = [row for batch in batches for row in batch[columns].to_dict("records")]
    if rows:
        part = TaskContext.get().partitionId()  # type: ignore[union-attr]
        batch_objects.write_lines(f"{output}{folder}/part-{part:05d}.jsonl", rows)
    yield pd.DataFrame([{"rows": len(rows)}])


def count(statuses: DataFrame, files: int) -> dict[str, Any]:
    """Return the counts of a batch; `AssertionError` unless they add up."""
    rows = statuses.groupBy("status", "reason").count().collect()
    by_status = {s: sum(row["count"] for row in rows if row["status"] == s) for s in ("accepted", "duplicate")}
    reasons = {row["reason"]: row["count"] for row in rows if row["status"] == "quarantined"}
    read = sum(row["count"] for row in rows)
    accepted, duplicates, quarantined = by_status["accepted"], by_status["duplicate"], sum(reasons.values())
    if accepted + duplicates + quarantined != read:
        raise AssertionError(f"{read} records read, but {accepted} + {duplicates} + {quarantined} accounted for")
    return {
        "files": files,
        "read": read,
        "accepted": accepted,
        "duplicates": duplicates,
        "quarantined": quarantined,
        "reasons": reasons,
    }


def run(
    spark: SparkSession, manifest_uri: str, output: str, validation_uri: str, deidentified: bool = False
) -> dict[str, Any]:
    """Prepare the batch of a manifest, and return its counts."""
    manifest = json.loads(batch_objects.read(manifest_uri) or b"{}")
    validation_sql = (batch_objects.read(validation_uri) or b"").decode()
    statuses = transform(spark, read_records(spark, manifest["files"]), validation_sql)
    if deidentified:
        # Nobody keeps the salt: no surrogate leads back to what it stands for.
        replace = partial(deidentify, salt=secrets.token_hex(32))
        statuses = statuses.mapInPandas(replace, STATUS_SCHEMA + ", identifiers array<string>")
    statuses = statuses.cache()
    counts = count(statuses, len(manifest["files"]))
    if deidentified:
        counts["deidentified"] = count_identifiers(statuses)
    in_order = Window.orderBy("source", "line")
    shards = (
        statuses.where("status = 'accepted'")
        .withColumn("shard", F.floor((F.row_number().over(in_order) - 1) / NOTES_PER_SHARD))
        .groupBy("shard")
        .applyInPandas(partial(write_shard, output=output), "name string, notes int")
        .collect()
    )
    for folder, status in (("quarantine", "quarantined"), ("duplicates", "duplicate")):
        rejected = statuses.where(F.col("status") == status)
        rejected.mapInPandas(partial(write_rejected, output=output, folder=folder), "rows int").collect()
    prefix = output.split("/", 3)[3]
    items = [{"key": prefix + row["name"], "notes": row["notes"]} for row in sorted(shards)]
    batch_objects.write(output + "prepared/shards.json", json.dumps(items).encode())
    batch_objects.write(output + "prepared/counts.json", json.dumps(counts).encode())
    return counts


@quotes_nothing
def main(argv: list[str]) -> None:
    """Run the job with its arguments: ``--manifest``, ``--output``, ``--validation-sql`` (URIs), ``--deidentify``."""
    from awsglue.utils import getResolvedOptions

    options = getResolvedOptions(argv, ["manifest", "output", "validation-sql", "deidentify"])
    spark = SparkSession.builder.appName("prepare-notes").getOrCreate()
    try:
        deidentified = options["deidentify"] == "true"
        run(spark, options["manifest"], options["output"], options["validation_sql"], deidentified)
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv)
