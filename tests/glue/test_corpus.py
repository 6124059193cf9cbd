"""Splits and statistics of a corpus, on records counted by hand."""

import json

import pytest

from training import corpus


def record(number, text, codes=("I10",), **fields):
    return json.dumps({"id": number, "text": text, "codes": list(codes), **fields})


MENTIONS = [{"code": "E11.9", "assertion": "negated"}, {"code": "I10", "assertion": "affirmed"}]
LINES = [
    record("p1/a", "Gout and asthma.", ["M10.9", "J45.909"], sex="F", age=40),
    record("p1/b", "Gout again.", ["M10.9"], sex="F", age=40),
    record("p2", "Hypertension  today.", sex="M", age=60),
    record("p3", "hypertension today.\n"),  # the same text as p2
    record("p4", "   "),
    record("p5", "No codes here.", []),
    '{"id": "p6", "text": "broken',
    json.dumps({"text": "No id.", "codes": ["I10"]}),
    record("p7", "Two words", ["E11.9"], mentions=MENTIONS),
]  # fmt: skip


@pytest.fixture(scope="module")
def run(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "notes.jsonl").write_text("\n".join(LINES) + "\n")
    found = corpus.main([str(folder / "notes.jsonl"), "--output", str(folder / "out")])
    return folder / "out", found, spark.read.parquet(str(folder / "out" / "notes")).toPandas()


def test_every_record_is_accounted_for(run):
    _, found, notes = run
    assert found["records"] == 9
    assert found["rejected"] == {"no_text": 1, "no_codes": 1, "not_json": 1, "no_id": 1}
    assert found["duplicates"] == 1
    assert sum(found["notes"].values()) == len(notes) == 4


def test_statistics(run):
    _, found, _ = run
    assert found["words"]["max"] == 3
    assert found["words"]["mean"] == pytest.approx((3 + 2 + 2 + 2) / 4)
    assert found["codes_a_note"]["mean"] == pytest.approx(5 / 4)
    assert found["chapters"] == {"M": 2, "J": 1, "I": 1, "E": 1}
    assert found["code_frequency"] == {"1": 3, "2_to_9": 1}
    assert found["assertions"] == {"negated": 0.5, "affirmed": 0.5}
    assert found["sex"] == pytest.approx({"F": 0.6667, "M": 0.3333})


def test_a_patient_is_in_one_split(run):
    _, _, notes = run
    assert len(set(notes[notes["id"].str.startswith("p1/")]["split"])) == 1


def test_of_equal_texts_the_lowest_id_stays(run):
    _, _, notes = run
    assert "p2" in set(notes["id"])
    assert "p3" not in set(notes["id"])


def test_no_text_is_in_the_report(run):
    folder, _, _ = run
    reported = (folder / "statistics.json").read_text() + "".join(
        p.read_text() for p in (folder / "rejected").glob("*.json")
    )
    assert "Gout" not in reported
    assert "broken" not in reported


def test_splits_are_stable_and_near_their_shares(spark):
    rows = [(f"n{i}", f"text {i}", ["I10"]) for i in range(2000)]
    frame = spark.createDataFrame(rows, "id string, text string, codes array<string>").selectExpr("*", "null as broken")
    first, again = ({r["id"]: r["split"] for r in corpus.split(frame).collect()} for _ in range(2))
    assert first == again
    share = sum(name == "train" for name in first.values()) / 2000
    assert 0.76 < share < 0.84
