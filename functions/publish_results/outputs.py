"""What is made of the results of a batch: a table of codes, and counts."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chartcode_aws.batch_store import BatchStore

from chartcode import artefact
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.reference import chapter

COLUMNS = ("id", "code", "description", "probability", "evidence")


@dataclass
class Tally:
    """Counts over the results of a batch: `chartcode.result.NoteResult`, as JSON.

    They are not parsed into their classes again: that takes three times as long as all the rest, for each note of a
    batch whose size has no other limit than this function's time.
    """

    coded: int = 0
    codes: int = 0
    auto: int = 0
    code_mix: Counter[str] = field(default_factory=Counter)
    mentioned: Counter[str] = field(default_factory=Counter)
    entities: list[int] = field(default_factory=list)
    model: dict[str, Any] | None = None

    def add(self, result: dict[str, Any]) -> None:
        """Count one note."""
        self.coded += 1
        self.model = result["model"]
        self.codes += len(result["codes"])
        self.auto += sum(code["route"] == "auto" for code in result["codes"])
        self.code_mix.update(chapter(_codeset(), code["code"]) for code in result["codes"])
        self.mentioned.update(chapter(_codeset(), entity["codes"][0]["code"]) for entity in result["entities"])
        self.entities.append(len(result["entities"]))


@cache
def _codeset() -> CodeSet:
    return CodeSet(artefact.locate() / CODESET_FILE)


def write(store: BatchStore) -> Tally:
    """Write ``results/codes.csv``, and return what was counted; a few shards are held at a time."""
    tally = Tally()
    store.write_stream("results/codes.csv", _table(store, tally), "text/csv")
    return tally


def _table(store: BatchStore, tally: Tally) -> Iterator[bytes]:
    """Yield the table, the rows of one shard at a time, and count its notes."""
    yield _csv([COLUMNS])
    keys = [key for key in store.keys("results/") if key.endswith(".jsonl")]
    for results in store.read_each(keys):
        for result in results:
            tally.add(result)
        yield _csv(row for result in results for row in _rows(result))


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _rows(result: dict[str, Any]) -> Iterator[list[Any]]:
    for code in result["codes"]:
        words = "; ".join(dict.fromkeys(evidence["text"] for evidence in code["evidence"]))
        yield [result["id"], code["code"], code["description"], code["probability"], words]
