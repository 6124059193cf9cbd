"""Train XGBoost on candidates, choose the threshold by cross-validation, and export the trees to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import xgboost as xgb
from numpy.typing import NDArray
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from chartcode.mentions import MIN_ALTERNATIVE

PARAMETERS: dict[str, float | int | str] = {
    "n_estimators": 500,
    "max_depth": 6,
    "learning_rate": 0.04,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "min_child_weight": 5,
    "reg_lambda": 5,
    "tree_method": "hist",
    "n_jobs": 2,
}
FOLDS = 5
OPSET = 15


@dataclass(frozen=True)
class NoteRows:
    """The candidates of one note.

    Attributes
    ----------
    features
        float32 [codes, features].
    labels
        bool [codes], whether the code meets a gold code.
    missed
        Gold codes that no candidate meets.
    weight
        Weight of each candidate in training, against 1 for those of real notes.
    """

    codes: tuple[str, ...]
    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    missed: int
    weight: float = 1.0


def fit(notes: Sequence[NoteRows], seed: int) -> xgb.XGBClassifier:
    """Return a classifier trained on the candidates of `notes`."""
    model = xgb.XGBClassifier(**PARAMETERS, random_state=seed)
    weights = np.repeat([n.weight for n in notes], [len(n.codes) for n in notes])
    features, labels = np.concatenate([n.features for n in notes]), np.concatenate([n.labels for n in notes])
    model.fit(features, labels, sample_weight=weights)
    return model


def out_of_fold(notes: Sequence[NoteRows], seed: int) -> list[NDArray[np.float32]]:
    """Return for each note the probabilities given by a model that has not seen it."""
    fold = np.random.default_rng(seed).permutation(len(notes)) % FOLDS
    probabilities: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(notes)
    for held_out in range(FOLDS):
        model = fit([note for note, f in zip(notes, fold, strict=True) if f != held_out], seed)
        for i in np.flatnonzero(fold == held_out):
            probabilities[i] = model.predict_proba(notes[i].features)[:, 1]
    return probabilities


def best_threshold(notes: Sequence[NoteRows], probabilities: Sequence[NDArray[np.float32]]) -> float:
    """Return the threshold with the highest micro F1 over candidates and missed gold codes."""
    scores, labels = np.concatenate(list(probabilities)), np.concatenate([n.labels for n in notes])
    total = labels.sum() + sum(note.missed for note in notes)
    order = np.argsort(-scores)
    met = np.cumsum(labels[order])
    f1 = 2 * met / (np.arange(1, len(scores) + 1) + total)
    return float(scores[order][int(f1.argmax())])


def calibration_error(notes: Sequence[NoteRows], probabilities: Sequence[NDArray[np.float32]]) -> float:
    """Return the expected calibration error of what the coder shows (probabilities of 0.05 and more).

    The mean distance between probability and share of right codes, over ten bins of equal width weighted by
    size (Guo et al. 2017, arXiv:1706.04599).
    """
    scores, labels = np.concatenate(list(probabilities)), np.concatenate([n.labels for n in notes])
    shown = scores >= MIN_ALTERNATIVE
    scores, labels = scores[shown], labels[shown].astype(float)
    bins = np.minimum((scores * 10).astype(int), 9)
    gaps = [abs((scores[bins == i] - labels[bins == i]).sum()) for i in range(10)]
    return float(sum(gaps) / max(len(scores), 1))


def export(model: xgb.XGBClassifier, path: Path) -> None:
    """Write the trees of `model` as an ONNX tree ensemble."""
    count = model.n_features_in_
    converted = convert_xgboost(model, initial_types=[("features", FloatTensorType([None, count]))], target_opset=OPSET)
    onnx.save(converted, path)
