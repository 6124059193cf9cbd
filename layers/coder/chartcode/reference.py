"""The notes that the coder was trained on, in figures, and how far the notes of today are from them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chartcode.codeset import CodeSet
from chartcode.errors import ArtefactError
from chartcode.text import is_content, words

FILE = "reference.json"
BINS = 10
# Stands for a share of none, which has no logarithm.
LEAST_SHARE = 0.0001
# With fewer notes, or codes, chance alone moves an index by 0.1.
ENOUGH = 300
NOT_IN_THE_CODE_SET = "Not in the code set"


class Distribution(BaseModel):
    """Shares of notes by a number: ``shares[i]`` have one from ``edges[i - 1]`` on and below ``edges[i]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.shares) != len(self.edges) + 1 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("edges must rise, and there is one share more than edges")
        return self

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Return the distribution of `values` over their deciles."""
        ordered = sorted(values)
        edges = sorted({ordered[len(ordered) * tenth // BINS] for tenth in range(1, BINS)} - {ordered[0]})
        found = cls(edges=tuple(edges), shares=(0.0,) * (len(edges) + 1))
        counts = found.count(ordered)
        return cls(edges=found.edges, shares=tuple(round(count / len(ordered), 6) for count in counts))

    def count(self, values: Iterable[float]) -> list[int]:
        """Return how many of `values` are in each bin."""
        counts = [0] * len(self.shares)
        for value in values:
            counts[bisect_right(self.edges, value)] += 1
        return counts


class Reference(BaseModel):
    """What `reference.json` of the artefact holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: dict[str, int] = Field(description="Which notes it is computed from, and how many of each")
    billed: dict[str, float] = Field(description="Share of each chapter among the billed codes")
    mentioned: dict[str, float] = Field(description="The same among the first codes of all mentions")
    characters: Distribution = Field(description="Length of a note")
    entities: Distribution = Field(description="Mentions in a note")
    unknown_words: Distribution = Field(description="Share of a note's content words that no term of the index has")
    auto_rate: float = Field(ge=0, le=1, description="Share of billed codes that are routed to auto")


class Counts(BaseModel):
    """The notes and codes of a batch in the bins of a reference; counts of several batches add up."""

    billed: dict[str, int]
    mentioned: dict[str, int]
    characters: list[int]
    entities: list[int]
    unknown_words: list[int]

    def __add__(self, other: Counts) -> Counts:
        billed, mentioned = Counter(self.billed), Counter(self.mentioned)
        billed.update(other.billed)
        mentioned.update(other.mentioned)
        return Counts(
            billed=dict(billed),
            mentioned=dict(mentioned),
            characters=[sum(pair) for pair in zip(self.characters, other.characters, strict=True)],
            entities=[sum(pair) for pair in zip(self.entities, other.entities, strict=True)],
            unknown_words=[sum(pair) for pair in zip(self.unknown_words, other.unknown_words, strict=True)],
        )


class Drift(BaseModel):
    """Population stability indices of notes against a reference; null where there are too few to tell."""

    model_config = ConfigDict(frozen=True)

    billed: float | None = Field(description="Of the chapters of billed codes")
    mentioned: float | None = Field(description="Of the chapters of mentioned codes")
    characters: float | None = Field(description="Of the length of a note")
    entities: float | None = Field(description="Of the number of mentions in a note")
    unknown_words: float | None = Field(description="Of the share of words that the coder's terms lack")


def drift(reference: Reference, counts: Counts) -> Drift:
    """Return how far `counts` are from `reference`."""
    found: dict[str, float | None] = {}
    for name in Drift.model_fields:
        expected, seen = getattr(reference, name), getattr(counts, name)
        if isinstance(expected, Distribution):
            expected, seen = dict(enumerate(expected.shares)), dict(enumerate(seen))
        index = stability_index(expected, seen) if sum(seen.values()) >= ENOUGH else None
        found[name] = None if index is None else round(index, 4)
    return Drift.model_validate(found)


def load(folder: Path) -> Reference | None:
    """Return the reference of the artefact in `folder`; None where it has none.

    Raises
    ------
    ArtefactError
        If it cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Reference.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ArtefactError(f"{path} cannot be read: {error}") from error


def stability_index(expected: Mapping[Any, float], found: Mapping[Any, float]) -> float | None:
    """Return the population stability index of two mixes (counts or shares); None if one of them is empty.

    Below 0.1 the mixes are taken for the same, from 0.25 on for very different.
    """
    totals = sum(expected.values()), sum(found.values())
    if not all(totals):
        return None
    pairs = [
        tuple(max(mix.get(name, 0) / total, LEAST_SHARE) for mix, total in zip((expected, found), totals, strict=True))
        for name in {**expected, **found}
    ]
    return sum((new - old) * math.log(new / old) for old, new in pairs)


def unknown_share(text: str, vocabulary: Collection[str]) -> float:
    """Return the share of a note's content words whose stem `vocabulary` lacks; numbers are no words."""
    stems = [word.stem for word in words(text) if is_content(word) and word.stem.isalpha()]
    return sum(stem not in vocabulary for stem in stems) / len(stems) if stems else 0.0


@lru_cache(maxsize=65_536)
def chapter(codeset: CodeSet, code: str) -> str:
    """Return the title of the chapter of `code`."""
    number = codeset.chapter(code)
    return codeset.description(number) if number else NOT_IN_THE_CODE_SET
