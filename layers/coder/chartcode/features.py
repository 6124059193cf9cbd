"""What the trees see of a candidate: one row of numbers for each code of a note.

Used by training and by serving, so that the two cannot drift.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chartcode import rules
from chartcode.assertion import SentenceAssertions
from chartcode.candidates import Candidates, Match, Span
from chartcode.codeset import CodeSet
from chartcode.lexical import content_words, spelled_out
from chartcode.lexicon import Lexicon
from chartcode.rules import Assertion
from chartcode.sentences import sentence_at
from chartcode.terms import TermIndex
from chartcode.text import content_stems

NOTE_FEATURES = ("age", "sex", "words", "sentences", "sections", "mentions", "negated_share")
FEATURES = (
    # learned lexicon
    "lexicon_precision", "lexicon_coded", "lexicon_notes", "lexicon_words", "lexicon_sum", "lexicon_phrases",
    "lexicon_overlap",
    # lexical
    "lexical_cosine", "lexical_coverage", "lexical_length", "lexical_windows", "lexical_gap", "term_kind",
    "term_depth",
    # dense
    "dense_cosine", "dense_rank", "dense_spans", "dense_of_window",
    # how often the training notes hold the words of the lexical window and of the dense span, and code them so
    "window_held", "window_coded", "dense_held", "dense_coded",
    # the code among those of its category, and among all
    "category_lexicon", "category_lexical", "category_dense", "below_category_lexicon",
    "below_category_lexical", "below_category_dense", "rank_lexicon", "rank_lexical", "rank_dense",
    # the code
    "prior", "log_prior", "category_prior", "subcategory_prior", "code_length", "chapter_letter", "unspecified",
    # the code's title beside the mention and in the note: share of its weight there, and weight missing
    "title_in_sentence", "title_in_note", "title_missing",
    # the best mention in its context
    "negated", "family", "hypothetical", "uncertain", "historical", "problem_section", "past_section",
    "position",
    *NOTE_FEATURES,
)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """Where a mention stands and what is asserted of it."""

    section: str
    traits: tuple[Assertion, ...]


class Contexts:
    """Section and assertion of any span of a note."""

    def __init__(self, candidates: Candidates) -> None:
        self._text = candidates.text
        self._sentences = candidates.sentences
        self._assertions: dict[int, SentenceAssertions] = {}
        self._known: dict[Span, Context] = {}
        self._family = set(rules.load(rules.Headings).family_sections)

    def at(self, span: Span) -> Context:
        """Return the context of ``text[begin:end]``."""
        known = self._known.get(span)
        if known is None:
            known = self._known[span] = self._of(span)
        return known

    def _of(self, span: Span) -> Context:
        number = sentence_at(self._sentences, span[0])
        sentence = self._sentences[number]
        if number not in self._assertions:
            self._assertions[number] = SentenceAssertions(self._text[sentence.begin : sentence.end])
        traits = self._assertions[number].traits(span[0] - sentence.begin, span[1] - sentence.begin)
        if sentence.section in self._family and "PERTAINS_TO_FAMILY" not in traits:
            traits = ("PERTAINS_TO_FAMILY", *traits)
        return Context(sentence.section, traits)


def best_span(match: Match) -> Span:
    """Return the span of the strongest evidence of a candidate."""
    options: list[tuple[float, Span]] = []
    best = match.best
    if best is not None:
        phrase = match.best_phrase
        options.append((best.precision, next(span for span, each in match.phrase_spans if each == phrase)))
    if match.window is not None:
        options.append((match.cosine * 0.9, match.window))
    if match.dense_span is not None:
        options.append((match.dense * 0.7, match.dense_span))
    return max(options)[1]


class FeatureExtractor:
    """Turns candidates into the matrix that the trees score."""

    def __init__(self, codeset: CodeSet, index: TermIndex, lexicon: Lexicon) -> None:
        self._codeset = codeset
        self._index = index
        self._lexicon = lexicon
        self._phrase = lru_cache(maxsize=4096)(_phrase_of)
        self._title = lru_cache(maxsize=65_536)(self._title_weights)
        self._code = lru_cache(maxsize=65_536)(self._features_of_code)
        self._category_prior, self._subcategory_prior = Counter[str](), Counter[str]()
        for code, count in lexicon.prior.items():
            self._category_prior[code[:3]] += count
            self._subcategory_prior[code[:5]] += count
        headings = rules.load(rules.Headings)
        self._problem_sections = set(headings.problem_sections)
        self._past_sections = set(headings.past_sections)

    def extract(
        self, candidates: Candidates, contexts: Contexts, age: float | None, sex: str | None
    ) -> NDArray[np.float32]:
        """Return float32 [codes, features], rows in the order of ``candidates.matches``.

        Age (years) and sex that are not known are missing values (NaN).
        """
        matches = list(candidates.matches.values())
        if not matches:
            return np.zeros((0, len(FEATURES)), dtype=np.float32)
        spans = [best_span(match) for match in matches]
        in_context = [contexts.at(span) for span in spans]
        note = _note_features(candidates, in_context, age, sex)
        length = max(len(candidates.text), 1)
        said: frozenset[str] = frozenset().union(*candidates.stems)
        before_code = [[*self._own(match, candidates), *self._counts(match, candidates.text)] for match in matches]
        after_code = [
            [*self._stated(match.code, span, candidates, said), *self._context(context), span[0] / length, *note]
            for match, span, context in zip(matches, spans, in_context, strict=True)
        ]
        of_code = [self._code(match.code) for match in matches]
        return np.hstack([before_code, _relative(matches), of_code, after_code]).astype(np.float32)

    def _own(self, match: Match, candidates: Candidates) -> list[float]:
        best = match.best
        gap = term_kind = depth = length = 0.0
        if match.window is not None:
            gap = candidates.best_in_window[match.window] - match.cosine
            term_kind, depth = float(self._index.kind[match.term]), float(match.term_depth)
            length = float(match.window[1] - match.window[0])
        precisions = [association.precision for association in match.associations.values()]
        phrase = match.best_phrase
        return [
            best.precision if best else 0.0,
            float(best.coded) if best else 0.0,
            float(best.notes) if best else 0.0,
            float(len(phrase.split())),
            sum(precisions),
            float(len(precisions)),
            self._share_in_title(phrase, match.code),
            match.cosine, match.coverage, length, float(match.windows), gap, term_kind, depth,
            match.dense, float(match.dense_rank), float(match.dense_spans), match.dense_of_window,
        ]  # fmt: skip

    def _counts(self, match: Match, text: str) -> list[float]:
        found = []
        for span in (match.window, match.dense_span):
            phrase = "" if span is None else self._phrase(text[span[0] : span[1]])
            found += [float(self._lexicon.held.get(phrase, 0)), float(self._lexicon.coded(phrase, match.code))]
        return found

    def _share_in_title(self, phrase: str, code: str) -> float:
        """Share of the words of `phrase` that the code's title has."""
        if not phrase:
            return 0.0
        title = self._title(code)
        stems = phrase.split()
        return sum(each in title for each in stems) / len(stems)

    def _features_of_code(self, code: str) -> list[float]:
        prior = float(self._lexicon.prior.get(code, 0))
        unspecified = "unspecified" in self._codeset.description(code).lower()
        return [
            prior,
            float(np.log1p(prior)),
            float(self._category_prior[code[:3]]),
            float(self._subcategory_prior[code[:5]]),
            float(len(code)),
            float(ord(code[0])),
            float(unspecified),
        ]

    def _stated(self, code: str, span: Span, candidates: Candidates, said: frozenset[str]) -> list[float]:
        """How much of the code's title stands in the sentence of `span`, and in the note (its stems are `said`)."""
        title = self._title(code)
        number = sentence_at(candidates.sentences, span[0])
        beside = candidates.stems[number]
        whole = sum(title.values()) or 1.0
        in_sentence = sum(weight for stem, weight in title.items() if stem in beside)
        in_note = sum(weight for stem, weight in title.items() if stem in said)
        return [in_sentence / whole, in_note / whole, whole - in_sentence]

    def _title_weights(self, code: str) -> dict[str, float]:
        """Return the stems of the code's title with their inverse document frequencies."""
        stems = content_stems(self._codeset.description(code))
        return {
            stem: float(self._index.idf[number])
            for stem in stems
            if (number := self._index.vocabulary.get(stem)) is not None
        }

    def _context(self, context: Context) -> list[float]:
        traits = set(context.traits)
        return [
            float("NEGATION" in traits),
            float("PERTAINS_TO_FAMILY" in traits),
            float("HYPOTHETICAL" in traits),
            float("LOW_CONFIDENCE" in traits),
            float("HISTORICAL" in traits),
            float(context.section in self._problem_sections),
            float(context.section in self._past_sections),
        ]


