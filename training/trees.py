"""Train XGBoost on candidates, choose thresholds by cross-validation, and export the trees to ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import xgboost as xgb
from numpy.typing import NDArray
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from rich.progress import track

from training.calibration import UNCALIBRATED, Calibration

_COMMON: dict[str, float | int | str] = {"subsample": 0.8, "reg_lambda": 5, "tree_method": "hist", "n_jobs": 2}
PARAMETERS: dict[str, float | int | str] = {
    "n_estimators": 600,
    "max_depth": 6,
    "learning_rate": 0.04,
    "colsample_bytree": 0.3,
    "min_child_weight": 5,
    **_COMMON,
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


def fit(notes: Sequence[NoteRows], parameters: Mapping[str, float | int | str], seed: int) -> xgb.XGBClassifier:
    """Return a classifier trained on the candidates of `notes`."""
    model = xgb.XGBClassifier(**parameters, random_state=seed)
    weights = np.repeat([n.weight for n in notes], [len(n.codes) for n in notes])
    features, labels = np.concatenate([n.features for n in notes]), np.concatenate([n.labels for n in notes])
    model.fit(features, labels, sample_weight=weights)
    return model


def out_of_fold(
    notes: Sequence[NoteRows], parameters: Mapping[str, float | int | str], seed: int, description: str
) -> list[NDArray[np.float32]]:
    """Return for each note the probabilities given by a model that has not seen it."""
    fold = np.random.default_rng(seed).permutation(len(notes)) % FOLDS
    probabilities: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(notes)
    for held_out in track(range(FOLDS), description=f"{description}, cross-validation"):
        model = fit([note for note, f in zip(notes, fold, strict=True) if f != held_out], parameters, seed)
        for i in np.flatnonzero(fold == held_out):
            probabilities[i] = model.predict_proba(notes[i].features)[:, 1]
    return probabilities


def best_threshold(
    notes: Sequence[NoteRows], probabilities: Sequence[NDArray[np.float32]], tolerance: float = 0.0
) -> float:
    """Return the lowest threshold within `tolerance` of the highest micro F1 over candidates and missed gold codes."""
    scores, labels = np.concatenate(list(probabilities)), np.concatenate([n.labels for n in notes])
    total = labels.sum() + sum(note.missed for note in notes)
    order = np.argsort(-scores)
    met = np.cumsum(labels[order])
    f1 = 2 * met / (np.arange(1, len(scores) + 1) + total)
    return float(scores[order][np.flatnonzero(f1 >= f1.max() - tolerance)[-1]])


def micro_f1(notes: Sequence[NoteRows], probabilities: Sequence[NDArray[np.float32]], threshold: float) -> float:
    """Return the micro F1 of all candidates at or above `threshold`."""
    scores, labels = np.concatenate(list(probabilities)), np.concatenate([n.labels for n in notes])
    total = labels.sum() + sum(note.missed for note in notes)
    chosen = scores >= threshold
    return float(2 * (labels & chosen).sum() / max(chosen.sum() + total, 1))


def precise_threshold(labels: NDArray[np.bool_], scores: NDArray[np.float32], precision: float) -> float:
    """Return the lowest threshold from which on at least `precision` of the codes are right (1 where none is)."""
    order = np.argsort(-scores)
    share = np.cumsum(labels[order]) / np.arange(1, len(scores) + 1)
    enough = np.flatnonzero(share >= precision)
    return float(scores[order][enough[-1]]) if len(enough) else 1.0


def export(model: xgb.XGBClassifier, path: Path, calibration: Calibration = UNCALIBRATED) -> None:
    """Write the trees of `model` as an ONNX tree ensemble that gives calibrated probabilities.

    Calibration is linear in the log-odds, which are the sum of the leaves: it goes into them, and serving has no step
    more.
    """
    count = model.n_features_in_
    converted = convert_xgboost(model, initial_types=[("features", FloatTensorType([None, count]))], target_opset=OPSET)
    ensemble = next(node for node in converted.graph.node if node.op_type == "TreeEnsembleClassifier")
    attributes = {attribute.name: attribute for attribute in ensemble.attribute}
    weights, base = attributes["class_weights"].floats, attributes["base_values"].floats
    weights[:] = [weight * calibration.slope for weight in weights]
    base[:] = [base[0] * calibration.slope + calibration.intercept]
    onnx.save(converted, path)
