"""Features of single candidates, on a hand-made index and lexicon."""

import numpy as np
import pytest

from chartcode.artefact import locate
from chartcode.candidates import Candidates, Match
from chartcode.codeset import FILE, CodeSet
from chartcode.features import FEATURES, Contexts, FeatureExtractor
from chartcode.lexicon import Association, Lexicon
from chartcode.sentences import split
from chartcode.terms import TermIndex
from chartcode.text import content_stems

TEXT = "Longstanding kidney disease.\nThe condition is chronic."
# "Chronic kidney disease, unspecified": chronic weighs 2, kidney 3, disease 1; "unspecified" is no content word.
WEIGHTS = {"chronic": 2.0, "kidney": 3.0, "diseas": 1.0}
LEXICON = Lexicon(
    phrases={"kidney diseas": (Association("N18.9", 3, 5), Association("N28.9", 1, 5))},
    prior={"N18.9": 3, "N18.30": 4, "N28.9": 1, "I10": 9},
    held={"kidney diseas": 5},
)


@pytest.fixture(scope="module")
def extractor():
    empty = np.zeros(0, np.int32)
    index = TermIndex(
        codes=(),
        term_code=empty,
        kind=empty,
        depth=empty,
        norm=np.zeros(0, np.float32),
        vocabulary={stem: i for i, stem in enumerate(WEIGHTS)},
        idf=np.array(list(WEIGHTS.values()), np.float32),
        indptr=np.zeros(4, np.int32),
        postings=empty,
    )
    return FeatureExtractor(CodeSet(locate() / FILE), index, LEXICON)


@pytest.fixture(scope="module")
def row(extractor):
    span = (TEXT.index("kidney"), TEXT.index("."))
    found = {}
    for association in LEXICON.phrases["kidney diseas"]:
        found[association.code] = match = Match(association.code)
        match.associate("kidney diseas", association, span)
    sentences = split(TEXT)
    stems = [frozenset(content_stems(TEXT[each.begin : each.end])) for each in sentences]
    candidates = Candidates(TEXT, sentences, found, {}, stems)
    rows = extractor.extract(candidates, Contexts(candidates), 60, "F")
    return dict(zip(FEATURES, rows[0].tolist(), strict=True))


def test_learned_phrases(row):
    # Three of five notes, smoothed by one that is not: 3 / 6.
    assert (row["lexicon_precision"], row["lexicon_coded"], row["lexicon_notes"]) == (0.5, 3, 5)
    assert row["lexicon_overlap"] == 1  # both of its words are in the title
    assert (row["rank_lexicon"], row["below_category_lexicon"]) == (0, 0)


def test_priors_of_the_code_its_category_and_subcategory(row):
    assert (row["prior"], row["category_prior"], row["subcategory_prior"]) == (3, 7, 3)


def test_the_share_of_the_title_that_the_sentence_and_the_note_state(row):
    # "chronic" stands in the next sentence: 4 of 6 here, all of it in the note.
    assert row["title_in_sentence"] == pytest.approx(4 / 6)
    assert row["title_in_note"] == 1
    assert row["title_missing"] == pytest.approx(2)


def test_the_patient_and_the_note(row):
    assert (row["age"], row["sex"], row["sentences"], row["unspecified"]) == (60, 0, 2, 1)


def test_no_candidates(extractor):
    candidates = Candidates("x", split("x"), {}, {}, [frozenset()])
    assert extractor.extract(candidates, Contexts(candidates), None, None).shape == (0, len(FEATURES))
