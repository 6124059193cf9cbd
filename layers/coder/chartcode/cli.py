"""``chartcode``: code and evaluate notes offline, with neither cloud nor network.

Exit codes: 0 all went well; 1 some notes could not be coded (each is named on standard error, the others
are written); 2 the command cannot run (bad option, missing file or model).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from chartcode import artefact
from chartcode.coder import Coder
from chartcode.errors import ArtefactError, NoteRejected
from chartcode.evaluation import Measures, Prediction, evaluate
from chartcode.note import Note

app = typer.Typer(help="Clinical notes in, ICD-10-CM codes out.", no_args_is_help=True, add_completion=False)
_errors = Console(stderr=True, highlight=False)

Line = tuple[str, dict[str, Any] | None]  # where it stands, and the record, or None where it is not one


def _read_text(source: str) -> str:
    """Return the text of a file, or of standard input for ``-``."""
    try:
        if source == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{source} is not UTF-8 (byte {error.start}). Convert it first.") from None


def _records(source: str, text: str) -> list[Line]:
    """Return the records of JSONL, or one record for a plain-text note."""
    if not source.endswith(".jsonl") and not text.lstrip().startswith("{"):
        name = "stdin" if source == "-" else Path(source).stem
        return [(name, {"id": name, "text": text})]
    found: list[Line] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            found.append((f"{source}:{number}", _parsed(line)))
    return found


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _note(where: str, record: dict[str, Any] | None) -> Note | None:
    """Return the note of a record; None, with a message that holds none of its text, where it has none."""
    if record is None:
        _errors.print(f"{where}: not a JSON object; skipped.")
        return None
    fields = {key: record[key] for key in ("id", "text", "age", "sex") if record.get(key) is not None}
    try:
        return Note.model_validate(fields)
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]) for each in error.errors())
        _errors.print(f"{where}: missing or invalid field ({wrong}); skipped.")
        return None


def _load() -> Coder:
    try:
        return Coder.load()
    except ArtefactError as error:
        _errors.print(str(error))
        raise typer.Exit(2) from None


def _progress(lines: list[Line], description: str) -> Iterator[Line]:
    """Yield `lines` with a progress bar on standard error, if that is a terminal."""
    yield from track(lines, description=description, console=_errors, disable=not sys.stderr.isatty())


@app.command()
def code(
    notes: Annotated[str, typer.Argument(help="JSONL of notes, a plain-text note, or - for standard input")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSONL to write (default: stdout)")] = None,
    candidates: Annotated[bool, typer.Option(help="Also write each note's whole ranking")] = False,
) -> None:
    """Code notes: one JSON record a note, in order."""
    lines = _records(notes, _read_text(notes))
    coder = _load()
    failed = 0
    stream = output.open("w", encoding="utf-8") if output else sys.stdout
    try:
        for where, record in _progress(lines, "Coding"):
            note = _note(where, record)
            try:
                if note is None:
                    failed += 1
                    continue
                result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=candidates)
            except NoteRejected as error:
                failed += 1
                _errors.print(f"{where}: {error}")
                continue
            stream.write(result.model_dump_json(exclude_none=True) + "\n")
    finally:
        if output:
            stream.close()
    if failed:
        _errors.print(f"{failed} of {len(lines)} notes could not be coded.")
        raise typer.Exit(1)


@app.command("evaluate")
def evaluate_command(
    notes: Annotated[str, typer.Argument(help="JSONL of labelled notes: id, text, codes")],
    level: Annotated[
        Literal["entities", "codes"], typer.Option(help="Every mention, or what the encounter bills")
    ] = "entities",
    gold_field: Annotated[str, typer.Option(help="Field that holds the gold codes")] = "codes",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure the coder on labelled notes."""
    lines = _records(notes, _read_text(notes))
    coder = _load()
    predictions = []
    for where, record in _progress(lines, "Evaluating"):
        note = _note(where, record)
        gold = (record or {}).get(gold_field)
        if note is None or not isinstance(gold, list):
            _errors.print(f"{where}: no note with a list of codes in {gold_field!r}.")
            raise typer.Exit(2)
        predictions.append(_prediction(coder, note, level, tuple(map(str, gold))))
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


def _prediction(coder: Coder, note: Note, level: str, gold: tuple[str, ...]) -> Prediction:
    result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=True)
    ranked = result.candidates or ()
    if level == "entities":
        return Prediction(tuple(c.code for c in ranked if c.mentioned), tuple(c.code for c in ranked), gold)
    billed = sorted(result.codes, key=lambda each: -each.probability)
    codes = tuple(each.code for each in billed)
    return Prediction(codes, (*codes, *(c.code for c in ranked if c.code not in codes)), gold)


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
