"""Write the code set of the artefact from simple-icd-10-cm (CDC/NCHS Tabular List, public domain)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import simple_icd_10_cm as icd

# The release that the pinned simple-icd-10-cm carries (its data files are named April 1, 2026).
RELEASE_NAME = "ICD-10-CM FY2026, April 1, 2026 addenda"
RELEASE_DATE = "2026-04-01"

_SCHEMA = """
CREATE TABLE release (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE codes (
    code TEXT PRIMARY KEY, position INTEGER NOT NULL, description TEXT NOT NULL, billable INTEGER NOT NULL,
    chapter TEXT NOT NULL, block TEXT, category TEXT, parent TEXT, billable_code TEXT, notes TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX codes_by_parent ON codes (parent);
"""


def ancestors_of(code: str) -> list[str]:
    """Return parent, grandparent and so on up to the chapter.

    39 blocks hold a single category and bear its name (B20); they are left out of the line.
    """
    return [ancestor for ancestor in icd.get_ancestors(code) if ancestor != code]


def children_of(code: str) -> list[str]:
    """Return the children in tabular order (a block with one category may list itself)."""
    return [child for child in icd.get_children(code) if child != code]


def is_coded(code: str) -> bool:
    """Return whether `code` is a category or below, not a chapter or block."""
    return bool(icd.is_category(code)) or not icd.is_chapter_or_block(code)


def default_child(code: str) -> str:
    """Return the child to use when the note says no more than `code`.

    The initial encounter (7th character A, else the first one); else the child without complications;
    else the child called "unspecified", the one that ends in 9 or 0 first; else the first one.
    """
    children = children_of(code)
    if icd.is_extended_subcategory(children[0]):
        return next((child for child in children if child.endswith("A")), children[0])
    titles = {child: icd.get_description(child).lower() for child in children}
    for words in (("uncomplicated", "without complication"), ("unspecified",)):
        pool = [child for child in children if any(word in titles[child] for word in words)]
        if pool:
            return next((child for end in "90" for child in pool if child.endswith(end)), pool[0])
    return next((child for child in children if child.endswith("9")), children[0])


def billable_code(code: str) -> str | None:
    """Return the billable code that stands for `code` when nothing more specific is documented."""
    if not is_coded(code):
        return None
    while not icd.is_leaf(code):
        code = default_child(code)
    return code


def _notes(code: str) -> dict[str, Any]:
    notes = {
        "includes": icd.get_includes(code),
        "inclusion_terms": icd.get_inclusion_term(code),
        "excludes1": icd.get_excludes1(code),
        "excludes2": icd.get_excludes2(code),
        "code_first": icd.get_code_first(code),
        "use_additional": icd.get_use_additional_code(code),
        "code_also": icd.get_code_also(code),
        "seventh_character": icd.get_seven_chr_def(code),
    }
    return {key: value for key, value in notes.items() if value}


def rows() -> Iterator[tuple[Any, ...]]:
    """Yield one row a code, in tabular order."""
    for position, code in enumerate(dict.fromkeys(icd.get_all_codes(with_dots=True))):
        ancestors = ancestors_of(code)
        line = [code, *ancestors]
        coded = [each for each in line if is_coded(each)]
        blocks = [each for each in line if not is_coded(each)]
        yield (
            code,
            position,
            icd.get_description(code),
            int(bool(coded) and icd.is_leaf(code)),
            blocks[-1],
            blocks[0] if len(blocks) > 1 else None,
            coded[-1] if coded else None,
            ancestors[0] if ancestors else None,
            billable_code(code),
            json.dumps(_notes(code), ensure_ascii=False),
        )


def build(path: Path) -> int:
    """Write the code set to `path` (replaced if present) and return the number of codes."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(_SCHEMA)
        connection.executemany("INSERT INTO release VALUES (?, ?)", [("name", RELEASE_NAME), ("date", RELEASE_DATE)])
        connection.executemany(f"INSERT INTO codes VALUES ({','.join('?' * 10)})", rows())  # noqa: S608
        (count,) = connection.execute("SELECT count(*) FROM codes").fetchone()
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM")
    connection.close()
    return int(count)
