"""Candidates of a note to scored codes: features, trees, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chartcode.candidates import Candidates, Match
from chartcode.codeset import CodeSet
from chartcode.features import Contexts, FeatureExtractor
from chartcode.lexicon import Lexicon
from chartcode.mentions import MIN_ALTERNATIVE, ScoredCode, evidence_spans
from chartcode.persons import without_names
from chartcode.terms import TermIndex
from chartcode.trees import ENTITY_FILE, Trees


@dataclass(frozen=True)
class Scores:
    """The scored candidates of a note, most likely first.

    Attributes
    ----------
    ranking
        Every candidate's code and probability.
    shown
        Those of at least `MIN_ALTERNATIVE`, with their evidence, which is not the name of a person.
    """

    ranking: tuple[tuple[str, float], ...]
    shown: list[ScoredCode]


class Scorer:
    """Gives every candidate of a note its probability."""

    def __init__(self, codeset: CodeSet, extractor: FeatureExtractor, trees: Trees) -> None:
        self._codeset = codeset
        self._extractor = extractor
        self._trees = trees

    @classmethod
    def load(cls, folder: Path, codeset: CodeSet, index: TermIndex, lexicon: Lexicon, threads: int = 0) -> Scorer:
        """Load the trees of an artefact."""
        extractor = FeatureExtractor(codeset, index, lexicon)
        return cls(codeset, extractor, Trees.load(folder / ENTITY_FILE, threads))

    def score(self, found: Candidates, contexts: Contexts, age: float | None, sex: str | None) -> Scores:
        """Return the probabilities of all candidates, and the evidence of those that may be shown."""
        probabilities = self._trees.predict(self._extractor.extract(found, contexts, age, sex)).tolist()
        ranked = sorted(zip(probabilities, found.matches.values(), strict=True), key=lambda e: (-e[0], e[1].code))
        shown = [self._scored(p, match, found.text, contexts) for p, match in ranked if p >= MIN_ALTERNATIVE]
        ranking = tuple((match.code, probability) for probability, match in ranked)
        return Scores(ranking, without_names(shown, found.text))

    def _scored(self, probability: float, match: Match, text: str, contexts: Contexts) -> ScoredCode:
        spans = tuple(evidence_spans(match, text))
        return ScoredCode(
            code=match.code,
            description=self._codeset.description(match.code),
            probability=probability,
            match=match,
            spans=spans,
            contexts=tuple(contexts.at(span) for span in spans),
        )
