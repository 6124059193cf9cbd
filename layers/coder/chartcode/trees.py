"""XGBoost's trees, served by onnxruntime: the Lambda layer has no room for xgboost and scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from chartcode.session import open_session

ENTITY_FILE = "entities.onnx"
BILLING_FILE = "billing.onnx"


class Trees:
    """A binary classifier: `training.trees` exports it, and tests its parity with XGBoost."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._output = session.get_outputs()[-1].name

    @classmethod
    def load(cls, path: Path, threads: int = 0) -> Trees:
        """Load the trees of an artefact."""
        return cls(open_session(path, threads))

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of each row of `features`, float64 [rows]."""
        if not len(features):
            return np.zeros(0)
        probabilities = self._session.run([self._output], {self._input: features})[0]
        return np.asarray(probabilities[:, 1], dtype=np.float64)
