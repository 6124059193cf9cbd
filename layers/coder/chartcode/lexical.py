"""Lexical retrieval: the cosine of every window of words of a sentence with every term it shares a word with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

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
# A long sentence (dictation has no full stops) is searched in pieces: windows begin in this many of its content words.
PIECE = 32
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
            found.append(Word(word.begin, word.end, stems[0]) if len(stems) == 1 else word)
    return found


def spelled_out(text: str, content: Sequence[Word]) -> list[Word]:
    """Return the content words of `text` with each abbreviation as the words that it stands for, all at its place."""
    return [
        Word(word.begin, word.end, each) for word in content for each in expand(text[word.begin : word.end], word.stem)
    ]


class LexicalSearch:
    """Finds terms of the index in sentences."""

    def __init__(self, index: TermIndex) -> None:
        self._index = index
        # The least that a window of `MIN_COSINE` shares with each term.
        self._least_shared = MIN_COSINE**2 * index.norm**2
        # A word that no term has still lengthens the window that holds it.
        self._unknown_weight = float(np.log1p(len(index.norm))) ** 2 / 2

    def search(self, text: str, sentence: Sequence[Word]) -> list[LexicalHits]:
        """Return the best terms of every window of `sentence` (its content words), of one piece after the other.

        With the words x terms matrix of squared weights, the product of any window with any term is a
        difference of two rows of its cumulative sum, less what a repeated word would add a second time.
        """
        pieces = (sentence[start : start + PIECE + MAX_WORDS - 1] for start in range(0, len(sentence), PIECE))
        return [hits for piece in pieces if (hits := self._in_piece(text, piece)) is not None]

    def _in_piece(self, text: str, piece: Sequence[Word]) -> LexicalHits | None:
        rows = [self._numbers(text[word.begin : word.end], word.stem) for word in piece]
        union = self._within_reach(rows)
        if not len(union):
            return None
        return self._windows(piece, union, rows)

    def _within_reach(self, rows: list[list[int]]) -> NDArray[np.int64]:
        """Return the terms, in order, that a window of the piece may match.

        A window shares no more with a term than the whole piece does, and its cosine with the term is at most the
        root of the term's share that it holds.
        """
        shared = np.zeros(len(self._index.norm), dtype=np.float32)
        found = np.zeros(len(shared), dtype=bool)
        for number, count in Counter(number for row in rows for number in row).items():
            terms = self._index.terms_with(number)
            shared[terms] += self._index.idf[number] ** 2 * count
            if len(terms) <= MAX_POSTINGS:
                found[terms] = True
        near = np.flatnonzero(found)
        return near[shared[near] >= self._least_shared[near]]

    def _numbers(self, surface: str, stemmed: str) -> list[int]:
        numbers = [self._index.vocabulary.get(each) for each in expand(surface, stemmed)]
        found = [number for number in numbers if number is not None]
        if not found and (near := self._index.spelled(stem(surface))) is not None:
            return [near]
        return found

    def _columns(self, rows: list[list[int]], union: NDArray[np.int64]) -> dict[int, NDArray[np.int32]]:
        """Return of each word the places in `union` of the terms that hold it; -1 stands for any other term."""
        column_of = np.full(len(self._index.norm), -1, dtype=np.int32)
        column_of[union] = np.arange(len(union))
        return {number: column_of[self._index.terms_with(number)] for row in rows for number in row}

    def _windows(self, piece: Sequence[Word], union: NDArray[np.int64], rows: list[list[int]]) -> LexicalHits:
        columns = self._columns(rows, union)
        norms = self._index.norm[union]
        # The last column takes the terms that are out of reach.
        matrix = np.zeros((len(rows) + 1, len(union) + 1), dtype=np.float32)
        lengths = np.zeros(len(rows) + 1)
        for i, row in enumerate(rows, start=1):
            for number in row:
                matrix[i, columns[number]] += self._index.idf[number] ** 2
            lengths[i] = (self._index.idf[row] ** 2).sum() if row else self._unknown_weight
        shares = np.asarray(matrix[:, :-1].cumsum(axis=0) / norms, dtype=np.float32)
        total = lengths.cumsum()
        first, after = _bounds(len(piece))
        shared = shares[after] - shares[first]
        squares = total[after] - total[first]
        for number, earlier, later in _repeated(rows):
            both = np.flatnonzero((first <= earlier) & (after > later))
            within = columns[number][columns[number] >= 0]
            shared[np.ix_(both, within)] -= self._index.idf[number] ** 2 / norms[within]
            squares[both] -= self._index.idf[number] ** 2
        weight = np.sqrt(squares).astype(np.float32)
        window, column = _best(shared, weight)
        share = shared[window, column]
        return LexicalHits(
            begin=np.array([word.begin for word in piece], dtype=np.int32)[first[window]],
            end=np.array([word.end for word in piece], dtype=np.int32)[after[window] - 1],
            term=union[column].astype(np.int32),
            cosine=np.asarray(share / weight[window], dtype=np.float32),
            coverage=np.minimum(share / norms[column], 1),
        )


def _repeated(rows: list[list[int]]) -> list[tuple[int, int, int]]:
    """Return the word numbers that one window may hold twice ("AKI on CKD": kidney), with each place and the next."""
    last: dict[int, int] = {}
    found = []
    for place, row in enumerate(rows):
        for number in row:
            if number in last and place - last[number] < MAX_WORDS:
                found.append((number, last[number], place))
            last[number] = place
    return found


@cache
def _bounds(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first word of each window of a piece of `count` words and the one after its last, short ones first."""
    bounds = [
        (first, first + size)
        for size in range(1, min(MAX_WORDS, count) + 1)
        for first in range(min(PIECE, count - size + 1))
    ]
    first, after = np.array(bounds, dtype=np.int64).T
    return first, after


def _best(shared: NDArray[np.float32], weight: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column numbers of up to `TOP` terms of each window that reach `MIN_COSINE`, best first.

    Parameters
    ----------
    shared
        Product of each window with each term over the term's norm, [windows, terms].
    weight
        Norm of each window, [windows].
    """
    near = np.flatnonzero(shared >= (MIN_COSINE * weight)[:, None])
    row, column = np.divmod(near, shared.shape[1])
    # One key for both, row and product, sorts faster than two.
    order = np.argsort(row * (float(shared.max()) + 1) - shared.reshape(-1)[near], kind="stable")
    row, column = row[order], column[order]
    counts = np.bincount(row, minlength=len(shared))
    kept = np.arange(len(row)) - (counts.cumsum() - counts)[row] < TOP
    return row[kept], column[kept]
