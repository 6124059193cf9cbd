"""``python -m training.synthetic --notes 2000 --seed 7 -o notes.jsonl``: write synthetic labelled notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from training.synthetic import Generator, phrases


def main(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write")],
    notes: Annotated[int, typer.Option(help="How many notes")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same notes")] = 7,
) -> None:
    """Write synthetic labelled notes."""
    drawn = Generator(phrases(), seed).stream(notes)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as stream:
        for note in track(drawn, total=notes, description="Writing notes"):
            stream.write(note.model_dump_json() + "\n")


if __name__ == "__main__":
    typer.run(main)
