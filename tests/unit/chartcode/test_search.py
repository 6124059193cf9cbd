import numpy as np
import pytest

from chartcode import artefact
from chartcode.errors import ArtefactError
from chartcode.search import FILE, CodeSearch
from chartcode.terms import TermIndex
from chartcode.text import content_stems


@pytest.fixture(scope="module")
def search(coder) -> CodeSearch:
    return CodeSearch.load(artefact.locate(), coder.codeset)


@pytest.mark.parametrize(
    ("query", "code", "matched"),
    [
        ("essential hypertension", "I10", "Essential hypertension"),
        ("broken wrist", "S62.109A", "broken wrist"),
        # abbreviations, in any case
        ("HTN", "I10", "HTN"),
        ("ckd 3", "N18.30", "CKD 3"),
        ("mi", "I21.9", "Myocardial infarction NOS"),
        # misspellings, and words that are not typed to the end
        ("hypertenson", "I10", "hypertension"),
        ("diabtes", "E11.9", "diabetes NOS"),
        ("gowt", "M10.9", "Gout, unspecified"),
        ("diab neurop", "E11.40", "diabetic neuropathy"),
        # words that the retrievers pass over
        ("type 2 diabetes without complications", "E11.9", "Type 2 diabetes mellitus without complications"),
        ("history of breast cancer", "Z85.3", "history of breast cancer"),
        ("breast cancer", "C50.919", "breast cancer"),
    ],
)
def test_words_find_the_code_that_a_coder_would_look_for(search, query, code, matched):
    best = search.find(query)[0]
    assert (best.code, best.matched, best.billable) == (code, matched, True)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("E11", ["E11", "E11.0", "E11.1", "E11.2"]),
        ("e116", ["E11.6", "E11.61", "E11.62", "E11.63"]),
        ("s82.0", ["S82.0", "S82.00", "S82.01", "S82.02"]),
        ("I1", ["I10", "I11", "I12", "I13"]),
        ("S72.001A", ["S72.001A"]),
    ],
)
def test_the_beginning_of_a_code_finds_headers_first_and_no_block(search, query, codes):
    found = search.find(query, limit=4)
    assert [each.code for each in found] == codes
    assert found[0].matched == found[0].code


def test_what_only_looks_like_a_code_is_searched_as_words(search):
    assert search.find("B12")[0].matched == "b12 deficiency"


def test_a_code_comes_once_and_the_best_first(search):
    found = search.find("diabetes", limit=50)
    scores = [each.score for each in found]
    assert len({each.code for each in found}) == len(found) == 50
    assert scores == sorted(scores, reverse=True)
    assert (scores[0], 0 < scores[-1] < 1) == (1, True)


@pytest.mark.parametrize("query", ["the", "?!", "xyzzyplugh"])
def test_what_means_nothing_finds_nothing(search, query):
    assert search.find(query) == []


def test_the_texts_are_those_of_the_index():
    folder = artefact.locate()
    index = TermIndex.load(folder)
    texts = (folder / FILE).read_text(encoding="utf-8").splitlines()
    assert len(texts) == len(index.norm)
    words = list(index.vocabulary)
    word_of = np.repeat(np.arange(len(words)), np.diff(index.indptr))
    for term in range(0, len(texts), 5000):
        assert {words[number] for number in word_of[index.postings == term]} == content_stems(texts[term])


def test_missing_texts_say_what_to_run(coder, tmp_path):
    with pytest.raises(ArtefactError, match=r"terms\.txt is missing.*git checkout"):
        CodeSearch.load(tmp_path, coder.codeset)
