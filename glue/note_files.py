"""Note files as records: text, JSONL, CSV and Parquet, each record with where it stands or why it cannot be read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

# Our column names, and the ones of a common export, to the field that they fill.
COLUMNS = {
    "id": "id",
    "patient_id": "id",
    "text": "text",
    "doctor_notes": "text",
    "age": "age",
    "sex": "sex",
    "gender": "sex",
    "codes": "codes",
    "icd10_codes": "codes",
}
INCOMING = "incoming/"
# A CSV field may be as long as the longest file that is worth reading.
csv.field_size_limit(64 * 1024 * 1024)


class Record(NamedTuple):
    """One note as it stands in a file; `problem` says why it could not be read, if it could not."""

    source: str
    line: int
    id: str
    text: str | None
    age: str | None = None
    sex: str | None = None
    codes: str | None = None
    problem: str | None = None


def name_of(key: str) -> str:
    """Return the key without ``incoming/`` and without its suffix."""
    return str(PurePosixPath(key.removeprefix(INCOMING)).with_suffix(""))


def place(key: str, line: int) -> str:
    """Return the id of a note that has none of its own: its file, and its line where a file has many notes."""
    return name_of(key) if PurePosixPath(key).suffix.lower() == ".txt" else f"{name_of(key)}:{line}"


def read(key: str, content: bytes) -> Iterator[Record]:
    """Yield the records of a file; a file that cannot be read is one record with its problem."""
    reader = _READERS.get(PurePosixPath(key).suffix.lower())
    problem: str | None = "empty"
    try:
        if reader is None:
            problem = "unsupported_format"
        elif content.strip():
            for record in reader(key, content):
                problem = None
                yield record
    except UnicodeDecodeError:
        problem = "binary" if b"\x00" in content[:4096] else "wrong_encoding"
    except csv.Error:
        problem = "bad_csv"
    except _MissingColumn:
        problem = "missing_column"
    except _BadParquet:
        problem = "bad_parquet"
    if problem:
        yield Record(key, 0, name_of(key), None, problem=problem)


class _MissingColumn(Exception):  # noqa: N818
    pass


class _BadParquet(Exception):  # noqa: N818
    pass


def _decoded(content: bytes) -> str:
    """Return UTF-8 text with Unix line ends; a byte-order mark is dropped."""
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _text(key: str, content: bytes) -> Iterator[Record]:
    yield Record(key, 1, place(key, 1), _decoded(content))


def _jsonl(key: str, content: bytes) -> Iterator[Record]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        where = place(key, number)
        try:
            row = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            yield Record(key, number, where, None, problem="wrong_encoding")
        except (ValueError, RecursionError):
            yield Record(key, number, where, line.decode("utf-8-sig"), problem="bad_json")
        else:
            yield _from_row(key, number, row)


def _csv(key: str, content: bytes) -> Iterator[Record]:
    rows = csv.DictReader(io.StringIO(_decoded(content), newline=""), strict=True)
    if "text" not in {COLUMNS.get(name.strip()) for name in rows.fieldnames or ()}:
        raise _MissingColumn
    for number, row in enumerate(rows, start=2):
        yield _from_row(key, number, row)


def _parquet(key: str, content: bytes) -> Iterator[Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        names = [name for name in pyarrow.parquet.read_schema(io.BytesIO(content)).names if name in COLUMNS]
        rows = pyarrow.parquet.read_table(io.BytesIO(content), columns=names).to_pylist()
    except UnicodeDecodeError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError):
        raise _BadParquet from None
    if "text" not in map(COLUMNS.get, names):
        raise _MissingColumn
    for number, row in enumerate(rows, start=1):
        yield _from_row(key, number, row)


def _from_row(key: str, number: int, row: Any) -> Record:
    where = place(key, number)
    if not isinstance(row, dict):
        return Record(key, number, where, None, problem="bad_json")
    known = {COLUMNS[n.strip()]: v for n, v in row.items() if isinstance(n, str) and n.strip() in COLUMNS}
    if "text" not in known:
        return Record(key, number, where, None, problem="missing_column")
    # A patient may have many notes: a patient's id alone does not name a note.
    own_id = f"{row['patient_id']}:{number}" if "patient_id" in row else known.get("id")
    try:
        return Record(
            source=key,
            line=number,
            id=_plain(own_id) or where,
            text=None if known["text"] is None else (_plain(known["text"]) or "").replace("\r\n", "\n"),
            age=_plain(known.get("age")),
            sex=_plain(known.get("sex")),
            codes=_plain(known.get("codes")),
        )
    except UnicodeError:
        return Record(key, number, where, None, problem="wrong_encoding")


def _plain(value: Any) -> str | None:
    """Return a value as text that can be encoded again; JSON can hold half of a surrogate pair, Parquet bytes."""
    if value is None or value == "":
        return None
    if isinstance(value, bytes):
        return value.decode()
    plain = json.dumps(value, default=str) if isinstance(value, list) else str(value)
    plain.encode()
    return plain


_READERS: dict[str, Callable[[str, bytes], Iterator[Record]]] = {
    ".txt": _text,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
