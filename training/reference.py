"""The reference of an artefact: what the coder says of notes like those that it was trained on (`chartcode.reference`).

``python -m training.reference`` adds it to the shipped artefact, from synthetic encounters that were not trained on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from chartcode import artefact, reference
from chartcode.coder import Coder
from chartcode.reference import Distribution, Reference
from chartcode.terms import TermIndex
from training.data import LabelledNote
from training.synthetic import Generator, phrases

# More than these tell hardly more.
NOTES = 400


def write(folder: Path, sources: Mapping[str, Sequence[LabelledNote]]) -> artefact.Manifest:
    """Code notes with the coder in `folder`, write their figures there, enter the file in the manifest and return it.

    Parameters
    ----------
    sources
        Notes by what they are ("synthetic encounters"); of each the first `NOTES` are taken.
    """
    taken = {name: list(notes)[:NOTES] for name, notes in sources.items() if notes}
    found = measure(folder, [note for notes in taken.values() for note in notes])
    found = found.model_copy(update={"sources": {name: len(notes) for name, notes in taken.items()}})
    (folder / reference.FILE).write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    manifest = artefact.read_manifest(folder)
    files = {**manifest.files, reference.FILE: artefact.describe(folder / reference.FILE)}
    manifest = manifest.model_copy(update={"files": files})
    (folder / artefact.MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def measure(folder: Path, notes: Sequence[LabelledNote]) -> Reference:
    """Return the figures of `notes`, as the coder in `folder` codes them."""
    coder, vocabulary = Coder.load(folder), TermIndex.load(folder).vocabulary
    billed: Counter[str] = Counter()
    mentioned: Counter[str] = Counter()
    entities, auto = [], 0
    for note in track(notes, description="Reference"):
        result = coder.code(note.text, age=note.age, sex=note.sex)
        billed.update(reference.chapter(coder.codeset, code.code) for code in result.codes)
        mentioned.update(reference.chapter(coder.codeset, entity.codes[0].code) for entity in result.entities)
        entities.append(len(result.entities))
        auto += sum(code.route == "auto" for code in result.codes)
    return Reference(
        sources={},
        billed=_shares(billed),
        mentioned=_shares(mentioned),
        characters=Distribution.of(len(note.text) for note in notes),
        entities=Distribution.of(entities),
        unknown_words=Distribution.of(round(reference.unknown_share(note.text, vocabulary), 4) for note in notes),
        auto_rate=round(auto / max(billed.total(), 1), 4),
    )


def _shares(counts: Counter[str]) -> dict[str, float]:
    return {name: round(count / counts.total(), 6) for name, count in counts.most_common()}


def main(
    seed: Annotated[int, typer.Option(help="Of the notes; not that of the training run")] = 9,
    model_dir: Annotated[Path | None, typer.Option(help="Folder of the artefact (default: the shipped one)")] = None,
) -> None:
    """Add the reference to an artefact."""
    notes = [
        LabelledNote(id=note.id, text=note.text, codes=note.codes, age=note.age, sex=note.sex)
        for note in Generator(phrases(), seed).stream(NOTES)
    ]
    folder = artefact.locate(model_dir)
    write(folder, {"synthetic encounters": notes})
    artefact.verify(folder)
    typer.echo(f"{folder / reference.FILE}: figures of {len(notes)} notes")


if __name__ == "__main__":
    typer.run(main)
