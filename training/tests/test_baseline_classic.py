import numpy as np
import pytest

from chartcode.artefact import locate
from chartcode.encoder import Encoder
from chartcode.features import NOTE_FEATURES
from training import baseline_classic as baseline
from training.data import LabelledNote


def test_note_numbers():
    # 2 sentences, one section; content words: 62, year, old, woman, fever / asthma; one of 6 negated.
    found = dict(zip(NOTE_FEATURES, baseline.note_numbers("A 62 year old woman. No fever, asthma."), strict=True))
    assert (found["age"], found["sex"], found["words"], found["sentences"], found["sections"]) == (62, 0, 8, 2, 1)
    assert 0 < found["negated_share"] < 1


def test_the_vector_and_seven_numbers():
    encoder = Encoder.load(locate())
    rows = baseline.classic_features(encoder, ["Gout.", "Asthma and gout in a 40 year old man."])
    assert rows.shape == (2, encoder.width + 7)
    assert not np.allclose(rows[0, : encoder.width], rows[1, : encoder.width])


@pytest.fixture
def toy():
    random = np.random.default_rng(0)
    rows = random.random((80, 5), dtype=np.float32)
    labels = np.stack([rows[:, 0] > 0.5, rows[:, 1] > 0.7], axis=1)
    return rows, labels, np.arange(80) % 5 == 0


def test_classic_learns_each_code(toy):
    rows, labels, held = toy
    outcome = baseline.classic(rows, labels, rows, held, seed=1)
    assert ((outcome.probabilities >= outcome.threshold) == labels).mean() > 0.9


def test_tfidf_learns_each_code():
    texts = [f"word{i % 2} something else here" for i in range(40)]
    labels = np.array([[i % 2 == 0, i % 2 == 1] for i in range(40)])
    outcome = baseline.tfidf(texts, labels, ["word0", "word1"], np.arange(40) % 5 == 0)
    assert ((outcome.probabilities >= outcome.threshold) == [[True, False], [False, True]]).all()


def test_measures():
    # One of two notes is wholly right; of four labels one is wrong; E11.9 is gold but unknown to the baseline.
    notes = [
        LabelledNote(id="1", text="a", codes=("I10",)),
        LabelledNote(id="2", text="b", codes=("I10", "M10.9", "E11.9")),
    ]
    outcome = baseline.Outcome("x", np.array([[0.9, 0.1], [0.8, 0.3]]), 0.5)
    found = baseline.measures(outcome, notes, ["I10", "M10.9"])
    assert found["subset_accuracy"] == 0.5
    assert found["hamming_loss"] == 0.25
    assert found["own_codes_micro_f1"] == pytest.approx(2 * 2 / (2 + 3))
    assert found["micro_f1"] == pytest.approx(2 * 2 / (2 + 4))
    assert found["map"] == pytest.approx((1 + 2 / 3) / 2)
