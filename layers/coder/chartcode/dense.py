"""Dense retrieval: which terms lie nearest to a span's vector.

Two steps: an int8 product of the vectors projected to `COMPONENTS` dimensions draws a shortlist from all terms, and
the full vectors give its cosines. `training.term_vectors` fits the projection and writes the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from chartcode.errors import ArtefactError
from chartcode.session import open_session

SEARCH_FILE = "term_search.onnx"
COMPONENTS_FILE = "term_components.bin"
VECTORS_FILE = "term_vectors.bin"
# Components of a unit vector of 384 dimensions rarely exceed a quarter.
TERM_SCALE = 400.0
# Of the 8 nearest terms of a span, 160 components and a shortlist of 32 find 97 %, in half of the time.
COMPONENTS = 160
SHORTLIST = 32
# Spans in one product: 32 spans x 90,000 terms x 4 bytes stay under 12 MB.
BLOCK = 32
# Terms are first compared in groups of this many, so that only groups with a near one are sorted. A group takes every
# n-th term, which makes its maximum a comparison of whole rows of memory.
GROUP = 64


def quantise_terms(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return unit vectors as int8, scaled by `TERM_SCALE` (larger components are clipped)."""
    return np.asarray(np.clip(np.rint(vectors * TERM_SCALE), -127, 127), dtype=np.int8)


@dataclass(frozen=True)
class DenseHits:
    """Nearest terms of each span.

    Attributes
    ----------
    term
        int32 [spans, k], nearest first.
    cosine
        float32 [spans, k].
    """

    term: NDArray[np.int32]
    cosine: NDArray[np.float32]


class TermSearch:
    """Search over the int8 vectors of all terms.

    Terms are encoded alone, spans are pooled from their sentence. A linear map fitted between the two
    was measured on disease phrases in a carrier sentence and gained nothing, so there is none.
    """

    def __init__(self, session: ort.InferenceSession, vectors: NDArray[np.int8]) -> None:
        self._session = session
        self._vectors = vectors

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> TermSearch:
        """Load the search of an artefact."""
        session = open_session(folder / SEARCH_FILE, threads)
        width = session.get_inputs()[0].shape[-1]
        path = folder / VECTORS_FILE
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. Run `make train`.")
        return cls(session, np.memmap(path, dtype=np.int8, mode="r").reshape(-1, width))

    def cosines(self, spans: NDArray[np.float32], terms: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of each unit span vector with one term, float32 [spans]."""
        return self._cosines(spans, terms[:, None])[:, 0]

    def nearest(self, spans: NDArray[np.float32], k: int) -> DenseHits:
        """Return the `k` nearest terms of each unit span vector; `SHORTLIST` or fewer are found well."""
        terms = np.zeros((len(spans), max(k, SHORTLIST)), dtype=np.int32)
        for start in range(0, len(spans), BLOCK):
            scores = self._session.run(None, {"spans": spans[start : start + BLOCK]})[0]
            terms[start : start + len(scores)] = highest(scores, terms.shape[1])
        cosines = self._cosines(spans, terms)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return DenseHits(np.take_along_axis(terms, best, axis=1), np.take_along_axis(cosines, best, axis=1))

    def _cosines(self, spans: NDArray[np.float32], terms: NDArray[Any]) -> NDArray[np.float32]:
        """Return the cosine of each span with each of its terms, float32 [spans, terms]."""
        found = [
            self._vectors[terms[start : start + BLOCK]].astype(np.float32) @ spans[start : start + BLOCK, :, None]
            for start in range(0, len(spans), BLOCK)
        ]
        cosines = np.concatenate(found)[:, :, 0] if found else np.zeros(terms.shape)
        return np.asarray(cosines / np.float32(TERM_SCALE), dtype=np.float32)


def highest(scores: NDArray[np.int32], k: int) -> NDArray[np.int64]:
    """Return the column numbers of the `k` highest of each row, in no order."""
    rows, count = scores.shape
    stride = count // GROUP
    whole = stride * GROUP
    peaks = scores[:, :whole].reshape(rows, GROUP, stride).max(axis=1)
    # The k best lie in the k groups with the highest peaks (or in the rest beyond the last whole group).
    groups = np.argpartition(-peaks, min(k, stride) - 1, axis=1)[:, :k]
    columns = (groups[:, :, None] + np.arange(GROUP) * stride).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(whole, count), (rows, count - whole))
    columns = np.concatenate([columns, rest], axis=1)
    values = np.take_along_axis(scores, columns, axis=1)
    best = np.argpartition(-values, k - 1, axis=1)[:, :k]
    return np.asarray(np.take_along_axis(columns, best, axis=1))
