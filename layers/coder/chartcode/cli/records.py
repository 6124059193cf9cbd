"""Records of notes as the command line reads them: JSONL, one plain-text note, or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import typer
from pydantic import ValidationError
from rich.progress import Progress

from chartcode.cli.console import messages
from chartcode.note import Note


@dataclass(frozen=True)
class Record:
    """A record, where it stands, and what is wrong with it (empty if nothing is)."""

    where: str
    fields: dict[str, Any]
    problem: str = ""


def open_source(source: str, files: ExitStack) -> tuple[BinaryIO, int | None]:
    """Return the stream of a file, or of standard input for ``-``, and its bytes where they are known."""
    if source == "-":
        return sys.stdin.buffer, None
    try:
        stream = files.enter_context(Path(source).open("rb"))  # noqa: SIM115  (the stack closes it)
        return stream, Path(source).stat().st_size
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}.") from None


def read(source: str, description: str) -> Iterator[Record]:
    """Yield the records of JSONL one line at a time, or the one record of a plain-text note.

    A progress bar over the bytes read stands on standard error, if that is a terminal.
    """
    with ExitStack() as files:
        stream, size = open_source(source, files)
        bar = files.enter_context(Progress(console=messages, disable=not sys.stderr.isatty(), transient=True))
        task = bar.add_task(description, total=size)
        name = "stdin" if source == "-" else source
        as_lines = source.endswith(".jsonl")
        for number, line in enumerate(stream, start=1):
            if not as_lines and not (as_lines := line.lstrip().startswith(b"{")):
                yield _decoded(name, line + stream.read())
                return
            if line.strip():
                yield _parsed(f"{name}:{number}", line)
            bar.update(task, advance=len(line))


def _decoded(name: str, content: bytes) -> Record:
    try:
        return Record(name, {"id": Path(name).stem, "text": content.decode("utf-8-sig")})
    except UnicodeDecodeError as error:
        return Record(name, {}, f"not UTF-8 (byte {error.start}); convert it first")


def _parsed(where: str, line: bytes) -> Record:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Record(where, {}, f"not UTF-8 (byte {error.start} of the line)")
    except (ValueError, RecursionError):
        return Record(where, {}, "not a JSON object")
    return Record(where, fields) if isinstance(fields, dict) else Record(where, {}, "not a JSON object")


def note_of(record: Record) -> Note | None:
    """Return the note of a record; None, with a message that holds none of its text, where it has none."""
    fields = {key: record.fields[key] for key in ("id", "text", "age", "sex") if record.fields.get(key) is not None}
    if isinstance(fields.get("id"), int):
        fields["id"] = str(fields["id"])
    problem = record.problem
    if not problem:
        try:
            return Note.model_validate(fields)
        except ValidationError as error:
            problem = f"missing or invalid field ({', '.join(str(each['loc'][0]) for each in error.errors())})"
    messages.print(f"{record.where}: {problem}.", markup=False)
    return None
