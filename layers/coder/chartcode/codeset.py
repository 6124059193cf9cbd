"""One release of ICD-10-CM: every code with its description, place in the hierarchy and instructional notes."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from chartcode.errors import ArtefactError, UnknownCodeError

FILE = "codeset.sqlite"


class Code(BaseModel):
    """A code of the classification, billable or not, with what the Tabular List says about it."""

    model_config = ConfigDict(frozen=True)

    code: str
    description: str
    billable: bool
    chapter: str
    block: str | None
    category: str | None
    parent: str | None
    children: tuple[str, ...]
    includes: tuple[str, ...] = ()
    inclusion_terms: tuple[str, ...] = ()
    excludes1: tuple[str, ...] = ()
    excludes2: tuple[str, ...] = ()
    code_first: str = ""
    use_additional: str = ""
    code_also: str = ""
    seventh_character: dict[str, str] = {}


def normalise(code: str) -> str:
    """Return `code` in the form of the code set: upper case, dotted (``e119`` → ``E11.9``)."""
    plain = code.strip().upper().replace(".", "")
    return plain if len(plain) <= 3 or "-" in plain else f"{plain[:3]}.{plain[3:]}"


class CodeSet:
    """Read-only access to the code set of the artefact.

    Parameters
    ----------
    path
        SQLite file that `training.codeset` writes. It is opened immutable, so that it may lie on a
        read-only file system and be shared by threads.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. Run `git checkout -- layers/model/artefact`.")
        self._connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        rows = self._connection.execute("SELECT key, value FROM release").fetchall()
        release = dict(rows)
        self.name: str = release["name"]
        self.release: str = release["date"]
        self.get = lru_cache(maxsize=4096)(self._get)
        self.description = lru_cache(maxsize=65_536)(self._description)
        self.billable_under = lru_cache(maxsize=4096)(self._billable_under)
        self.billable_code = lru_cache(maxsize=65_536)(self._billable_code)

    def _get(self, code: str) -> Code:
        """Return everything about `code`; `UnknownCodeError` if the release has no such code."""
        key = normalise(code)
        row = self._connection.execute(
            "SELECT code, description, billable, chapter, block, category, parent, notes FROM codes WHERE code = ?",
            (key,),
        ).fetchone()
        if row is None:
            raise UnknownCodeError(key, self.name)
        children = self._connection.execute("SELECT code FROM codes WHERE parent = ? ORDER BY position", (key,))
        return Code(
            code=row[0],
            description=row[1],
            billable=bool(row[2]),
            chapter=row[3],
            block=row[4],
            category=row[5],
            parent=row[6],
            children=tuple(child for (child,) in children),
            **json.loads(row[7]),
        )

    def _description(self, code: str) -> str:
        """Return the description of `code`; `UnknownCodeError` if the release has no such code."""
        row = self._connection.execute("SELECT description FROM codes WHERE code = ?", (code,)).fetchone()
        if row is None:
            raise UnknownCodeError(code, self.name)
        return str(row[0])

    def chapter(self, code: str) -> str:
        """Return the number of the chapter that holds `code`, empty where the release has no such code."""
        try:
            return str(self.get(normalise(code)[:3]).chapter)
        except UnknownCodeError:
            return ""

    def _billable_under(self, prefix: str) -> tuple[str, ...]:
        """Return the billable codes that begin with `prefix`, in tabular order."""
        rows = self._connection.execute(
            "SELECT code FROM codes WHERE code >= ? AND code < ? AND billable = 1 ORDER BY position",
            (prefix, prefix + "~"),
        )
        return tuple(str(code) for (code,) in rows)

    def beginning_with(self, prefix: str, limit: int) -> list[tuple[str, str, bool]]:
        """Return code, description and billability of codes that begin with `prefix`, the least specific first."""
        rows = self._connection.execute(
            "SELECT code, description, billable FROM codes WHERE code >= ? AND code < ? AND category IS NOT NULL"
            " ORDER BY length(code), position LIMIT ?",
            (prefix, prefix + "~", limit),
        )
        return [(str(code), str(description), bool(billable)) for code, description, billable in rows]

    def billable_below(self, code: str, limit: int) -> list[str]:
        """Return up to `limit` of the billable codes below a code, block or chapter, in tabular order."""
        rows = self._connection.execute(
            "WITH RECURSIVE below (code) AS (SELECT code FROM codes WHERE parent = ?"
            " UNION ALL SELECT codes.code FROM codes JOIN below ON codes.parent = below.code)"
            " SELECT code FROM codes WHERE billable = 1 AND code IN below ORDER BY position LIMIT ?",
            (code, limit),
        )
        return [str(each) for (each,) in rows]

    def chapters(self) -> list[str]:
        """Return the chapters, in order."""
        return [
            str(code)
            for (code,) in self._connection.execute("SELECT code FROM codes WHERE parent IS NULL ORDER BY position")
        ]

    def _billable_code(self, code: str) -> str | None:
        """Return the billable code that stands for `code` when nothing more specific is documented.

        A billable code stands for itself; a header for its "unspecified" descendant (Official
        Guidelines I.A.9.b); an injury without 7th character for its initial encounter (I.C.19.a).
        None where the release has nothing under `code`.
        """
        key = normalise(code)
        row = self._connection.execute("SELECT billable_code FROM codes WHERE code = ?", (key,)).fetchone()
        if row is None and key.endswith("X"):  # placeholders without their 7th character: T81.4XX
            return self._billable_code(key.rstrip("X"))
        return str(row[0]) if row and row[0] else None
