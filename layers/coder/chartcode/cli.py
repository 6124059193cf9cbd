"""``chartcode``: code and evaluate notes offline, with neither cloud nor network.

Exit codes: 0 all went well; 1 some notes could not be coded (each is named on standard error, the others
are written); 2 the command cannot run (bad option, missing file or model).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chartcode import artefact
from chartcode.coder import Coder
from chartcode.errors import ArtefactError, NoteRejected
from chartcode.evaluation import Level, Measures, evaluate, is_linkable, predicted
from chartcode.note import Note

app = typer.Typer(help="Clinical notes in, ICD-10-CM codes out.", no_args_is_help=True, add_completion=False)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class _Record:
    """A record, where it stands, and what is wrong with it (empty if nothing is)."""

    where: str
    fields: dict[str, Any]
    problem: str = ""


def _open(source: str, files: ExitStack) -> tuple[BinaryIO, int | None]:
    """Return the stream of a file, or of standard input for ``-``, and its bytes where they are known."""
    if source == "-":
        return sys.stdin.buffer, None
    try:
        stream = files.enter_context(Path(source).open("rb"))  # noqa: SIM115  (the stack closes it)
        return stream, Path(source).stat().st_size
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}.") from None


def _records(source: str, description: str) -> Iterator[_Record]:
    """Yield the records of JSONL one line at a time, or the one record of a plain-text note.

    A progress bar over the bytes read stands on standard error, if that is a terminal.
    """
    with ExitStack() as files:
        stream, size = _open(source, files)
        bar = files.enter_context(Progress(console=_errors, disable=not sys.stderr.isatty(), transient=True))
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


def _decoded(name: str, content: bytes) -> _Record:
    try:
        return _Record(name, {"id": Path(name).stem, "text": content.decode("utf-8-sig")})
    except UnicodeDecodeError as error:
        return _Record(name, {}, f"not UTF-8 (byte {error.start}); convert it first")


def _parsed(where: str, line: bytes) -> _Record:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _Record(where, {}, f"not UTF-8 (byte {error.start} of the line)")
    except (ValueError, RecursionError):
        return _Record(where, {}, "not a JSON object")
    return _Record(where, fields) if isinstance(fields, dict) else _Record(where, {}, "not a JSON object")


def _note(record: _Record) -> Note | None:
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
    _errors.print(f"{record.where}: {problem}.", markup=False)
    return None


def _load() -> Coder:
    try:
        return Coder.load()
    except ArtefactError as error:
        _errors.print(str(error), markup=False)
        raise typer.Exit(2) from None


def _output(path: Path, source: str, files: ExitStack) -> Any:
    """Open the file to write; never the one that is read."""
    if source != "-" and path.resolve() == Path(source).resolve():
        raise typer.BadParameter("the output must not be the input file.", param_hint="--output")
    try:
        return files.enter_context(path.open("w", encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint="--output") from None


@app.command()
def code(
    notes: Annotated[str, typer.Argument(help="JSONL of notes, a plain-text note, or - for standard input")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSONL to write (default: stdout)")] = None,
    candidates: Annotated[bool, typer.Option(help="Also write each note's whole ranking")] = False,
) -> None:
    """Code notes: one JSON record a note, in order."""
    read = failed = 0
    with ExitStack() as files:
        _open(notes, files)
        coder = _load()
        stream = _output(output, notes, files) if output else sys.stdout
        for record in _records(notes, "Coding"):
            read += 1
            line = _coded(coder, record, candidates)
            if line is None:
                failed += 1
            else:
                stream.write(line + "\n")
    if not read:
        _errors.print("There is no note to code.")
    if failed:
        _errors.print(f"{failed} of {read} notes could not be coded.")
    if failed or not read:
        raise typer.Exit(1)


def _coded(coder: Coder, record: _Record, candidates: bool) -> str | None:
    """Return the answer for a record as JSON; None, with a message, if it cannot be coded."""
    note = _note(record)
    if note is None:
        return None
    try:
        result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=candidates)
    except NoteRejected as error:
        _errors.print(f"{record.where}: {error}", markup=False)
        return None
    return result.model_dump_json(exclude_none=True)


@app.command("evaluate")
def evaluate_command(
    notes: Annotated[str, typer.Argument(help="JSONL of labelled notes: id, text, codes")],
    level: Annotated[Level, typer.Option(help="Every mention, what is billed, or a phrase each")] = "entities",
    gold_field: Annotated[str, typer.Option(help="Field that holds the gold codes")] = "codes",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure the coder on labelled notes."""
    with ExitStack() as files:
        _open(notes, files)
    coder = _load()
    predictions = []
    for record in _records(notes, "Evaluating"):
        if level == "phrases" and not is_linkable(record.fields):
            continue
        note, gold = _note(record), record.fields.get(gold_field)
        if note is None:
            raise typer.Exit(2)
        if not isinstance(gold, list) or not all(isinstance(each, str) for each in gold):
            _errors.print(f"{record.where}: {gold_field!r} is not a list of codes.", markup=False)
            raise typer.Exit(2)
        try:
            result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=True)
        except NoteRejected as error:
            _errors.print(f"{record.where}: {error}", markup=False)
            raise typer.Exit(2) from None
        predictions.append(predicted(result, level, gold))
    if not predictions:
        _errors.print(f"{notes} holds no notes.")
        raise typer.Exit(2)
    exact, category = evaluate(predictions)
    if as_json:
        report = {"level": level, "notes": len(predictions), "exact": exact.model_dump()}
        typer.echo(json.dumps({**report, "category": category.model_dump()}))
    else:
        _print(level, len(predictions), exact, category)


@app.command()
def verify() -> None:
    """Check every file of the model artefact against its hash."""
    try:
        manifest = artefact.verify(artefact.locate())
    except ArtefactError as error:
        _errors.print(str(error))
        raise typer.Exit(2) from None
    size = sum(file.size for file in manifest.files.values()) / 1e6
    typer.echo(f"Model {manifest.version}, {manifest.code_set}: {len(manifest.files)} files, {size:.1f} MB, whole")


def _print(level: str, notes: int, exact: Measures, category: Measures) -> None:
    table = Table(title=f"{notes} notes, {level} level")
    table.add_column("measure")
    table.add_column("full code", justify="right")
    table.add_column("3 characters", justify="right")
    for name in ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "map"):
        table.add_row(name, *(_figure(measures, name) for measures in (exact, category)))
    for k in exact.precision_at:
        table.add_row(f"precision@{k}", f"{exact.precision_at[k]:.3f}", f"{category.precision_at[k]:.3f}")
        table.add_row(f"recall@{k}", f"{exact.recall_at[k]:.3f}", f"{category.recall_at[k]:.3f}")
    Console().print(table)


def _figure(measures: Measures, name: str) -> str:
    value = f"{getattr(measures, name):.3f}"
    interval = measures.intervals.get(name)
    return f"{value} [{interval.low:.3f}, {interval.high:.3f}]" if interval else value
