"""``tree.onnx`` is built by hand in ``training/tests/test_tree_fixture.py``; training tests parity with XGBoost."""

from pathlib import Path

import numpy as np
import pytest

from chartcode import ArtefactError
from chartcode.trees import Trees

TREE = Path(__file__).parent / "tree.onnx"


@pytest.fixture(scope="module")
def trees():
    return Trees.load(TREE)


def test_probabilities_worked_out_by_hand(trees):
    features = np.array([[0.4, 9], [0.5, 9], [0.6, 9]], dtype=np.float32)
    # Below 0.5: 1 / (1 + e) = 0.26894; else 1 / (1 + e^-2) = 0.88080.
    assert trees.predict(features) == pytest.approx([0.26894, 0.88080, 0.88080], abs=1e-5)


def test_a_missing_value_follows_its_branch(trees):
    assert trees.predict(np.array([[np.nan, 0]], dtype=np.float32)) == pytest.approx([0.26894], abs=1e-5)


def test_no_rows(trees):
    assert trees.predict(np.zeros((0, 2), dtype=np.float32)).shape == (0,)


def test_the_answer_is_float64(trees):
    assert trees.predict(np.zeros((1, 2), dtype=np.float32)).dtype == np.float64


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(ArtefactError, match="make train"):
        Trees.load(tmp_path / "entities.onnx")
