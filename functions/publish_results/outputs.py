"""What is made of the results of a batch: a table of codes, FHIR bundles, and counts."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from chartcode_aws.batch_store import BatchStore

from chartcode import artefact, fhir
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.reference import chapter
from chartcode.result import ModelInfo, NoteResult

COLUMNS = ("id", "code", "description", "probability", "evidence")
# Shards are small: nearly all of the time is waiting for S3.
THREADS = 8


@dataclass
class Tally:
    """Counts over the results of a batch."""

    coded: int = 0
    codes: int = 0
    auto: int = 0
    code_mix: Counter[str] = field(default_factory=Counter)
    mentioned: Counter[str] = field(default_factory=Counter)
    entities: list[int] = field(default_factory=list)
    model: ModelInfo | None = None

    def add(self, result: NoteResult) -> None:
        """Count one note."""
        self.coded += 1
        self.model = result.model
        self.codes += len(result.codes)
        self.auto += sum(code.route == "auto" for code in result.codes)
        self.code_mix.update(chapter(_codeset(), code.code) for code in result.codes)
        self.mentioned.update(chapter(_codeset(), entity.codes[0].code) for entity in result.entities)
        self.entities.append(len(result.entities))


@cache
def _codeset() -> CodeSet:
    return CodeSet(artefact.locate() / CODESET_FILE)


def write(store: BatchStore) -> Tally:
    """Write ``results/codes.csv`` and ``results/fhir/``, and return what was counted."""
    keys = [key for key in store.keys("results/") if key.endswith(".jsonl")]
    text, tally = io.StringIO(), Tally()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    with ThreadPoolExecutor(THREADS) as pool:
        for results in pool.map(lambda key: _write_fhir(store, key), keys):
            for result in results:
                tally.add(result)
                table.writerows(_rows(result))
    store.write("results/codes.csv", text.getvalue().encode(), "text/csv")
    return tally


def _write_fhir(store: BatchStore, key: str) -> list[NoteResult]:
    """Write the bundles of one file of results, one a line, and return its results."""
    results = [NoteResult.model_validate(line) for line in store.read_lines(key)]
    bundles = (json.dumps(fhir.bundle(result)) for result in results)
    store.write_lines(f"results/fhir/{PurePosixPath(key).stem}.ndjson", bundles)
    return results


def _rows(result: NoteResult) -> Iterator[list[Any]]:
    for code in result.codes:
        words = "; ".join(dict.fromkeys(evidence.text for evidence in code.evidence))
        yield [result.id, code.code, code.description, code.probability, words]
