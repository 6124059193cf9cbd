import numpy as np
import pytest

from chartcode import dense
from chartcode.dense import TermSearch
from chartcode.errors import ArtefactError
from training import term_vectors

WIDTH, TERMS = 300, 3000


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    # Of 40 dimensions, as the vectors of a language's terms lie in few of the many that they have.
    random = np.random.default_rng(5)
    return unit(random.normal(size=(TERMS, 40)) @ random.normal(size=(40, WIDTH)))


@pytest.fixture(scope="module")
def search(vectors, tmp_path_factory):
    folder = tmp_path_factory.mktemp("terms")
    term_vectors.save(vectors, folder)
    assert (folder / dense.COMPONENTS_FILE).stat().st_size == dense.COMPONENTS * TERMS
    assert (folder / dense.VECTORS_FILE).stat().st_size == dense.DIRECTIONS * TERMS
    return TermSearch.load(folder, gated=False)


def test_a_term_is_nearest_to_itself(search, vectors):
    hits = search.nearest(vectors[:70], 4)
    assert hits.term[:, 0].tolist() == list(range(70))
    assert hits.cosine[:, 0] == pytest.approx(np.ones(70), abs=0.02)
    assert (np.diff(hits.cosine, axis=1) <= 0).all()


def test_the_neighbours_are_those_of_an_exact_search(search, vectors):
    noise = np.random.default_rng(6).normal(scale=0.3 / WIDTH**0.5, size=(50, WIDTH))
    spans = unit(vectors[:50] + noise)
    exact = np.argsort(-(spans @ vectors.T), axis=1)[:, :8]
    found = search.nearest(spans, 8).term
    shared = [len(set(a) & set(b)) / 8 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert np.mean(shared) > 0.9


def test_cosines_of_pairs(search, vectors):
    found = search.cosines(vectors[:3], np.array([0, 5, 2]))
    assert found == pytest.approx([1, float(vectors[1] @ vectors[5]), 1], abs=0.02)


def test_no_spans(search):
    assert search.nearest(np.zeros((0, WIDTH), np.float32), 8).term.shape == (0, 8)


def test_the_rotation_keeps_products(vectors):
    directions = term_vectors.projection(vectors, WIDTH, 160)
    products = (vectors[:9] @ directions) @ (vectors[:9] @ directions).T
    assert products == pytest.approx(vectors[:9] @ vectors[:9].T, abs=1e-4)


def test_missing_vectors_are_named(search, vectors, tmp_path):
    term_vectors.save(vectors, tmp_path)
    (tmp_path / dense.VECTORS_FILE).unlink()
    with pytest.raises(ArtefactError, match=dense.VECTORS_FILE):
        TermSearch.load(tmp_path)
