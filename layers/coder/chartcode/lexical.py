"""Lexical retrieval: the cosine of every window of words of a sentence with every term it shares a word with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chartcode import rules
from chartcode.terms import TermIndex
from chartcode.text import Word, is_content, stem, words

# Longest mention, in content words.
MAX_WORDS = 7
# Terms kept for each window, and the least cosine worth keeping.
TOP = 8
MIN_COSINE = 0.35
# Words in more terms than this ("left", "encounter") find no term on their own; they still add to its cosine.
MAX_POSTINGS = 8000


@dataclass(frozen=True)
class LexicalHits:
    """Term `term[i]` matches the window ``text[begin[i]:end[i]]``; all arrays are [hits]."""

    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    term: NDArray[np.int32]
    cosine: NDArray[np.float32]
    coverage: NDArray[np.float32]  # share of the term's weight that the window holds


@cache
def _abbreviations() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Expansions as stems: by exact form, and by lower-case form."""
    exact: dict[str, tuple[str, ...]] = {}
    folded: dict[str, tuple[str, ...]] = {}
    for each in rules.load(rules.Abbreviations).abbreviations:
        stems = tuple(word.stem for word in words(each.expansion) if is_content(word))
        if each.exact_case:
            exact[each.form] = stems
        else:
            folded[each.form.lower()] = stems
    return exact, folded


def expand(surface: str, stemmed: str) -> tuple[str, ...]:
    """Return the stems that a word stands for: its own, or those of the abbreviation it is."""
    exact, folded = _abbreviations()
    return exact.get(surface) or folded.get(surface.lower()) or (stemmed,)


def content_words(text: str, begin: int, end: int) -> list[Word]:
    """Return the content words of ``text[begin:end]``; an abbreviation of one word has that word's stem (HTN)."""
    found = []
    for word in words(text[begin:end], begin):
        if is_content(word):
            stems = expand(text[word.begin : word.end], word.stem)
            found.append(replace(word, stem=stems[0]) if len(stems) == 1 else word)
    return found


def spelled_out(text: str, content: Sequence[Word]) -> list[Word]:
    """Return the content words of `text` with each abbreviation as the words that it stands for, all at its place."""
    return [replace(word, stem=each) for word in content for each in expand(text[word.begin : word.end], word.stem)]


class LexicalSearch:
    """Finds terms of the index in sentences."""

    def __init__(self, index: TermIndex) -> None:
        self._index = index
        # The least that a window of `MIN_COSINE` shares with each term.
        self._least_shared = MIN_COSINE**2 * index.norm**2
        # A word that no term has still lengthens the window that holds it.
        self._unknown_weight = float(np.log1p(len(index.norm))) ** 2 / 2

    def search(self, text: str, sentence: Sequence[Word]) -> LexicalHits | None:
        """Return the best terms of every window of `sentence` (its content words); None where there are none.

        With the words x terms matrix of squared weights, the product of any window with any term is a
        difference of two rows of its cumulative sum.
        """
        rows = [self._numbers(text[word.begin : word.end], word.stem) for word in sentence]
        union = self._within_reach(rows)
        if not len(union):
            return None
        products, lengths = self._cumulate(rows, union)
        return self._windows(sentence, union, products, lengths)

    def _within_reach(self, rows: list[list[int]]) -> NDArray[np.int64]:
        """Return the terms, in order, that a window of the sentence may match.

        A window shares no more with a term than the whole sentence does, and its cosine with the term is at most the
        root of the term's share that it holds.
        """
        shared = np.zeros(len(self._index.norm), dtype=np.float32)
        found = np.zeros(len(shared), dtype=bool)
        for number, count in Counter(number for row in rows for number in row).items():
            terms = self._index.terms_with(number)
            shared[terms] += self._index.idf[number] ** 2 * count
            if len(terms) <= MAX_POSTINGS:
                found[terms] = True
        return np.flatnonzero(found & (shared >= self._least_shared))

    def _numbers(self, surface: str, stemmed: str) -> list[int]:
        numbers = [self._index.vocabulary.get(each) for each in expand(surface, stemmed)]
        found = [number for number in numbers if number is not None]
        if not found and (near := self._index.spelled(stem(surface))) is not None:
            return [near]
        return found

    def _cumulate(
        self, rows: list[list[int]], union: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        matrix = np.zeros((len(rows) + 1, len(union)), dtype=np.float32)
        lengths = np.zeros(len(rows) + 1)
        column_of = np.full(len(self._index.norm), -1, dtype=np.int32)
        column_of[union] = np.arange(len(union))
        for i, row in enumerate(rows, start=1):
            for number in row:
                columns = column_of[self._index.terms_with(number)]
                matrix[i, columns[columns >= 0]] += self._index.idf[number] ** 2
            lengths[i] = (self._index.idf[row] ** 2).sum() if row else self._unknown_weight
        return matrix.cumsum(axis=0), lengths.cumsum()

    def _windows(
        self,
        sentence: Sequence[Word],
        union: NDArray[np.int64],
        products: NDArray[np.float32],
        lengths: NDArray[np.float64],
    ) -> LexicalHits:
        norms = self._index.norm[union]
        shares = products / norms
        begins = np.array([word.begin for word in sentence], dtype=np.int32)
        ends = np.array([word.end for word in sentence], dtype=np.int32)
        parts: list[tuple[NDArray[Any], ...]] = []
        for size in range(1, min(MAX_WORDS, len(sentence)) + 1):
            shared = shares[size:] - shares[:-size]
            weight = np.sqrt(lengths[size:] - lengths[:-size]).astype(np.float32)
            window, column = _best(shared, weight)
            share = shared[window, column]
            coverage = np.minimum(share / norms[column], 1)
            parts.append((begins[window], ends[window + size - 1], union[column], share / weight[window], coverage))
        begin, end, term, cosine, coverage = (np.concatenate(each) for each in zip(*parts, strict=True))
        return LexicalHits(begin, end, term.astype(np.int32), cosine, coverage)


def _best(shared: NDArray[np.float32], weight: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column numbers of up to `TOP` terms of each window that reach `MIN_COSINE`, best first.

    Parameters
    ----------
    shared
        Product of each window with each term over the term's norm, [windows, terms].
    weight
        Norm of each window, [windows].
    """
    row, column = np.divmod(np.flatnonzero(shared >= (MIN_COSINE * weight)[:, None]), shared.shape[1])
    order = np.lexsort((-shared[row, column], row))
    row, column = row[order], column[order]
    first = np.searchsorted(row, row, side="left")
    kept = np.arange(len(row)) - first < TOP
    return row[kept], column[kept]
