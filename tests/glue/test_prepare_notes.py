from pathlib import Path

import note_files
import prepare_notes
import pytest

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


def test_the_limit_is_chartcodes():
    from chartcode import MAX_NOTE_CHARACTERS

    assert f"> {MAX_NOTE_CHARACTERS} " in SQL


def test_both_jobs_import_glue_only_in_main():
    import code_notes

    assert callable(code_notes.main)
    assert callable(prepare_notes.main)
