import json
from pathlib import Path

import note_files
import object_store
import pandas as pd
import prepare_notes
import pytest
from job_errors import quotes_nothing

SQL = (Path(__file__).parents[2] / "glue" / "validation.sql").read_text()


def record(line, text, **changes):
    return note_files.Record("incoming/f.jsonl", line, changes.pop("id", f"f:{line}"), text, **changes)


@pytest.fixture
def statuses(spark):
    """Return {line: (status, reason)} for some records."""

    def transform(*records):
        frame = spark.createDataFrame(list(records), prepare_notes.RECORD_SCHEMA)
        rows = prepare_notes.transform(spark, frame, SQL).collect()
        return {row["line"]: (row["status"], row["reason"]) for row in rows}

    return transform


def test_each_rule_gives_its_reason(statuses):
    found = statuses(
        record(1, "Gout"),
        record(2, "12 / 34"),
        record(3, None),
        record(4, "a" * 200_001),
        record(5, "Gout a\x01"),
        record(6, "Gout b", age="old"),
        record(7, "Gout c", age="131"),
        record(8, "Gout d", age="64.5", sex=" female "),
        record(9, "Gout e", sex="X"),
        record(10, "Gout f", id="i" * 201),
        record(11, None, problem="bad_json"),
    )
    assert found == {
        1: ("accepted", None),
        2: ("quarantined", "empty"),
        3: ("quarantined", "empty"),
        4: ("quarantined", "too_long"),
        5: ("quarantined", "binary"),
        6: ("quarantined", "bad_age"),
        7: ("quarantined", "bad_age"),
        8: ("accepted", None),
        9: ("quarantined", "bad_sex"),
        10: ("quarantined", "bad_id"),
        11: ("quarantined", "bad_json"),
    }


def test_the_first_of_equal_texts_is_kept_and_a_second_text_of_an_id_is_not(statuses):
    found = statuses(
        record(1, "Gout", id="a"),
        record(2, "Gout", id="b"),
        record(3, "Asthma", id="a"),
        record(4, "Asthma", id="c"),
    )
    assert found == {
        1: ("accepted", None),
        2: ("duplicate", None),
        3: ("quarantined", "id_conflict"),
        4: ("duplicate", None),
    }


def test_counts_add_up(spark):
    records = [record(1, "Gout"), record(2, "Gout"), record(3, ""), record(4, "Asthma")]
    frame = spark.createDataFrame(records, prepare_notes.RECORD_SCHEMA)
    counts = prepare_notes.count(prepare_notes.transform(spark, frame, SQL), files=1)
    assert counts == {
        "files": 1,
        "read": 4,
        "accepted": 2,
        "duplicates": 1,
        "quarantined": 1,
        "reasons": {"empty": 1},
    }


def test_a_shard_says_where_its_notes_stand(monkeypatch):
    written = {}
    monkeypatch.setattr(prepare_notes.batch_objects, "write_lines", lambda uri, notes: written.update({uri: [*notes]}))
    rows = [record(2, "Gout", sex="Male"), record(1, "Asthma", age="64")]
    prepare_notes.write_shard(pd.DataFrame(rows).assign(shard=0), "s3://results/batches/b/")
    (notes,) = written.values()
    assert [(note["source"], note["line"], note["id"], note["text"]) for note in notes] == [
        ("incoming/f.jsonl", 1, "f:1", "Asthma"),
        ("incoming/f.jsonl", 2, "f:2", "Gout"),
    ]
    assert [(note["age"], note["sex"]) for note in notes] == [(64.0, None), (None, "M")]


def test_the_limit_is_chartcodes():
    from chartcode import MAX_NOTE_CHARACTERS

    assert f"> {MAX_NOTE_CHARACTERS} " in SQL


def test_both_jobs_import_glue_only_in_main():
    import code_notes

    assert callable(code_notes.main)
    assert callable(prepare_notes.main)


PERSONAL = """Patient: Kathryn Delacroix   MRN: 00482913   DOB: 07/22/1929
Mrs. Delacroix, a 94-year-old woman, was seen on March 3, 2024 by Dr. Okafor of Tulsa, Oklahoma.
Call her at (312) 555-0148. Assessment: Parkinson disease, BP 138/82, A1c 7.9, L4-L5 disc herniation."""
SECRETS = ["Kathryn", "Delacroix", "00482913", "07/22/1929", "94-year", "March 3", "Okafor", "Tulsa", "555-0148"]
SECRETS.append("P-7781")  # of the export's column patient_id
CLINICAL = ("woman", "2024", "Oklahoma", "Parkinson disease", "BP 138/82", "A1c 7.9", "L4-L5 disc herniation")


