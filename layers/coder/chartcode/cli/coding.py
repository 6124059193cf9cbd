"""``chartcode code``, ``evaluate`` and ``verify``: the shipped model on notes of one's own, offline."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from chartcode import artefact
from chartcode.cli import records
from chartcode.cli.console import ExitCode, Json, messages, stop
from chartcode.coder import Coder
from chartcode.errors import ArtefactError, NoteRejected
from chartcode.evaluation import Level, Measures, evaluate, is_linkable, predicted


def _load() -> Coder:
    try:
        return Coder.load()
    except ArtefactError as error:
        raise stop(ExitCode.CANNOT_RUN, str(error)) from None


def _output(path: Path, source: str, files: ExitStack) -> Any:
    """Open the file to write; never the one that is read."""
    if source != "-" and path.resolve() == Path(source).resolve():
        raise typer.BadParameter("the output must not be the input file.", param_hint="--output")
    try:
        return files.enter_context(path.open("w", encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint="--output") from None


def code(
    notes: Annotated[str, typer.Argument(help="JSONL of notes, a plain-text note, or - for standard input")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSONL to write (default: stdout)")] = None,
    candidates: Annotated[bool, typer.Option(help="Also write each note's whole ranking")] = False,
) -> None:
    """Code notes: one JSON record a note, in order."""
    read = failed = 0
    with ExitStack() as files:
        records.open_source(notes, files)
        coder = _load()
        stream = _output(output, notes, files) if output else sys.stdout
        for record in records.read(notes, "Coding"):
            read += 1
            line = _coded(coder, record, candidates)
            if line is None:
                failed += 1
            else:
                stream.write(line + "\n")
    if not read:
        messages.print("There is no note to code.")
    if failed:
        messages.print(f"{failed} of {read} notes could not be coded.")
    if failed or not read:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _coded(coder: Coder, record: records.Record, candidates: bool) -> str | None:
    """Return the answer for a record as JSON; None, with a message, if it cannot be coded."""
    note = records.note_of(record)
    if note is None:
        return None
    try:
        result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=candidates)
    except NoteRejected as error:
        messages.print(f"{record.where}: {error}", markup=False)
        return None
    return result.model_dump_json(exclude_none=True)


def evaluate_command(
    notes: Annotated[str, typer.Argument(help="JSONL of labelled notes: id, text, codes")],
    level: Annotated[Level, typer.Option(help="Every mention, what is billed, or a phrase each")] = "entities",
    gold_field: Annotated[str, typer.Option(help="Field that holds the gold codes")] = "codes",
    as_json: Json = False,
) -> None:
    """Measure the coder on labelled notes."""
    with ExitStack() as files:
        records.open_source(notes, files)
    coder = _load()
    predictions = []
    for record in records.read(notes, "Evaluating"):
        if level == "phrases" and not is_linkable(record.fields):
            continue
        note, gold = records.note_of(record), record.fields.get(gold_field)
        if note is None:
            raise typer.Exit(ExitCode.CANNOT_RUN)
        if not isinstance(gold, list) or not all(isinstance(each, str) for each in gold):
            raise stop(ExitCode.CANNOT_RUN, f"{record.where}: {gold_field!r} is not a list of codes.")
        try:
            result = coder.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=True)
        except NoteRejected as error:
            raise stop(ExitCode.CANNOT_RUN, f"{record.where}: {error}") from None
        predictions.append(predicted(result, level, gold))
    if not predictions:
        raise stop(ExitCode.CANNOT_RUN, f"{notes} holds no notes.")
    exact, category = evaluate(predictions)
    if as_json:
        report = {"level": level, "notes": len(predictions), "exact": exact.model_dump()}
        typer.echo(json.dumps({**report, "category": category.model_dump()}))
    else:
        _print(level, len(predictions), exact, category)


def verify(as_json: Json = False) -> None:
    """Check every file of the model artefact against its hash."""
    try:
        manifest = artefact.verify(artefact.locate())
    except ArtefactError as error:
        raise stop(ExitCode.CANNOT_RUN, str(error)) from None
    if as_json:
        typer.echo(manifest.model_dump_json())
        return
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
