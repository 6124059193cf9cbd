"""The gate of dense search, fitted on spans whose vectors tell mentions from other words."""

from types import SimpleNamespace

import numpy as np

from chartcode.dense import SEARCHED_LEAST, SEARCHED_SHARE, TermSearch
from training import span_gate
from training.data import LabelledNote


class Finder:
    """Spans of 100 words; each tenth is nearest to a code and has a vector of its own kind."""

    def spans(self, text):
        vectors = np.random.default_rng(len(text)).normal(size=(100, 8)).astype(np.float32)
        vectors[::10, 3] += 3
        return [(i, i + 1) for i in range(100)], vectors

    def find(self, text):
        matches = {i: SimpleNamespace(code="I10", dense_span=(i, i + 1)) for i in range(0, 100, 10)}
        matches[1] = SimpleNamespace(code="J18.9", dense_span=(1, 2))  # not a code of the note
        return SimpleNamespace(matches=matches)


def test_the_spans_of_gold_codes_pass():
    notes = [LabelledNote(id=str(n), text="x" * n, codes=("I10",)) for n in range(1, 20)]
    gate = span_gate.fit(Finder(), notes)
    _, vectors = Finder().spans("x" * 50)
    search = TermSearch(None, np.eye(8, dtype=np.float32), np.zeros((1, 8), np.int8), 1.0, gate)
    likely = search.likely_mentions(vectors)
    assert len(likely) == max(SEARCHED_LEAST, round(100 * SEARCHED_SHARE))
    assert set(range(0, 100, 10)) <= set(likely.tolist())
    assert likely.tolist() == sorted(likely.tolist())
    short = vectors[:SEARCHED_LEAST]
    assert search.likely_mentions(short).tolist() == list(range(SEARCHED_LEAST))
