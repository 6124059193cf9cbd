"""Search of the code set by words, abbreviations, misspellings or the beginning of a code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from chartcode.codeset import CodeSet, normalise
from chartcode.errors import ArtefactError
from chartcode.lexical import MIN_COSINE, content_words, expand
from chartcode.terms import TermIndex
from chartcode.text import Word

FILE = "terms.txt"
MAX_RESULTS = 100
# Terms looked at for one query: enough for `MAX_RESULTS` codes, most of which have several terms.
_MAX_TERMS = 600
_PARTIAL_CODE = re.compile(r"\s*[A-Za-z]\d[0-9A-Za-z]?\.?[0-9A-Za-z]{0,4}\s*")
# The retrievers stop at these words; to somebody who looks for a code they tell one code from another.
_QUALIFIER = re.compile(r"\b(?:history|other|without)\b", re.IGNORECASE)
_OTHER_QUALIFIER = 0.8
# A word that no term has is completed from this length on, and corrected from this similarity on (swapped letters
# count as one mistake). That is more than notes are granted: here somebody looks at what is found.
_MIN_COMPLETED = 3
_MIN_SIMILARITY = 0.75


class FoundCode(BaseModel):
    """A code that a search found."""

    model_config = ConfigDict(frozen=True)

    code: str
    description: str
    billable: bool
    matched: str = Field(description="The term, or the code, that matched best")
    score: float = Field(ge=0, le=1)


class SearchResult(BaseModel):
    """The codes that a query found, best first."""

    model_config = ConfigDict(frozen=True)

    query: str
    codes: tuple[FoundCode, ...]


class CodeSearch:
    """Searches a code set and the terms of its index.

    Parameters
    ----------
    texts
        Text of each term of `index`.
    """

    def __init__(self, codeset: CodeSet, index: TermIndex, texts: list[str]) -> None:
        self._codeset = codeset
        self._index = index
        self._texts = texts
        self._nearest = lru_cache(maxsize=4096)(self._find_nearest)

    @classmethod
    def load(cls, folder: Path, codeset: CodeSet) -> CodeSearch:
        """Load the index of an artefact, and the texts of its terms."""
        path = folder / FILE
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. Run `git checkout -- layers/model/artefact`.")
        return cls(codeset, TermIndex.load(folder), path.read_text(encoding="utf-8").splitlines())

    def find(self, query: str, limit: int = 20) -> list[FoundCode]:
        """Return the codes that begin with `query`; where there are none, those that its words name; best first."""
        return self._by_code(query, limit) or self._by_words(query, limit)

    def _by_code(self, query: str, limit: int) -> list[FoundCode]:
        if not _PARTIAL_CODE.fullmatch(query):
            return []
        prefix = normalise(query.rstrip(". "))
        return [
            FoundCode(
                code=code,
                description=description,
                billable=billable,
                matched=code,
                score=round(len(prefix) / len(code), 4),
            )
            for code, description, billable in self._codeset.beginning_with(prefix, limit)
        ]

    def _by_words(self, query: str, limit: int) -> list[FoundCode]:
        cosines = self._cosines(query)
        found = np.flatnonzero(cosines >= MIN_COSINE)
        # Among equals the classification's own words come first, then the nearer code.
        order = np.lexsort((self._index.depth[found], self._index.kind[found], -cosines[found]))
        asked = _qualifiers(query)
        typed = query.strip().lower()
        best: dict[str, tuple[float, str]] = {}
        for term in found[order[:_MAX_TERMS]].tolist():
            code, text = self._index.codes[self._index.term_code[term]], self._texts[term]
            score = min(float(cosines[term]), 1.0) * (1.0 if _qualifiers(text) == asked else _OTHER_QUALIFIER)
            # An abbreviation is as near as what it stands for: then the term that was typed is shown.
            if code not in best or score > best[code][0] or (score == best[code][0] and text.lower() == typed):
                best[code] = (score, text)
        ranked = sorted(best.items(), key=lambda each: -each[1][0])[:limit]
        return [
            FoundCode(
                code=code,
                description=self._codeset.description(code),
                billable=True,
                matched=text,
                score=round(score, 4),
            )
            for code, (score, text) in ranked
        ]

    def _cosines(self, query: str) -> NDArray[np.float32]:
        """Return the cosine of `query` as a whole with each term, by the reading of its abbreviations that fits best.

        A term may have the abbreviation itself; and some count in capitals only ("MI"), which nobody types here.
        """
        asked = content_words(query, 0, len(query))
        surfaces = [query[word.begin : word.end] for word in asked]
        readings = (
            [self._known((word.stem,)) or self._numbers(s, word) for s, word in zip(surfaces, asked, strict=True)],
            [self._numbers(s, word) for s, word in zip(surfaces, asked, strict=True)],
            [self._numbers(s.upper(), word) for s, word in zip(surfaces, asked, strict=True)],
        )
        distinct = [reading for i, reading in enumerate(readings) if reading not in readings[:i]]
        return np.asarray(np.max([self._cosine(reading) for reading in distinct], axis=0), dtype=np.float32)

    def _cosine(self, reading: list[list[int]]) -> NDArray[np.float32]:
        shared = np.zeros(len(self._index.norm), dtype=np.float32)
        length = 0.0
        for numbers in reading:
            for number in numbers:
                shared[self._index.terms_with(number)] += self._index.idf[number] ** 2
            # A word that is like none of the terms' still lengthens the query.
            length += float((self._index.idf[numbers] ** 2).sum() if numbers else self._index.idf.max() ** 2)
        return np.asarray(shared / (self._index.norm * max(length, 1e-9) ** 0.5), dtype=np.float32)

    def _numbers(self, surface: str, word: Word) -> list[int]:
        """Return the words of the vocabulary that a word of the query stands for."""
        return self._known(expand(surface, word.stem)) or list(self._nearest(word.stem))

    def _known(self, stems: Iterable[str]) -> list[int]:
        return [number for stem in stems if (number := self._index.vocabulary.get(stem)) is not None]

    def _find_nearest(self, stem: str) -> tuple[int, ...]:
        """Return the commonest word that begins with `stem`, or else the one that it misspells, if there is one."""
        if len(stem) < _MIN_COMPLETED or not stem.isalpha():
            return ()
        alike = [word for word in self._index.vocabulary if word.startswith(stem)]
        if not alike:
            scored = process.extract(
                stem, self._index.vocabulary.keys(), scorer=OSA.normalized_similarity, score_cutoff=_MIN_SIMILARITY
            )
            alike = [word for word, similarity, _ in scored if similarity == scored[0][1]]
        numbers = [self._index.vocabulary[word] for word in alike]
        return (max(numbers, key=lambda number: len(self._index.terms_with(number))),) if numbers else ()


def _qualifiers(text: str) -> set[str]:
    return {word.lower() for word in _QUALIFIER.findall(text)}
