"""Candidates of a note to scored codes: features, two stages of trees, evidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chartcode.candidates import Candidates
from chartcode.codeset import CodeSet
from chartcode.features import Contexts, FeatureExtractor, best_span
from chartcode.lexicon import Lexicon
from chartcode.mentions import ScoredCode, evidence_spans
from chartcode.rescoring import rescoring_features
from chartcode.terms import TermIndex
from chartcode.trees import ENTITY_FILE, RESCORING_FILE, Trees


def best_spans(candidates: Candidates) -> NDArray[np.int32]:
    """Return int32 [codes, 2]: begin and end of the strongest evidence of each candidate."""
    return np.array([best_span(match) for match in candidates.matches.values()], dtype=np.int32).reshape(-1, 2)


class Scorer:
    """Gives every candidate of a note its probability."""

    def __init__(self, codeset: CodeSet, extractor: FeatureExtractor, trees: Trees, rescoring: Trees) -> None:
        self._codeset = codeset
        self._extractor = extractor
        self._trees = trees
        self._rescoring = rescoring

    @classmethod
    def load(cls, folder: Path, codeset: CodeSet, index: TermIndex, lexicon: Lexicon, threads: int = 0) -> Scorer:
        """Load the trees of an artefact."""
        extractor = FeatureExtractor(codeset, index, lexicon)
        return cls(
            codeset,
            extractor,
            Trees.load(folder / ENTITY_FILE, threads),
            Trees.load(folder / RESCORING_FILE, threads),
        )

    def score(self, found: Candidates, contexts: Contexts, age: float | None, sex: str | None) -> list[ScoredCode]:
        """Return every candidate with its probability and evidence, most likely first."""
        features = self._extractor.extract(found, contexts, age, sex)
        first = self._trees.predict(features).astype(np.float32)
        beside = rescoring_features(tuple(found.matches), best_spans(found), first)
        probabilities = self._rescoring.predict(np.concatenate([features, beside], axis=1)).tolist()
        scored = []
        for match, probability in zip(found.matches.values(), probabilities, strict=True):
            spans = evidence_spans(match, found.text)
            scored.append(
                ScoredCode(
                    code=match.code,
                    description=self._codeset.description(match.code),
                    probability=probability,
                    match=match,
                    spans=tuple(spans),
                    contexts=tuple(contexts.at(span) for span in spans),
                )
            )
        return sorted(scored, key=lambda each: (-each.probability, each.code))
