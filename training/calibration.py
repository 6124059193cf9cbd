"""Probabilities that mean what they say: Platt scaling, and how far off they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from chartcode.mentions import MIN_ALTERNATIVE

# Probabilities of 0 and 1 have no log-odds.
_EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Calibrated log-odds are ``slope * log-odds + intercept`` (Platt 1999)."""

    slope: float
    intercept: float

    def apply(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return calibrated probabilities."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * _log_odds(scores) + self.intercept))), dtype=np.float32)


UNCALIBRATED = Calibration(1.0, 0.0)


def fit(scores: Sequence[NDArray[np.float32]], labels: Sequence[NDArray[np.bool_]]) -> Calibration:
    """Return the calibration of probabilities given by models that have not seen the notes."""
    odds, right = _log_odds(np.concatenate(list(scores))), np.concatenate(list(labels))
    if right.all() or not right.any():
        return UNCALIBRATED
    model = LogisticRegression(C=1e6).fit(odds[:, None], right)
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]))


def _log_odds(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    clipped = np.clip(scores.astype(np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)))


@dataclass(frozen=True)
class Reliability:
    """Probability against share of right codes, in ten bins of equal width.

    Attributes
    ----------
    mean, share, count
        [bins] mean probability, share of right codes, number of codes (empty bins left out).
    error
        Expected calibration error: the mean gap between both, weighted by size (Guo et al. 2017, arXiv:1706.04599).
    """

    mean: list[float]
    share: list[float]
    count: list[int]
    error: float


def reliability(probabilities: Sequence[NDArray[np.float32]], labels: Sequence[NDArray[np.bool_]]) -> Reliability:
    """Return the reliability of what the coder shows (probabilities of `MIN_ALTERNATIVE` and more)."""
    scores, right = np.concatenate(list(probabilities)), np.concatenate(list(labels)).astype(float)
    shown = scores >= MIN_ALTERNATIVE
    scores, right = scores[shown], right[shown]
    bins = np.minimum((scores * 10).astype(int), 9)
    filled = [i for i in range(10) if (bins == i).any()]
    gaps = [abs((scores[bins == i] - right[bins == i]).sum()) for i in filled]
    return Reliability(
        mean=[float(scores[bins == i].mean()) for i in filled],
        share=[float(right[bins == i].mean()) for i in filled],
        count=[int((bins == i).sum()) for i in filled],
        error=float(sum(gaps) / max(len(scores), 1)),
    )
