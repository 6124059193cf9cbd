import numpy as np
import pytest

from chartcode.encoder import Encoding

# "CKD" in two pieces, "due" and "to" in one each.
ENCODING = Encoding(
    begins=np.array([0, 1, 4, 8], np.int32),
    ends=np.array([1, 3, 7, 10], np.int32),
    vectors=np.array([[2, 0], [0, 2], [3, 4], [0, 1]], np.float32),
)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 3), (0.70711, 0.70711)),  # (2, 0) + (0, 2), of length 1
        ((4, 7), (0.6, 0.8)),
        ((4, 10), (0.51450, 0.85749)),  # (3, 5) over the root of 34
        ((3, 4), (0.6, 0.8)),  # no piece of its own: the next one
        ((11, 12), (0, 0)),  # none at all
    ],
)
def test_a_span_is_the_unit_mean_of_its_word_pieces(span, expected):
    others = [(0, 1), (8, 10)]  # spans of other lengths beside it change nothing
    pooled = ENCODING.pool(np.array([others[0], span, others[1]], np.int32))
    assert pooled[1] == pytest.approx(expected, abs=1e-5)


def test_no_span_gives_no_vector():
    assert ENCODING.pool(np.zeros((0, 2), np.int32)).shape == (0, 2)