def _phrase_of(text: str) -> str:
    """Return the stems of the content words of `text`, as the lexicon joins them."""
    return " ".join(word.stem for word in spelled_out(text, content_words(text, 0, len(text))))


def _relative(matches: list[Match]) -> NDArray[np.float64]:
    """Each code's category: its three best scores, what the code's own fall short of them; the code's three ranks."""
    scores = np.array([[m.best.precision if m.best else 0.0, m.cosine, m.dense] for m in matches])
    _, category = np.unique([match.code[:3] for match in matches], return_inverse=True)
    peaks = np.zeros((category.max() + 1, scores.shape[1]))
    np.maximum.at(peaks, category, scores)
    ranks = (-scores).argsort(axis=0, kind="stable").argsort(axis=0)
    return np.hstack([peaks[category], peaks[category] - scores, ranks])


def _note_features(candidates: Candidates, contexts: list[Context], age: float | None, sex: str | None) -> list[float]:
    negated = sum("NEGATION" in context.traits for context in contexts)
    return [
        float("nan") if age is None else age,
        {"F": 0.0, "M": 1.0}.get(sex or "", float("nan")),
        float(len(candidates.text.split())),
        float(len(candidates.sentences)),
        float(len({sentence.section for sentence in candidates.sentences})),
        float(len(contexts)),
        negated / max(len(contexts), 1),
    ]
