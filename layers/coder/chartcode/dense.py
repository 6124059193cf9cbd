"""Dense retrieval: which terms lie nearest to a span's vector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from chartcode.session import open_session

SEARCH_FILE = "term_search.onnx"
VECTORS_FILE = "term_vectors.bin"
# Components of a unit vector of 384 dimensions rarely exceed a quarter.
TERM_SCALE = 400.0
# Queries are unsigned 7-bit numbers around this zero point. onnxruntime multiplies uint8 by int8 far faster
# than int8 by int8, and with 7 bits the product cannot saturate on processors with AVX2 but without VNNI.
QUERY_SCALE = 200.0
ZERO_POINT = 64
# Spans in one product: 32 spans x 60,000 terms x 4 bytes stay under 8 MB.
BLOCK = 32
# Terms are first compared in groups of this many, so that only groups with a near one are sorted. A group takes every
# n-th term, which makes its maximum a comparison of whole rows of memory.
GROUP = 64


def quantise_terms(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return unit vectors as int8, scaled by `TERM_SCALE` (larger components are clipped)."""
    return np.asarray(np.clip(np.rint(vectors * TERM_SCALE), -127, 127), dtype=np.int8)


def quantise_queries(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return unit vectors as uint8 around `ZERO_POINT`, scaled by `QUERY_SCALE`."""
    return np.asarray(np.clip(np.rint(vectors * QUERY_SCALE) + ZERO_POINT, 0, 127), dtype=np.uint8)


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
    """Exact search over the int8 vectors of all terms.

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
        count = session.get_outputs()[0].shape[-1]
        vectors = np.memmap(folder / VECTORS_FILE, dtype=np.int8, mode="r").reshape(-1, count)
        return cls(session, vectors)

    def cosines(self, spans: NDArray[np.float32], terms: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of each unit span vector with one term, float32 [spans]."""
        vectors = self._vectors[:, terms].T.astype(np.float32) / np.float32(TERM_SCALE)
        return np.asarray((spans * vectors).sum(axis=1), dtype=np.float32)

    def nearest(self, spans: NDArray[np.float32], k: int) -> DenseHits:
        """Return the `k` nearest terms of each unit span vector."""
        queries = quantise_queries(spans)
        found_terms = np.zeros((len(queries), k), dtype=np.int32)
        found_scores = np.zeros((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), BLOCK):
            scores = self._session.run(None, {"queries": queries[start : start + BLOCK]})[0]
            stop = start + len(scores)
            found_terms[start:stop], found_scores[start:stop] = _top(scores, k)
        return DenseHits(term=found_terms, cosine=found_scores / np.float32(TERM_SCALE * QUERY_SCALE))


def _top(scores: NDArray[np.int32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return column numbers and values of the `k` highest of each row, best first."""
    rows, count = scores.shape
    stride = count // GROUP
    whole = stride * GROUP
    peaks = scores[:, :whole].reshape(rows, GROUP, stride).max(axis=1)
    # The k best lie in the k groups with the highest peaks (or in the rest beyond the last whole group).
    groups = np.argpartition(-peaks, min(k, peaks.shape[1] - 1), axis=1)[:, :k]
    columns = (groups[:, :, None] + np.arange(GROUP) * stride).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(whole, count), (rows, count - whole))
    columns = np.concatenate([columns, rest], axis=1)
    values = np.take_along_axis(scores, columns, axis=1)
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return (
        np.take_along_axis(columns, best, axis=1).astype(np.int32),
        np.take_along_axis(values, best, axis=1).astype(np.float32),
    )
