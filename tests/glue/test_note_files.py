import io
import json

import note_files
import pytest


def read(key, content):
    return list(note_files.read(f"incoming/{key}", content))


def only(key, content):
    (record,) = read(key, content)
    return record


def test_a_text_file_is_one_note_named_after_its_file():
    record = only("ward/visit 1.txt", "\ufeffHTN\r\nGout".encode())
    assert (record.id, record.text, record.line, record.problem) == ("ward/visit 1", "HTN\nGout", 1, None)


def test_jsonl_records_with_and_without_id():
    lines = [{"id": 7, "text": "HTN", "age": 40, "sex": "F", "codes": ["I10"]}, {"text": "Gout"}]
    first, second = read("day.jsonl", "\n".join(map(json.dumps, lines)).encode())
    assert (first.id, first.age, first.sex, first.codes) == ("7", "40", "F", '["I10"]')
    assert (second.id, second.line) == ("day:2", 2)


def test_the_columns_of_a_common_export():
    content = b'patient_id,age,gender,doctor_notes,icd10_codes\n12,55,Male,"Gout, acute",M10.9\n12,55,Male,Asthma,J45\n'
    first, second = read("export.csv", content)
    assert (first.id, first.text, first.sex, first.codes) == ("12:2", "Gout, acute", "Male", "M10.9")
    assert second.id != first.id  # two notes of one patient


def test_parquet():
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"id": ["a"], "text": ["Gout"], "age": [50.5]}), buffer)
    record = only("notes.parquet", buffer.getvalue())
    assert (record.id, record.text, record.age) == ("a", "Gout", "50.5")


def test_parquet_whose_text_is_bytes():
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": ["Gøut".encode(), b"\xff"], "codes": [[b"I10"], []]}), buffer)
    first, second = read("notes.parquet", buffer.getvalue())
    assert (first.text, second.problem) == ("Gøut", "wrong_encoding")


@pytest.mark.parametrize(
    ("key", "content", "problem"),
    [
        ("a.txt", b"", "empty"),
        ("a.jsonl", b" \n ", "empty"),
        ("a.txt", "Sjögren".encode("latin-1"), "wrong_encoding"),
        ("a.txt", b"\x89PNG\x00\x00\xff", "binary"),
        ("a.pdf", b"%PDF", "unsupported_format"),
        ("a.csv", b"id,note\n1,Gout\n", "missing_column"),
        ("a.csv", b'id,text\n1,"Gout\n', "bad_csv"),
        ("a.parquet", b"PAR1 no", "bad_parquet"),
        ("a.jsonl", b'{"text": "Gout"', "bad_json"),
        ("a.jsonl", b"[1, 2]", "bad_json"),
        ("a.jsonl", b'{"id": 1}', "missing_column"),
        ("a.jsonl", b'{"text": "\xff"}', "wrong_encoding"),
        ("a.jsonl", b'{"text": "Gout \\ud83d"}', "wrong_encoding"),
        ("a.jsonl", b'{"text": "Gout", "id": "\\ud83d"}', "wrong_encoding"),
        ("a.csv", b"id,text\n", "empty"),
    ],
)
def test_what_cannot_be_read_has_its_reason(key, content, problem):
    assert only(key, content).problem == problem


def test_a_bad_line_spoils_no_other():
    records = read("day.jsonl", b'{"text": "HTN"}\n{bad\n{"text": "Gout"}\n')
    assert [record.problem for record in records] == [None, "bad_json", None]
