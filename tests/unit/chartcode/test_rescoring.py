import numpy as np

from chartcode.rescoring import RESCORING_FEATURES, rescoring_features


def test_rivals():
    # E11.9 and E11.40 share a category and a span; I10 stands apart.
    codes = ("E11.40", "E11.9", "I10")
    spans = np.array([[0, 10], [0, 10], [20, 23]], np.int32)
    found = rescoring_features(codes, spans, np.array([0.6, 0.25, 0.5], np.float32))
    value = {name: found[:, i].round(4).tolist() for i, name in enumerate(RESCORING_FEATURES)}
    assert value["first_rank"] == [0, 2, 1]
    assert np.allclose(value["first_sum"], 1.35, atol=1e-4)
    assert np.allclose(value["category_best_gap"], [-0.35, 0.35, -0.5], atol=1e-4)
    assert np.allclose(value["category_sum"], [0.85, 0.85, 0.5], atol=1e-4)
    assert value["category_rank"] == [0, 1, 0]
    assert np.allclose(value["same_span_best_gap"], [-0.35, 0.35, -0.5], atol=1e-4)
    assert value["overlap_rank"] == [0, 1, 0]


def test_no_candidates():
    assert rescoring_features((), np.zeros((0, 2), np.int32), np.zeros(0, np.float32)).shape == (0, 11)
