"""Glue job for very large batches: the same coder as the Lambda, over Spark partitions (`mapInPandas`)."""

from __future__ import annotations

import json
import sys
from functools import partial

import batch_objects
from chartcode_aws.audit import Trail
from job_errors import quotes_nothing
from pyspark.sql import SparkSession
from shard_coding import code_shards


def run(spark: SparkSession, output: str, model_uri: str, trail: Trail) -> dict[str, int]:
    """Code every shard of a prepared batch, and return how many notes were coded and failed."""
    shards = json.loads(batch_objects.read(output + "prepared/shards.json") or b"[]")
    frame = spark.createDataFrame([(shard["key"],) for shard in shards], "key string")
    partitions = min(len(shards), max(spark.sparkContext.defaultParallelism, 1))
    coded = frame.repartition(partitions).mapInPandas(
        partial(code_shards, output=output, model_uri=model_uri, trail=trail), "coded int, failed int"
    )
    rows = coded.collect()
    return {"coded": sum(row["coded"] for row in rows), "failed": sum(row["failed"] for row in rows)}


@quotes_nothing
def main(argv: list[str]) -> None:
    """Run the job with Glue's arguments: ``--output`` and ``--model`` (S3 URIs), the audit table and its retention."""
    from awsglue.utils import getResolvedOptions

    options = getResolvedOptions(argv, ["output", "model", "audit-table", "audit-retention-days"])
    trail = Trail(options["audit_table"], int(options["audit_retention_days"]))
    spark = SparkSession.builder.appName("code-notes").getOrCreate()
    try:
        run(spark, options["output"], options["model"], trail)
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv)
