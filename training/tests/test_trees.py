from dataclasses import replace

import numpy as np
import pytest

from chartcode.trees import Trees
from training import rows, trees
from training.calibration import Calibration
from training.trees import NoteRows


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setitem(trees.PARAMETERS, "n_estimators", 80)
    monkeypatch.setitem(trees.PARAMETERS, "learning_rate", 0.3)
    monkeypatch.setitem(trees.PARAMETERS, "colsample_bytree", 1.0)  # the notes of these tests have six features
    monkeypatch.setitem(trees.PARAMETERS, "n_jobs", 1)


def note(labels, missed=0):
    count = len(labels)
    features = np.zeros((count, 1), np.float32)
    return NoteRows(tuple("ABCDEFG"[:count]), features, np.array(labels, dtype=bool), missed)


def test_the_served_trees_agree_with_xgboost(note_rows, tmp_path):
    model = trees.fit(note_rows, trees.PARAMETERS, seed=1)
    trees.export(model, tmp_path / "entities.onnx")
    features = np.concatenate([each.features for each in note_rows])
    assert np.isnan(features).any()
    served = Trees.load(tmp_path / "entities.onnx").predict(features)
    assert np.abs(served - model.predict_proba(features)[:, 1]).max() <= 1e-5
    assert served.std() > 0.1


def test_the_served_trees_are_calibrated(note_rows, tmp_path):
    model = trees.fit(note_rows, trees.PARAMETERS, seed=1)
    given = Calibration(0.5, -1.0)
    trees.export(model, tmp_path / "entities.onnx", given)
    features = note_rows[0].features
    served = Trees.load(tmp_path / "entities.onnx").predict(features)
    assert np.abs(served - given.apply(model.predict_proba(features)[:, 1])).max() <= 1e-5


def test_the_same_seed_gives_the_same_trees(note_rows):
    features = note_rows[0].features
    first, again = (trees.fit(note_rows, trees.PARAMETERS, seed=5).predict_proba(features) for _ in range(2))
    assert np.array_equal(first, again)


def test_out_of_fold_probabilities_come_from_models_that_have_not_seen_the_note(note_rows):
    # Labels without any relation to the features: a model that had seen them would still fit them.
    random = np.random.default_rng(0)
    noise = [replace(n, labels=random.random(50) < 0.5, missed=0) for n in note_rows]
    labels = np.concatenate([n.labels for n in noise])
    held_out = np.concatenate(trees.out_of_fold(noise, trees.PARAMETERS, 1, "noise"))
    seen = trees.fit(noise, trees.PARAMETERS, seed=1).predict_proba(np.concatenate([n.features for n in noise]))[:, 1]
    assert ((seen > 0.5) == labels).mean() > 0.8
    assert ((held_out > 0.5) == labels).mean() < 0.6


def test_notes_of_little_weight_count_little(note_rows):
    features = np.concatenate([n.features for n in note_rows])
    wrong = [replace(n, labels=~n.labels) for n in note_rows]
    light = [replace(n, weight=0.01) for n in wrong]
    right = np.concatenate([n.labels for n in note_rows])
    agreeing = [
        (
            (trees.fit([*note_rows, *others], trees.PARAMETERS, seed=1).predict_proba(features)[:, 1] > 0.5) == right
        ).mean()
        for others in (wrong, light)
    ]
    assert agreeing[0] < 0.75
    assert agreeing[1] > 0.9


def test_best_threshold():
    # Down to 0.9: F1 2*1/(1+3); to 0.8: 2*2/(2+3) = 0.8; to 0.4: 2*2/(3+3); all: 2*2/(4+3). One gold code is missed.
    notes = [note([True, False]), note([True, False], missed=1)]
    probabilities = [np.array([0.9, 0.4], np.float32), np.array([0.8, 0.1], np.float32)]
    assert trees.best_threshold(notes, probabilities) == pytest.approx(0.8)
    assert trees.best_threshold(notes, probabilities, tolerance=0.14) == pytest.approx(0.4)
    assert trees.best_threshold(notes, probabilities, tolerance=0.13) == pytest.approx(0.8)


def test_micro_f1():
    # At 0.4: three chosen, two right, three gold: 2*2/(3+3).
    notes = [note([True, False]), note([True, False], missed=1)]
    probabilities = [np.array([0.9, 0.4], np.float32), np.array([0.8, 0.1], np.float32)]
    assert trees.micro_f1(notes, probabilities, 0.4) == pytest.approx(4 / 6)


def test_precise_threshold():
    # Right, right, wrong, right: 1, 1, 2/3, 3/4.
    labels, scores = np.array([True, True, False, True]), np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    assert trees.precise_threshold(labels, scores, 0.9) == pytest.approx(0.8)
    assert trees.precise_threshold(labels, scores, 0.7) == pytest.approx(0.6)
    assert trees.precise_threshold(~labels, scores, 0.9) == 1.0


def test_rows_are_read_as_they_were_written(note_rows, tmp_path):
    given = [
        *note_rows[:3],
        NoteRows((), np.zeros((0, 6), np.float32), np.zeros(0, bool), 4),
        note_rows[3],
    ]
    rows.save(given, tmp_path)
    for before, after in zip(given, rows.load(tmp_path), strict=True):
        assert (before.codes, before.missed) == (after.codes, after.missed)
        assert np.array_equal(before.features, after.features, equal_nan=True)
        assert np.array_equal(before.labels, after.labels)
