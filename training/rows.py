"""Candidates and features of labelled notes, as the trees are trained on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.progress import track

from chartcode.candidates import CandidateFinder
from chartcode.codeset import CodeSet
from chartcode.evaluation import gold_met, undotted
from chartcode.features import Contexts, FeatureExtractor
from chartcode.lexicon import Lexicon
from chartcode.patient import stated_age, stated_sex
from chartcode.terms import TermIndex
from training import lexicon as lexicons
from training.data import LabelledNote
from training.terms import stems_of
from training.trees import NoteRows

FOLDS = 10
FILE = "rows.npz"


class RowBuilder:
    """Builds the rows of notes with the same code that serves them."""

    def __init__(self, codeset: CodeSet, index: TermIndex, finder: CandidateFinder, texts: Sequence[str] = ()) -> None:
        """Take `texts`, those of the index's terms in order, to hide the terms of generated phrases."""
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        for number, text in enumerate(texts):
            self._numbers[text.lower()].add(number)
        self._codeset = codeset
        self._index = index
        self._finder = finder

    def rows(self, notes: Sequence[LabelledNote], lexicon: Lexicon, description: str) -> list[NoteRows]:
        """Return the rows of `notes`, with a lexicon that was not learned from them."""
        finder = self._finder.with_lexicon(lexicon)
        extractor = FeatureExtractor(self._codeset, self._index, lexicon)
        return [self._note_rows(note, finder, extractor) for note in track(notes, description=description)]

    def out_of_fold(self, notes: Sequence[LabelledNote], billable: Callable[[str], str | None]) -> list[NoteRows]:
        """Return the rows of `notes`, each with a lexicon learned from the other folds.

        A lexicon that had seen the note would look far more precise than it is on new notes.
        """
        found: dict[int, NoteRows] = {}
        stems = stems_of(self._index)
        for fold in range(FOLDS):
            lexicon = lexicons.learn([n for i, n in enumerate(notes) if i % FOLDS != fold], billable, stems)
            held_out = [i for i in range(len(notes)) if i % FOLDS == fold]
            description = f"Features, fold {fold + 1} of {FOLDS}"
            rows = self.rows([notes[i] for i in held_out], lexicon, description)
            found.update(zip(held_out, rows, strict=True))
        return [found[i] for i in range(len(notes))]

    def _note_rows(self, note: LabelledNote, finder: CandidateFinder, extractor: FeatureExtractor) -> NoteRows:
        candidates = finder.find(note.text, frozenset(self._numbers.get((note.term or "").lower(), ())))
        features = extractor.extract(
            candidates,
            Contexts(candidates),
            stated_age(note.text) if note.age is None else note.age,
            stated_sex(note.text) if note.sex is None else note.sex,
        )
        gold = {undotted(code) for code in note.codes}
        met = [gold_met(undotted(code), gold) for code in candidates.matches]
        return NoteRows(
            codes=tuple(candidates.matches),
            features=features,
            labels=np.array([each is not None for each in met], dtype=bool),
            missed=len(gold - set(met)),
        )


def save(notes: Sequence[NoteRows], folder: Path) -> None:
    """Write the rows of `notes` where `load` finds them."""
    np.savez(
        folder / FILE,
        codes=np.array([code for note in notes for code in note.codes]),
        lengths=np.array([len(note.codes) for note in notes]),
        features=np.concatenate([note.features for note in notes]),
        labels=np.concatenate([note.labels for note in notes]),
        missed=np.array([note.missed for note in notes]),
    )


def load(folder: Path) -> list[NoteRows]:
    """Read what `save` wrote."""
    with np.load(folder / FILE) as kept:
        codes, features, labels, missed = (kept[name] for name in ("codes", "features", "labels", "missed"))
        ends = kept["lengths"].cumsum()
    return [
        NoteRows(tuple(codes[start:end].tolist()), features[start:end], labels[start:end], int(count))
        for start, end, count in zip([0, *ends[:-1]], ends, missed, strict=True)
    ]
