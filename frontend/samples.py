"""The sample notes of the repository: synthetic, and free to show."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "events" / "notes"


def notes() -> dict[str, Path]:
    """Return the sample notes by their names, in words."""
    return {path.stem.replace("_", " ").capitalize(): path for path in sorted(FOLDER.glob("*.txt"))}


def batch_files() -> dict[str, bytes]:
    """Return the sample files of a batch by name: all notes, and the tables of notes."""
    return {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.is_file()}
