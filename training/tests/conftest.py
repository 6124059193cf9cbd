import numpy as np
import pytest

from training.trees import NoteRows


@pytest.fixture(scope="session")
def note_rows():
    """Forty notes of fifty candidates; a code is right when its first feature is high."""
    random = np.random.default_rng(3)
    notes = []
    for _ in range(40):
        features = random.random((50, 6), dtype=np.float32)
        features[random.random((50, 6)) < 0.1] = np.nan
        labels = np.nan_to_num(features[:, 0]) + random.normal(0, 0.1, 50) > 0.7
        notes.append(NoteRows(tuple(f"A{i:02d}" for i in range(50)), features, labels, missed=1))
    return notes
