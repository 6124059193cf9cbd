"""Stages of a training run that need not be repeated: each is known by a key over all that it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

FILE = "stages.json"


def key_of(parts: Iterable[str | Path]) -> str:
    """Return one hash over texts and the contents of files (of all files below a folder, in order of name)."""
    digest = hashlib.sha256()
    for part in parts:
        for content in [part.encode()] if isinstance(part, str) else _contents(part):
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _contents(path: Path) -> Iterable[bytes]:
    files = sorted(each for each in path.rglob("*") if each.suffix in (".py", ".json")) if path.is_dir() else [path]
    return (file.read_bytes() for file in files)


class Stages:
    """Which stages are done in a working folder, and under which key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / FILE

    def is_done(self, stage: str, key: str, files: Iterable[str]) -> bool:
        """Return whether `stage` was done under `key` and its files are still there."""
        return self._read().get(stage) == key and all((self._folder / name).is_file() for name in files)

    def mark(self, stage: str, key: str) -> None:
        """Remember that `stage` is done under `key`."""
        self._path.write_text(json.dumps({**self._read(), stage: key}, indent=1), encoding="utf-8")

    def _read(self) -> dict[str, str]:
        if not self._path.is_file():
            return {}
        found: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        return found
