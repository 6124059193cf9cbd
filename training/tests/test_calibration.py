import numpy as np
import pytest

from training import calibration
from training.calibration import Calibration


def test_apply():
    # Log-odds of 0.5 are 0, so 1 / (1 + e) remains; twice the log-odds of 0.8 are ln 16, less 1: ln(16 / e).
    found = Calibration(2.0, -1.0).apply(np.array([0.5, 0.8], np.float32))
    assert found == pytest.approx([1 / (1 + np.e), 16 / (16 + np.e)], abs=1e-6)


def test_overconfident_scores_are_brought_back():
    random = np.random.default_rng(0)
    true = random.random(20_000)
    labels = random.random(20_000) < true
    odds = np.log(true / (1 - true))
    confident = (1 / (1 + np.exp(-3 * odds - 1))).astype(np.float32)
    found = calibration.fit([confident], [labels])
    assert found.slope == pytest.approx(1 / 3, abs=0.02)
    before, after = (calibration.reliability([p], [labels]).error for p in (confident, found.apply(confident)))
    assert before > 0.1
    assert after < 0.02


def test_nothing_is_fitted_on_labels_of_one_kind():
    assert calibration.fit([np.array([0.2, 0.9], np.float32)], [np.array([True, True])]) == calibration.UNCALIBRATED


def test_reliability():
    # Bin 0.9: one right, one wrong at 0.95 each: |1.9 - 1| = 0.9; bin 0.2: two wrong at 0.25: 0.5. (0.9 + 0.5) / 4.
    # 0.01 is below what is shown.
    labels = np.array([True, False, False, False, True])
    found = calibration.reliability([np.array([0.95, 0.95, 0.25, 0.25, 0.01], np.float32)], [labels])
    assert found.error == pytest.approx(1.4 / 4, abs=1e-6)
    assert found.share == [0.0, 0.5]
    assert found.count == [2, 2]
