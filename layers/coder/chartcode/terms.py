"""The terms of the code set as the retrievers see them: words, weights and postings.

Built by `training.terms` from descriptions, inclusion terms, includes notes, lay terms and our own index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from chartcode.errors import ArtefactError

FILE = "terms.npz"
# A word that no term has counts as a misspelling of one that is at least this similar (percent).
SPELLING_CUTOFF = 88.0
SPELLING_MIN_LENGTH = 6


@dataclass(frozen=True)
class TermIndex:
    """Inverted index over the terms of the code set.

    Attributes
    ----------
    codes
        Billable codes, in tabular order; `term_code` int32 [terms] points into them.
    kind
        uint8 [terms]: 0 description, 1 inclusion term, 2 includes note, 3 lay term, 4 index term.
    depth
        uint8 [terms]: how many levels below the term's own code its billable code lies.
    norm
        float32 [terms], length of the term's idf vector.
    vocabulary
        Stem → word number; `idf` float32 [words].
    indptr, postings
        CSR: the terms that hold word w are ``postings[indptr[w]:indptr[w + 1]]`` (sorted).
    """

    codes: tuple[str, ...]
    term_code: NDArray[np.int32]
    kind: NDArray[np.uint8]
    depth: NDArray[np.uint8]
    norm: NDArray[np.float32]
    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    indptr: NDArray[np.int32]
    postings: NDArray[np.int32]

    @classmethod
    def load(cls, folder: Path) -> TermIndex:
        """Load the index of an artefact."""
        path = folder / FILE
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. Run `make train`.")
        with np.load(path) as data:
            return cls(
                codes=tuple(str(data["codes"].tobytes(), "ascii").split()),
                term_code=data["term_code"],
                kind=data["kind"],
                depth=data["depth"],
                norm=data["norm"],
                vocabulary={w: i for i, w in enumerate(str(data["vocabulary"].tobytes(), "utf-8").split("\n"))},
                idf=data["idf"],
                indptr=data["indptr"],
                postings=data["postings"],
            )

    def terms_with(self, word: int) -> NDArray[np.int32]:
        """Return the numbers of the terms that hold `word`, ascending."""
        return self.postings[self.indptr[word] : self.indptr[word + 1]]

    def spelled(self, stem: str) -> int | None:
        """Return the word of the vocabulary that `stem` misspells, if one is close enough.

        The first letter must be right: it seldom is not, and comparing with fewer words is faster.
        """
        if len(stem) < SPELLING_MIN_LENGTH or not stem.isalpha():
            return None
        alike = self._by_letter.get(stem[0], [])
        found = process.extractOne(stem, alike, scorer=fuzz.ratio, score_cutoff=SPELLING_CUTOFF)
        return None if found is None else self.vocabulary[found[0]]

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for word in self.vocabulary:
            groups.setdefault(word[:1], []).append(word)
        return groups