@pytest.fixture
def prepare(spark, monkeypatch):
    """Prepare files with the real job, and return its counts and what it wrote: {name: content}."""

    def prepare(deidentified, **files):
        with object_store.serve() as (url, objects):
            for name, value in {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
                monkeypatch.setenv(f"AWS_{name}", value)
                spark.sparkContext.environment[f"AWS_{name}"] = value
            prepare_notes.batch_objects._client.cache_clear()
            keys = [f"incoming/{name.replace('_', '.')}" for name in files]
            objects |= {f"notes/{key}": content.encode() for key, content in zip(keys, files.values(), strict=True)}
            manifest = {"files": [{"bucket": "notes", "key": key} for key in keys]}
            objects["out/manifest.json"] = json.dumps(manifest).encode()
            objects["out/validation.sql"] = SQL.encode()
            uris = ("s3://out/manifest.json", "s3://out/batches/b/", "s3://out/validation.sql")
            counts = prepare_notes.run(spark, *uris, deidentified=deidentified)
            prefix = "out/batches/b/"
            return counts, {k.removeprefix(prefix): v.decode() for k, v in objects.items() if k.startswith(prefix)}

    return prepare


def rows(written, folder):
    return [json.loads(line) for name, text in written.items() if name.startswith(folder) for line in text.splitlines()]


@pytest.fixture
def export():
    first = {"patient_id": "P-7781", "age": 94, "gender": "F", "doctor_notes": PERSONAL}
    second = {**first, "patient_id": "P-7782"}
    bad = {**first, "doctor_notes": PERSONAL + " ", "age": 140}
    return "\n".join(json.dumps(record) for record in (first, second, bad))


def test_notes_leave_their_bucket_as_they_are_by_default(prepare, export):
    counts, written = prepare(False, day_jsonl=export)
    assert (counts["accepted"], counts["duplicates"], counts["quarantined"]) == (1, 1, 1)
    assert "deidentified" not in counts
    (note,) = rows(written, "prepared/shard-")
    assert (note["id"], note["age"], note["text"]) == ("P-7781:1", 94.0, PERSONAL)


def test_no_identifier_leaves_the_notes_bucket(prepare, export):
    counts, written = prepare(True, day_jsonl=export)
    assert (counts["accepted"], counts["duplicates"], counts["quarantined"]) == (1, 1, 1)
    (note,) = rows(written, "prepared/shard-")
    (duplicate,) = rows(written, "duplicates/")
    (bad,) = rows(written, "quarantine/")
    assert (note["id"], note["line"], note["age"], note["sex"]) == ("day:1", 1, 90.0, "F")
    assert len(note["text"]) == len(PERSONAL)
    assert all(word in note["text"] for word in CLINICAL)
    assert duplicate["text"] == note["text"]  # by which a duplicate finds its note
    assert (bad["id"], bad["reason"], bad["text"]) == ("day:3", "bad_age", None)
    assert [secret for secret in SECRETS if secret in str(written)] == []
    assert counts["deidentified"] == {
        "AGE": 1,
        "BIRTH_DATE": 1,
        "DATE": 1,
        "LOCATION": 1,
        "MRN": 1,
        "NAME": 3,
        "PHONE": 1,
    }
    assert json.loads(written["prepared/counts.json"]) == counts


def test_the_same_name_has_other_surrogates_in_another_note(prepare):
    notes = [{"id": str(n), "text": f"Dr. Okafor saw Mr. Delacroix for gout, visit {n}."} for n in range(8)]
    _, written = prepare(True, day_jsonl="\n".join(map(json.dumps, notes)))
    surrogates = {note["text"].split(" for ")[0] for note in rows(written, "prepared/shard-")}
    assert len(surrogates) > 4


def test_errors_of_a_job_quote_nothing(spark):
    @quotes_nothing
    def parse(batches):
        for batch in batches:
            float(batch["text"].iloc[0])
            yield batch

    notes = spark.createDataFrame([("Zebra Smith has gout",)], "text string")
    with pytest.raises(Exception, match=r"JobError: ValueError at test_prepare_notes\.py") as raised:
        notes.mapInPandas(parse, "text string").collect()
    assert "Zebra" not in str(raised.value)
