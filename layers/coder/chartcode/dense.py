"""Dense retrieval: which terms lie nearest to a span's vector.

A linear gate first leaves out the spans of a long note that least look like mentions. Spans and terms are projected to
their principal `DIRECTIONS`. An int8 product of the first `COMPONENTS` of them draws a shortlist from all terms; all
of them give its cosines. `training.term_vectors` fits the projection and writes the files; `training.span_gate` fits
the gate.
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

DIRECTIONS_FILE = "term_directions.npy"
SEARCH_FILE = "term_search.onnx"
COMPONENTS_FILE = "term_components.bin"
VECTORS_FILE = "term_vectors.bin"
GATE_FILE = "span_gate.npy"
# The share of a note's spans that is searched, and the number that always is: the gate keeps 93 % of the spans that
# gold codes are found by.
SEARCHED_SHARE = 0.35
SEARCHED_LEAST = 48
# Of the 8 nearest terms of a span, 160 components and a shortlist of 32 find 97 %, in half of the time of all 384
# dimensions; 256 directions keep nearly all of the vectors' variance in two thirds of their size.
DIRECTIONS = 256
COMPONENTS = 160
SHORTLIST = 32
# Spans in one product: 64 spans x 103,000 terms x 4 bytes stay under 27 MB.
BLOCK = 64
# Terms are first compared in groups of this many, so that only groups with a near one are sorted. A group takes every
# n-th term, which makes its maximum a comparison of whole rows of memory.
GROUP = 32


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

    def __init__(
        self,
        session: ort.InferenceSession,
        directions: NDArray[np.float32],
        vectors: NDArray[np.int8],
        scale: float,
        gate: NDArray[np.float32] | None = None,
    ) -> None:
        """Take the directions, [width, directions]; the terms in them, int8 [terms, directions]; and their step.

        The gate, [width], gives a span the more, the likelier it is a mention; without one every span is searched.
        """
        self._session = session
        self._directions = directions
        self._vectors = vectors
        self._scale = np.float32(scale)
        self._gate = gate

    @classmethod
    def load(cls, folder: Path, threads: int = 0, *, gated: bool = True) -> TermSearch:
        """Load the search of an artefact; training fits the gate with a search that is not `gated`."""
        session = open_session(folder / SEARCH_FILE, threads)
        for name in (DIRECTIONS_FILE, VECTORS_FILE, *([GATE_FILE] if gated else [])):
            if not (folder / name).is_file():
                raise ArtefactError(f"{folder / name} is missing. Run `make train`.")
        directions = np.load(folder / DIRECTIONS_FILE)
        vectors = np.memmap(folder / VECTORS_FILE, dtype=np.int8, mode="r").reshape(-1, directions.shape[1])
        scale = float(session.get_modelmeta().custom_metadata_map["scale"])
        return cls(session, directions, vectors, scale, np.load(folder / GATE_FILE) if gated else None)

    def likely_mentions(self, spans: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the numbers, ascending, of the unit span vectors that are worth a search."""
        kept = max(SEARCHED_LEAST, round(len(spans) * SEARCHED_SHARE))
        if self._gate is None or len(spans) <= kept:
            return np.arange(len(spans))
        return np.sort(np.argpartition(-(spans @ self._gate), kept - 1)[:kept])

    def cosines(self, spans: NDArray[np.float32], terms: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of each unit span vector with one term, float32 [spans]."""
        return self._cosines(spans @ self._directions, terms[:, None])[:, 0]

    def nearest(self, spans: NDArray[np.float32], k: int) -> DenseHits:
        """Return the `k` nearest terms of each unit span vector; `SHORTLIST` or fewer are found well."""
        shortlist = max(k, SHORTLIST)
        terms, cosines = np.zeros((len(spans), shortlist), np.int32), np.zeros((len(spans), shortlist), np.float32)
        projected = spans @ self._directions
        for start in range(0, len(spans), BLOCK):
            block = slice(start, start + BLOCK)
            scores = self._session.run(None, {"projected": projected[block]})[0]
            terms[block] = highest(scores, shortlist)
            cosines[block] = self._cosines(projected[block], terms[block])
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return DenseHits(np.take_along_axis(terms, best, axis=1), np.take_along_axis(cosines, best, axis=1))

    def _cosines(self, projected: NDArray[np.float32], terms: NDArray[Any]) -> NDArray[np.float32]:
        """Return the cosine of each projected span with each of its terms, float32 [spans, terms]."""
        vectors = self._vectors[terms].astype(np.float32)
        return np.asarray((vectors @ projected[:, :, None])[:, :, 0] * self._scale, dtype=np.float32)


def highest(scores: NDArray[np.int32], k: int) -> NDArray[np.int64]:
    """Return the column numbers of the `k` highest of each row, in no order."""
    rows, count = scores.shape
    stride = count // GROUP
    whole = stride * GROUP
    peaks = scores[:, :whole].reshape(rows, GROUP, stride).max(axis=1)
    # The k best lie in the k groups with the highest peaks (or in the rest beyond the last whole group).
    groups = _last(peaks, k)
    columns = (groups[:, :, None] + np.arange(GROUP) * stride).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(whole, count), (rows, count - whole))
    columns = np.concatenate([columns, rest], axis=1)
    # Numbers within the flat array: half the time of take_along_axis.
    values = scores.reshape(-1)[columns + (np.arange(rows) * count)[:, None]]
    return np.asarray(np.take_along_axis(columns, _last(values, k), axis=1))


def _last(values: NDArray[np.int32], k: int) -> NDArray[np.int64]:
    """Return the column numbers of the `k` highest of each row, of all where there are fewer, in no order."""
    first = max(values.shape[1] - k, 0)
    return np.argpartition(values, first, axis=1)[:, first:]
