import numpy as np
import pytest

from chartcode.dense import GROUP, highest


@pytest.mark.parametrize("count", [2 * GROUP, 2 * GROUP + 5, 10 * GROUP + 63])
def test_the_highest_of_each_row_wherever_they_stand(count):
    scores = np.random.default_rng(0).integers(-1000, 1000, size=(7, count), dtype=np.int32)
    scores[0, -3:] = 5000  # beyond the last whole group
    found = highest(scores, 6)
    for row, columns in zip(scores, found, strict=True):
        assert len(set(columns.tolist())) == 6
        assert sorted(row[columns].tolist()) == sorted(row.tolist())[-6:]
