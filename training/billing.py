"""Train the billing trees on synthetic encounters, whose bill is known.

The encounters are drawn with another seed than the notes of the entity level, so that what that level says of them
is what it says of notes it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from rich.progress import track

from chartcode.billing import considered
from chartcode.billing_features import BillingFeatures
from chartcode.candidates import CandidateFinder
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.evaluation import gold_met, undotted
from chartcode.features import Contexts
from chartcode.lexicon import Lexicon
from chartcode.scoring import Scorer
from chartcode.terms import TermIndex
from training import calibration
from training.calibration import Calibration
from training.data import LabelledNote
from training.trees import NoteRows, best_threshold, fit, out_of_fold, precise_threshold

PARAMETERS: dict[str, float | int | str] = {
    "n_estimators": 150,
    "max_depth": 4,
    "learning_rate": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "min_child_weight": 10,
    "reg_lambda": 5,
    "tree_method": "hist",
    "n_jobs": 2,
}
# Codes at or above this precision (on synthetic encounters, exact code) are routed to "auto".
AUTO_PRECISION = 0.95
# F1 hardly changes around its peak. There the lower threshold bills more: a coder strikes a code faster than finds one.
F1_TOLERANCE = 0.001


@dataclass(frozen=True)
class BillingTrees:
    """The trees, what cross-validation chose, and the rows with their held-out, calibrated probabilities."""

    model: xgb.XGBClassifier
    calibration: Calibration
    threshold: float
    auto_threshold: float
    rows: list[NoteRows]
    held_out: list[NDArray[np.float32]]


def billing_rows(folder: Path, notes: Sequence[LabelledNote]) -> list[NoteRows]:
    """Return one row for each code of each note that may be billed; a label says whether its category is on the bill.

    The category, not the full code: specificity is found after selection (`chartcode.specificity`).
    """
    codeset = CodeSet(folder / CODESET_FILE)
    index, lexicon = TermIndex.load(folder), Lexicon.load(folder)
    finder = CandidateFinder(index, Encoder.load(folder), TermSearch.load(folder), lexicon)
    scorer, features = Scorer.load(folder, codeset, index, lexicon), BillingFeatures()
    rows = []
    for note in track(notes, description="Billing features"):
        found = finder.find(note.text)
        mentioned = considered(scorer.score(found, Contexts(found), note.age, note.sex).shown)
        billed = {undotted(code)[:3] for code in note.billed or ()}
        met = [gold_met(undotted(each.code)[:3], billed) for each in mentioned]
        rows.append(
            NoteRows(
                codes=tuple(each.code for each in mentioned),
                features=features.extract(mentioned, note.text),
                labels=np.array([each is not None for each in met], dtype=bool),
                missed=len(billed - set(met)),
            )
        )
    return rows


def train(folder: Path, notes: Sequence[LabelledNote], seed: int) -> BillingTrees:
    """Return the billing trees, trained on what the entity level of `folder` says of `notes`."""
    rows = billing_rows(folder, notes)
    raw = out_of_fold(rows, PARAMETERS, seed, "Billing trees")
    fitted = calibration.fit(raw, [each.labels for each in rows])
    held_out = [fitted.apply(scores) for scores in raw]
    labels, scores = np.concatenate([each.labels for each in rows]), np.concatenate(held_out)
    threshold = best_threshold(rows, held_out, F1_TOLERANCE)
    auto = max(precise_threshold(labels, scores, AUTO_PRECISION), threshold)
    return BillingTrees(fit(rows, PARAMETERS, seed), fitted, threshold, auto, rows, held_out)
