"""Any bytes under any name: every record says what it holds or why it cannot be read, and can be written again."""

import csv
import io
import json
from pathlib import PurePosixPath

import note_files
import pyarrow
import pyarrow.parquet
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.cases import case, fuzz, surrogates, texts

PROBLEMS = {
    "bad_csv",
    "bad_json",
    "bad_parquet",
    "binary",
    "empty",
    "missing_column",
    "unsupported_format",
    "wrong_encoding",
}
SUFFIXES = st.sampled_from([".txt", ".jsonl", ".ndjson", ".csv", ".parquet", ".TXT", ".pdf", ""])
NAMES = st.sampled_from([*note_files.COLUMNS, " text", "Text", "note", "", "x"])
VALUES = st.one_of(
    texts,
    surrogates,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def check(key, content):
    with case(f"note files, {PurePosixPath(key).suffix.lower() or 'no suffix'}"):
        records = list(note_files.read(key, content))
    assert records
    for record in records:
        assert record.source == key
        assert record.line >= 0
        assert record.problem in {None, *PROBLEMS}
        assert record.text is not None or record.problem or record.line
        for value in record:
            # What Spark and JSON take; a lone surrogate would end the job of the whole batch.
            assert value is None or isinstance(value, int) or value.encode() is not None
        json.dumps(record, ensure_ascii=False).encode()
    return records


@fuzz
@given(SUFFIXES, st.binary(max_size=400))
def test_any_bytes(suffix, content):
    check(f"incoming/ward/a{suffix}", content)


@fuzz
@given(st.sampled_from([".txt", ".jsonl", ".csv"]), texts, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
def test_any_text_in_any_encoding(suffix, text, encoding):
    check(f"incoming/a{suffix}", text.encode(encoding, "replace"))


@fuzz
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5), min_size=1, max_size=5), st.booleans())
def test_any_json_lines(rows, ascii_only):
    content = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode("utf-8", "surrogatepass")
    records = check("incoming/a.jsonl", content)
    assert len(records) == len(rows)


@fuzz
@given(
    st.lists(
        st.sampled_from([b"{", b"}", b"[", b'"', b"text", b":", b",", b"\\ud800", b"\\", b"\n", b"1e999", b"9"]),
        max_size=60,
    )
)
def test_anything_that_resembles_json(pieces):
    check("incoming/a.jsonl", b"".join(pieces) or b"{")


@fuzz
@given(st.lists(st.lists(texts, max_size=4), max_size=5), st.lists(NAMES, max_size=4), st.sampled_from(',;\t"'))
def test_any_csv(rows, header, delimiter):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter if delimiter != '"' else ",", lineterminator="\r\n")
    writer.writerows([header, *rows])
    content = stream.getvalue() + (delimiter if delimiter == '"' else "")
    check("incoming/a.csv", content.encode())


def _parquet():
    table = pyarrow.table({"id": ["a", "b"], "text": ["Gout", None], "age": [50.5, None], "codes": [["M10.9"], []]})
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    return buffer.getvalue()


PARQUET = _parquet()


@fuzz
@given(
    st.lists(st.tuples(st.integers(0, len(PARQUET) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.booleans()
)
def test_any_damaged_parquet(changes, cut):
    content = bytearray(PARQUET)
    for place, value in changes:
        content[place] = value
    check("incoming/a.parquet", bytes(content[: changes[0][0]] if cut else content))
