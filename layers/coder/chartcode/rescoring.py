"""What the rescoring trees see beyond a candidate's own features: how its rivals in the note fared.

The first trees judge each candidate alone; whether "neuropathy" is G62.9 or part of E11.40 shows only beside the
others. Used by training and by serving, so that the two cannot drift.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESCORING_FEATURES = (
    "first_probability", "first_rank", "first_sum",
    "category_best_gap", "category_sum", "category_rank",
    "subcategory_best_gap",
    "overlap_best_gap", "overlap_sum", "overlap_rank",
    "same_span_best_gap",
)  # fmt: skip


def rescoring_features(
    codes: Sequence[str], spans: NDArray[np.int32], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return float32 [codes, features].

    Parameters
    ----------
    codes
        The candidates of one note.
    spans
        int32 [codes, 2], begin and end of the strongest evidence of each.
    probabilities
        [codes], given by the first trees.
    """
    count = len(codes)
    if not count:
        return np.zeros((0, len(RESCORING_FEATURES)), dtype=np.float32)
    first = np.asarray(probabilities, dtype=np.float32)
    category = np.array([code[:3] for code in codes])
    subcategory = np.array([code[:5] for code in codes])
    same_category = category[:, None] == category[None, :]
    same_subcategory = subcategory[:, None] == subcategory[None, :]
    overlap = (spans[:, None, 0] < spans[None, :, 1]) & (spans[None, :, 0] < spans[:, None, 1])
    same_span = (spans[:, None, :] == spans[None, :, :]).all(axis=2)
    others = ~np.eye(count, dtype=bool)
    return np.stack(
        [
            first,
            _rank(first, np.ones((count, count), dtype=bool)),
            np.full(count, first.sum(), dtype=np.float32),
            _best(first, same_category & others) - first,
            (same_category * first).sum(axis=1),
            _rank(first, same_category),
            _best(first, same_subcategory & others) - first,
            _best(first, overlap & others) - first,
            (overlap * first).sum(axis=1),
            _rank(first, overlap),
            _best(first, same_span & others) - first,
        ],
        axis=1,
    ).astype(np.float32)


def _best(first: NDArray[np.float32], group: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the highest probability within each candidate's group (0 where it is alone)."""
    return np.asarray(np.where(group, first[None, :], 0).max(axis=1), dtype=np.float32)


def _rank(first: NDArray[np.float32], group: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how many of each candidate's group are more likely than it."""
    return np.asarray((group & (first[None, :] > first[:, None])).sum(axis=1), dtype=np.float32)
