"""Train the entity level: gate of dense search, learned lexicon, and the trees that score candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

import chartcode
from chartcode import codeset, dense, encoder, search, terms, trees
from chartcode.candidates import CandidateFinder
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.lexicon import EMPTY, Lexicon
from chartcode.terms import TermIndex
from training import calibration, rows, span_gate
from training import lexicon as build_lexicon
from training import terms as build_terms
from training import trees as build_trees
from training.data import LabelledNote
from training.rows import RowBuilder
from training.stages import Stages, key_of
from training.trees import NoteRows

# A candidate of a synthetic note weighs this much beside one of a real note, so that the template notes, of which
# there are more, do not outweigh them.
SYNTHETIC_WEIGHT = 0.05
DENSE_FILES = (dense.DIRECTIONS_FILE, dense.SEARCH_FILE, dense.COMPONENTS_FILE, dense.VECTORS_FILE)
STABLE_FILES = (
    codeset.FILE,
    encoder.MODEL_FILE,
    encoder.TOKENIZER_FILE,
    terms.FILE,
    search.FILE,
    *DENSE_FILES,
)
# The modules of chartcode that a row depends on; what is done with scored codes is not among them.
FEATURE_CODE = tuple(
    Path(chartcode.__file__).parent / name
    for name in (
        "assertion.py", "candidates.py", "dense.py", "encoder.py", "features.py", "lexical.py", "lexicon.py",
        "patient.py", "sections.py", "sentences.py", "terms.py", "text.py", "rules/abbreviations.json",
        "rules/assertion.json", "rules/sections.json", "rules/word_synonyms.json",
    )
)  # fmt: skip


@dataclass(frozen=True)
class EntityLevel:
    """The entity trees; the notes that they are judged by, with held-out, calibrated probabilities; the threshold."""

    model: xgb.XGBClassifier
    judged: list[NoteRows]
    held_out: list[NDArray[np.float32]]
    threshold: float


def train(folder: Path, codiesp: list[LabelledNote], synthetic: list[LabelledNote], seed: int) -> EntityLevel:
    """Train and write the gate, the lexicon and the trees of the entity level."""
    _fit_gate(folder, codiesp, synthetic)
    learned, real, generated = note_rows(folder, codiesp, synthetic)
    learned.save(folder)
    judged, notes = real or generated, [*real, *generated]
    raw = build_trees.out_of_fold(notes, build_trees.PARAMETERS, seed, "Entity trees")[: len(judged)]
    fitted = calibration.fit(raw, [note.labels for note in judged])
    held_out = [fitted.apply(scores) for scores in raw]
    model = build_trees.fit(notes, build_trees.PARAMETERS, seed)
    build_trees.export(model, folder / trees.ENTITY_FILE, fitted)
    return EntityLevel(model, judged, held_out, build_trees.best_threshold(judged, held_out))


def _fit_gate(folder: Path, codiesp: list[LabelledNote], synthetic: list[LabelledNote]) -> None:
    """Fit and write the gate of dense search, unless it is there and nothing has changed."""
    notes = [*codiesp[: span_gate.NOTES], *synthetic[: span_gate.NOTES]]
    key = key_of([Path(span_gate.__file__), *_row_files(folder), *(note.model_dump_json() for note in notes)])
    stages = Stages(folder)
    if not stages.is_done("gate", key, [dense.GATE_FILE]):
        search = TermSearch.load(folder, gated=False)
        finder = CandidateFinder(TermIndex.load(folder), Encoder.load(folder), search, EMPTY)
        span_gate.save(span_gate.fit(finder, notes), folder)
        stages.mark("gate", key)


def _row_files(folder: Path) -> list[Path]:
    """Return the code and the files that the candidates of a note depend on."""
    return [*FEATURE_CODE, *(folder / name for name in STABLE_FILES)]


def note_rows(
    folder: Path, codiesp: list[LabelledNote], synthetic: list[LabelledNote]
) -> tuple[Lexicon, list[NoteRows], list[NoteRows]]:
    """Return the lexicon, and the rows of CodiEsp's and of the synthetic notes; rows are kept for the next run."""
    codes, index = CodeSet(folder / codeset.FILE), TermIndex.load(folder)
    learned = EMPTY
    if codiesp:
        learned = build_lexicon.learn(codiesp, codes.billable_code, build_terms.stems_of(index))
    code = [Path(rows.__file__), Path(build_lexicon.__file__), *_row_files(folder), folder / dense.GATE_FILE]
    key = key_of([*code, *(note.model_dump_json() for note in (*codiesp, *synthetic))])
    stages = Stages(folder)
    if not stages.is_done("rows", key, [rows.FILE]):
        finder = CandidateFinder(index, Encoder.load(folder), TermSearch.load(folder), EMPTY)
        builder = RowBuilder(codes, index, finder, [term.text for term in build_terms.terms()])
        found = builder.out_of_fold(codiesp, codes.billable_code) if codiesp else []
        found += builder.rows(synthetic, learned, "Features, synthetic notes")
        rows.save(found, folder)
        stages.mark("rows", key)
    found = rows.load(folder)
    real, generated = found[: len(codiesp)], found[len(codiesp) :]
    return learned, real, [replace(each, weight=SYNTHETIC_WEIGHT) for each in generated] if real else generated
