"""``make corpus``: split a large corpus of labelled notes for training, and describe it, with PySpark.

Input is JSONL in the record format of `training.data`. Output, in one folder: Parquet under ``notes``, a partition
for each of train, dev and test; the rejected records with their reasons (never their text) under ``rejected``; and
``statistics.json``. The environment is that of the Glue jobs; ``spark-submit`` on a cluster takes the same file.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  (the name that Spark's own documentation uses)

SCHEMA = (
    "id string, text string, codes array<string>, age double, sex string, billed array<string>, "
    "mentions array<struct<code: string, assertion: string>>, broken string"
)
# Shares of the splits in percent; a note belongs to the split that its group's hash falls into.
SPLITS = (("train", 80), ("dev", 10), ("test", 10))
BANDS = ((1, 1, "1"), (2, 9, "2_to_9"), (10, 99, "10_to_99"), (100, 10**9, "100_and_more"))


def read(spark: SparkSession, files: Sequence[str]) -> DataFrame:
    """Return the records of JSONL files; a line that is no record has its column ``broken`` set."""
    return spark.read.schema(SCHEMA).option("columnNameOfCorruptRecord", "broken").json(list(files))


def checked(records: DataFrame) -> DataFrame:
    """Return `records` with ``reason`` (null where the record can be used) and ``text_hash``."""
    normal = F.lower(_one_line("text"))
    reason = (
        F.when(F.col("broken").isNotNull(), "not_json")
        .when(F.col("id").isNull(), "no_id")
        .when(F.col("text").isNull() | (_one_line("text") == ""), "no_text")
        .when(F.col("codes").isNull() | (F.size("codes") == 0), "no_codes")
    )
    return records.withColumn("reason", reason).withColumn("text_hash", F.sha2(F.coalesce(normal, F.lit("")), 256))


def _one_line(column: str) -> Column:
    return F.trim(F.regexp_replace(column, r"\s+", " "))


def split(records: DataFrame) -> DataFrame:
    """Return the usable records, one a text, with their ``split``.

    All notes of a patient (what stands before ``/`` in the id, else the id) go to one split. Of notes with the same
    text the one with the lowest id stays, so that no text is in two splits. The same input gives the same splits.
    """
    usable = checked(records).where("reason IS NULL").drop("reason", "broken")
    first = usable.groupBy("text_hash").agg(F.min("id").alias("id"))
    kept = usable.join(first, ["text_hash", "id"]).dropDuplicates(["text_hash"])
    group = F.element_at(F.split("id", "/"), 1)
    percent = F.pmod(F.xxhash64(group), F.lit(100))
    return kept.withColumn("split", _split_of(percent))


def _split_of(percent: Column) -> Column:
    found, limit = F.lit(None), 100
    for name, share in reversed(SPLITS):
        found = F.when(percent < limit, name).otherwise(found)
        limit -= share
    return found


def statistics(records: DataFrame, notes: DataFrame) -> dict[str, Any]:
    """Return what the corpus holds: counts, lengths, codes, assertions, patients. No text is in it."""
    read_count = records.count()
    rejected = {row["reason"]: row["count"] for row in checked(records).groupBy("reason").count().collect()}
    usable = rejected.pop(None, 0)
    kept = notes.count()
    codes = notes.select("split", F.explode("codes").alias("code"))
    return {
        "records": read_count,
        "rejected": rejected,
        "duplicates": usable - kept,
        "notes": {row["split"]: row["count"] for row in notes.groupBy("split").count().collect()},
        "words": _spread(notes, F.size(F.split(_one_line("text"), " "))),
        "codes_a_note": _spread(notes, F.size("codes")),
        "chapters": {
            row["letter"]: row["count"]
            for row in codes.groupBy(F.substring("code", 1, 1).alias("letter")).count().collect()
        },
        "code_frequency": _bands(codes),
        "unseen_in_train": _unseen(codes),
        "assertions": _shares(notes.select(F.explode_outer("mentions").alias("m")).select("m.assertion"), "assertion"),
        "sex": _shares(notes, "sex"),
        "age": _spread(notes.where("age IS NOT NULL"), F.col("age")),
    }


def _spread(frame: DataFrame, value: Column) -> dict[str, float]:
    row = frame.select(
        F.mean(value).alias("mean"),
        F.percentile_approx(value, 0.5).alias("p50"),
        F.percentile_approx(value, 0.9).alias("p90"),
        F.max(value).alias("max"),
    ).first()
    return {name: round(float(found), 2) for name, found in row.asDict().items() if found is not None} if row else {}


def _bands(codes: DataFrame) -> dict[str, int]:
    """Return how many codes are given how often."""
    counts = codes.groupBy("code").count()
    band = F.lit(None)
    for low, high, name in BANDS:
        band = F.when(F.col("count").between(low, high), name).otherwise(band)
    return {row["band"]: row["count"] for row in counts.groupBy(band.alias("band")).count().collect()}


def _unseen(codes: DataFrame) -> dict[str, int]:
    """Return how many codes of the other splits the training split does not hold."""
    seen = codes.where("split = 'train'").select("code").distinct()
    unseen = codes.where("split <> 'train'").select("split", "code").distinct().join(seen, "code", "left_anti")
    return {row["split"]: row["count"] for row in unseen.groupBy("split").count().collect()}


def _shares(frame: DataFrame, column: str) -> dict[str, float]:
    counts = {
        row[column]: row["count"] for row in frame.where(F.col(column).isNotNull()).groupBy(column).count().collect()
    }
    return {name: round(count / sum(counts.values()), 4) for name, count in counts.items()}


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Split the corpus of the command line, and return its statistics."""
    parser = argparse.ArgumentParser(description="Split and describe a corpus of labelled notes.")
    parser.add_argument("notes", nargs="+", help="JSONL files of labelled notes")
    parser.add_argument("--output", required=True, type=Path, help="folder for the splits and statistics.json")
    arguments = parser.parse_args(argv)
    started = time.perf_counter()
    spark = SparkSession.builder.appName("chartcode-corpus").getOrCreate()
    records = read(spark, arguments.notes).cache()
    notes = split(records).cache()
    output = str(arguments.output)
    notes.drop("text_hash").write.mode("overwrite").partitionBy("split").parquet(f"{output}/notes")
    rejected = checked(records).where("reason IS NOT NULL").select("id", "reason")
    rejected.write.mode("overwrite").json(f"{output}/rejected")
    found = statistics(records, notes)
    found["seconds"] = round(time.perf_counter() - started, 1)
    (arguments.output / "statistics.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))  # noqa: T201  (the job's result)
    return found


if __name__ == "__main__":
    main()
