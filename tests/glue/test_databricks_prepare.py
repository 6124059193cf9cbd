"""The Databricks job on plain Spark: the same records get the same status as in the Glue job."""

import json
from pathlib import Path

import databricks_prepare
import pandas as pd
import prepare_notes
import pytest

GLUE = Path(__file__).parents[2] / "glue"


@pytest.fixture
def schema(spark, tmp_path):
    """Return an empty schema."""
    spark.sql(f"CREATE DATABASE prepared LOCATION '{tmp_path / 'warehouse'}'")
    yield "prepared"
    spark.sql("DROP DATABASE prepared CASCADE")


@pytest.fixture
def incoming(tmp_path):
    """Return a folder of note files, good and bad."""
    folder = tmp_path / "incoming"
    (folder / "ward 7").mkdir(parents=True)
    (folder / "ward 7" / "visit.txt").write_text("Gout.")
    (folder / "scan.pdf").write_bytes(b"%PDF")
    notes = [
        {"id": "a", "text": "Asthma.", "age": 64, "sex": " female"},
        {"id": "b", "text": "Gout."},
        {"id": "c", "text": "Cough.", "sex": "X"},
    ]
    (folder / "clinic.jsonl").write_text("".join(json.dumps(note) + "\n" for note in notes))
    return folder


def rows(spark, table, *names):
    return sorted(tuple(row[name] for name in names) for row in spark.table(table).collect())


def test_files_of_a_volume_become_tables(spark, schema, incoming, capsys):
    arguments = ["--code", str(GLUE), "--incoming", str(incoming), "--schema", schema]
    for _ in range(2):  # a second run replaces the tables
        databricks_prepare.main(arguments)
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert counts == {
        "files": 3,
        "read": 5,
        "accepted": 2,
        "duplicates": 1,
        "quarantined": 2,
        "reasons": {"bad_sex": 1, "unsupported_format": 1},
    }
    assert rows(spark, "prepared.notes", "source", "line", "id", "text", "age", "sex") == [
        ("incoming/clinic.jsonl", 1, "a", "Asthma.", 64.0, "F"),
        ("incoming/clinic.jsonl", 2, "b", "Gout.", None, None),
    ]
    assert rows(spark, "prepared.duplicates", "source", "id") == [("incoming/ward 7/visit.txt", "ward 7/visit")]
    assert rows(spark, "prepared.quarantine", "id", "reason") == [("c", "bad_sex"), ("scan", "unsupported_format")]


def test_a_note_is_what_a_shard_of_the_glue_job_holds(spark, monkeypatch):
    written = []
    monkeypatch.setattr(prepare_notes.batch_objects, "write_lines", lambda uri, notes: written.extend(notes))
    record = {"source": "f", "line": 1, "id": "a", "text": "Gout.", "age": "64", "sex": " male ", "shard": 0}
    prepare_notes.write_shard(pd.DataFrame([record]), "s3://results/batches/b/")
    types = "source string, line int, id string, text string, age string, sex string, shard int"
    frame = spark.createDataFrame([tuple(record.values())], types)
    assert [row.asDict() for row in frame.select(*databricks_prepare.columns("notes")).collect()] == written
