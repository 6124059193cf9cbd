"""Fit the gate of dense search: a linear score that tells spans by which gold codes are found from all other spans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from chartcode.candidates import CandidateFinder
from chartcode.dense import GATE_FILE
from chartcode.evaluation import gold_met, undotted
from training.data import LabelledNote

# Notes of each source; more changed nothing on notes held out.
NOTES = 250


def fit(finder: CandidateFinder, notes: Sequence[LabelledNote]) -> NDArray[np.float32]:
    """Return the gate's weights, float32 [width].

    Parameters
    ----------
    finder
        Searches every span, and knows no learned lexicon.
    notes
        A span counts as found where it is the nearest to a code that the note is labelled with.
    """
    vectors, found = [], []
    for note in track(notes, description="Gate of dense search"):
        spans, of_spans = finder.spans(note.text)
        gold = {undotted(code) for code in note.codes}
        matches = finder.find(note.text).matches.values()
        nearest = {m.dense_span for m in matches if gold_met(undotted(m.code), gold) is not None}
        vectors.append(of_spans)
        found += [span in nearest for span in spans]
    model = LogisticRegression(max_iter=300).fit(np.concatenate([v for v in vectors if len(v)]), found)
    # A constant would not change the order of spans, which is all that the gate is for.
    return np.asarray(model.coef_[0], dtype=np.float32)


def save(weights: NDArray[np.float32], folder: Path) -> None:
    """Write the gate where `chartcode.dense` reads it."""
    np.save(folder / GATE_FILE, weights)
