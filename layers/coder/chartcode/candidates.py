"""Mentions of a note and the codes that each may stand for, from three retrievers.

Every sentence is read once and encoded once; the retrievers look at windows of its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chartcode.dense import TermSearch
from chartcode.encoder import Encoder, Encoding
from chartcode.lexical import LexicalHits, LexicalSearch, content_words, spelled_out
from chartcode.lexicon import Association, Lexicon
from chartcode.sentences import Sentence, split
from chartcode.terms import TermIndex
from chartcode.text import Word

# Codes that each retriever may bring for one note, best first.
MAX_LEXICAL = 128
MAX_LEXICON = 128
MAX_DENSE = 128
# Spans of words without a function word between them are looked up densely, up to this many words.
DENSE_WORDS = 4
# What may stand between the words of such a span: nothing, or what links the words of one condition.
_LINK = re.compile(r"[\s'’-]*(?:(?:of|in|on|at|to|the|a|an|his|her|both)\b[\s'’-]*){0,2}", re.IGNORECASE)
DENSE_TOP = 8
# A short text can afford more: this many hits in all, at most `DENSE_MOST` a span.
DENSE_HITS = 400
DENSE_MOST = 40
# A window whose cosine is this close to the code's best is another mention of it.
SAME_MENTION = 0.02

Span = tuple[int, int]


def overlaps(a: Span, b: Span) -> bool:
    """Return whether two spans share a character."""
    return a[0] < b[1] and b[0] < a[1]


@dataclass(slots=True)
class Match:
    """What the retrievers know of one code in one note."""

    code: str
    # Learned lexicon: each phrase of the note that is associated with the code, and where it stands.
    associations: dict[str, Association] = field(default_factory=dict)
    phrase_spans: list[tuple[Span, str]] = field(default_factory=list)
    # Lexical: best cosine, with its term and window.
    cosine: float = 0.0
    coverage: float = 0.0
    term: int = -1
    term_depth: int = 0
    window: Span | None = None
    windows: int = 0
    lexical_spans: list[Span] = field(default_factory=list)
    # Dense: best cosine among the nearest terms of any span, its rank there, and the number of such spans.
    dense: float = 0.0
    dense_rank: int = DENSE_MOST
    dense_span: Span | None = None
    dense_spans: int = 0
    # Cosine of the vectors of the lexical window and its term.
    dense_of_window: float = 0.0

    # The association of highest precision, and its phrase (empty where there is none).
    best: Association | None = None
    best_phrase: str = ""

    def associate(self, phrase: str, association: Association, span: Span) -> None:
        """Add a learned phrase of the note, at `span`, that is associated with the code."""
        self.associations[phrase] = association
        self.phrase_spans.append((span, phrase))
        strength = (association.precision, association.coded)
        if self.best is None or strength > (self.best.precision, self.best.coded):
            self.best, self.best_phrase = association, phrase


@dataclass(frozen=True)
class Candidates:
    """Every candidate of a note, with its sentences.

    Attributes
    ----------
    best_in_window
        Highest lexical cosine of any code in each window that a candidate's best match lies in.
    stems
        Of each sentence, the stems of its content words, abbreviations expanded.
    """

    text: str
    sentences: list[Sentence]
    matches: dict[str, Match]
    best_in_window: dict[Span, float]
    stems: list[frozenset[str]]


class CandidateFinder:
    """Finds the candidates of a note with the retrievers of an artefact."""

    def __init__(self, index: TermIndex, encoder: Encoder, search: TermSearch, lexicon: Lexicon) -> None:
        self._index = index
        self._lexical = LexicalSearch(index)
        self._encoder = encoder
        self._search = search
        self._lexicon = lexicon

    def with_lexicon(self, lexicon: Lexicon) -> CandidateFinder:
        """Return a finder with another lexicon (training learns one for each fold)."""
        return CandidateFinder(self._index, self._encoder, self._search, lexicon)

    def find(self, text: str, hidden: frozenset[int] = frozenset()) -> Candidates:
        """Return the candidates of `text`.

        Terms of the index whose numbers are in `hidden` are not found: training hides a phrase's own term, so that
        the trees learn what it is like to meet a wording that the classification does not have.
        """
        sentences = split(text)
        contents = [content_words(text, s.begin, s.end) for s in sentences]
        matches: dict[str, Match] = {}
        in_full = [spelled_out(text, content) for content in contents]
        self._add_lexicon(in_full, matches)
        best_in_window = self._add_lexical(text, contents, matches, hidden)
        self._add_dense(text, sentences, contents, matches, hidden)
        stems = [frozenset(word.stem for word in sentence) for sentence in in_full]
        return Candidates(text, sentences, _keep_best(matches), best_in_window, stems)

    def spans(self, text: str) -> tuple[list[Span], NDArray[np.float32]]:
        """Return the spans of `text` that can be looked up densely, and their unit vectors, float32 [spans, width]."""
        sentences = split(text)
        contents = [content_words(text, s.begin, s.end) for s in sentences]
        spans = _dense_spans(text, contents)
        return spans, self._encoder.encode(text, [(s.begin, s.end) for s in sentences]).pool(_array(spans))

    def _add_lexicon(self, in_full: list[list[Word]], matches: dict[str, Match]) -> None:
        for sentence in in_full:
            for begin, end, phrase in self._lexicon.search(sentence):
                for association in self._lexicon.phrases[phrase]:
                    _match(matches, association.code).associate(phrase, association, (begin, end))

    def _add_lexical(
        self, text: str, contents: list[list[Word]], matches: dict[str, Match], hidden: frozenset[int]
    ) -> dict[Span, float]:
        found = [hits for sentence in contents for hits in self._lexical.search(text, sentence)]
        if not found:
            return {}
        hits = LexicalHits(*(np.concatenate([getattr(h, name) for h in found]) for name in _HIT_FIELDS))
        if hidden:
            seen = ~np.isin(hits.term, list(hidden))
            hits = LexicalHits(*(getattr(hits, name)[seen] for name in _HIT_FIELDS))
        codes = self._index.term_code[hits.term]
        # Best first; among equals the shorter window, then the one that comes first.
        order = np.lexsort((hits.begin, hits.end - hits.begin, -hits.cosine))
        _, first = np.unique(codes[order], return_index=True)
        best = order[np.sort(first)][: MAX_LEXICAL * 2]
        counts = np.bincount(codes, minlength=len(self._index.codes))
        peaks = np.full(len(self._index.codes), np.inf, dtype=np.float32)
        columns = (codes, hits.cosine, hits.coverage, hits.term, hits.begin, hits.end)
        for number, cosine, coverage, term, begin, end in zip(*(each[best].tolist() for each in columns), strict=True):
            match = _match(matches, self._index.codes[number])
            match.cosine, match.coverage, match.term = cosine, coverage, term
            match.term_depth, match.windows = int(self._index.depth[term]), int(counts[number])
            match.window = (begin, end)
        peaks[codes[best]] = hits.cosine[best]
        near = np.flatnonzero(hits.cosine >= peaks[codes] - np.float32(SAME_MENTION))
        spans = (codes, hits.begin, hits.end)
        for number, begin, end in zip(*(each[near].tolist() for each in spans), strict=True):
            matches[self._index.codes[number]].lexical_spans.append((begin, end))
        return _strongest(hits)

    def _add_dense(
        self,
        text: str,
        sentences: list[Sentence],
        contents: list[list[Word]],
        matches: dict[str, Match],
        hidden: frozenset[int],
    ) -> None:
        spans = _dense_spans(text, contents)
        if not spans:
            return
        encoding = self._encoder.encode(text, [(s.begin, s.end) for s in sentences])
        vectors = encoding.pool(_array(spans))
        likely = self._search.likely_mentions(vectors)
        hits = self._search.nearest(vectors[likely], min(max(DENSE_TOP, DENSE_HITS // len(likely)), DENSE_MOST))
        codes = self._index.term_code[hits.term].tolist()
        rows = zip(likely.tolist(), hits.term.tolist(), codes, hits.cosine.tolist(), strict=True)
        for number, terms, of_terms, cosines in rows:
            for rank, (term, code, cosine) in enumerate(zip(terms, of_terms, cosines, strict=True)):
                if term in hidden:
                    continue
                match = _match(matches, self._index.codes[code])
                match.dense_spans += 1
                if rank < match.dense_rank:
                    match.dense_rank = rank
                if cosine > match.dense:
                    match.dense, match.dense_span = cosine, spans[number]
        self._compare_windows(encoding, matches)

    def _compare_windows(self, encoding: Encoding, matches: dict[str, Match]) -> None:
        found = [match for match in matches.values() if match.window is not None]
        pooled = encoding.pool(_array([match.window for match in found if match.window is not None]))
        cosines = self._search.cosines(pooled, np.array([match.term for match in found], dtype=np.int64))
        for match, cosine in zip(found, cosines.tolist(), strict=True):
            match.dense_of_window = cosine


def _strongest(hits: LexicalHits) -> dict[Span, float]:
    """Return the highest cosine of each window."""
    # Rising cosines: of a window's hits the last one, the strongest, stays.
    rising = np.argsort(hits.cosine)
    windows = zip(hits.begin[rising].tolist(), hits.end[rising].tolist(), strict=True)
    return dict(zip(windows, hits.cosine[rising].tolist(), strict=True))


_HIT_FIELDS = ("begin", "end", "term", "cosine", "coverage")


def _array(spans: Sequence[Span]) -> NDArray[np.int32]:
    return np.array(spans, dtype=np.int32).reshape(-1, 2)


def _dense_spans(text: str, contents: list[list[Word]]) -> list[Span]:
    """Return the first span of each different run of words that can be looked up densely."""
    spans: dict[tuple[str, ...], Span] = {}
    for content in contents:
        for run in dense_windows(text, content):
            spans.setdefault(tuple(word.stem for word in run), (run[0].begin, run[-1].end))
    return list(spans.values())


def dense_windows(text: str, content: list[Word]) -> list[list[Word]]:
    """Return the runs of up to `DENSE_WORDS` content words that nothing but a linking word stands between."""
    joined = [_LINK.fullmatch(text, a.end, b.begin) is not None for a, b in pairwise(content)]
    found = []
    for i in range(len(content)):
        for size in range(1, min(DENSE_WORDS, len(content) - i) + 1):
            if size > 1 and not joined[i + size - 2]:
                break
            found.append(content[i : i + size])
    return found


def _match(matches: dict[str, Match], code: str) -> Match:
    """Return the match of `code`, a new one where there is none yet."""
    found = matches.get(code)
    if found is None:
        found = matches[code] = Match(code)
    return found


def _keep_best(matches: dict[str, Match]) -> dict[str, Match]:
    """Keep the codes that one of the retrievers ranks high."""
    kept: set[str] = set()
    with_association = [m for m in matches.values() if m.associations]
    for pool, limit in (
        (sorted(with_association, key=lambda m: -m.best.precision if m.best else 0.0), MAX_LEXICON),
        (sorted(matches.values(), key=lambda m: -m.cosine), MAX_LEXICAL),
        (sorted(matches.values(), key=lambda m: -m.dense), MAX_DENSE),
    ):
        kept.update(match.code for match in pool[:limit])
    return {code: match for code, match in sorted(matches.items()) if code in kept}
