import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartcode.text import is_content, stem, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oedema", "edema"),
        ("tumours", "tumor"),
        ("Crohn's", "crohn"),
        ("Sjögren", "sjogren"),
        ("infections", "infection"),
        ("III", "3"),
    ],
)
def test_variants_have_one_stem(one, other):
    assert stem(one) == stem(other)


def test_words_keep_their_offsets():
    text = "Type 2 diabetes, A1c 7.9"
    assert [text[w.begin : w.end] for w in words(text)] == ["Type", "2", "diabetes", "A", "1", "c", "7.9"]
    assert words("HTN", offset=10)[0].begin == 10


def test_an_abbreviation_with_a_digit_is_one_word():
    text = "T2DM, ckd3b; stage 3b, IIIb, prostate CA"
    found = [text[w.begin : w.end] for w in words(text)]
    assert found == ["T2DM", "ckd3b", "stage", "3b", "IIIb", "prostate CA"]
    assert stem("IIIb") == stem("3b") != stem("3")


def test_function_words_are_no_content():
    assert [w.stem for w in words("fracture of the hip") if is_content(w)] == [stem("fracture"), stem("hip")]


@given(st.text())
def test_every_word_is_where_it_says(text):
    previous = 0
    for word in words(text):
        assert previous <= word.begin < word.end <= len(text)
        previous = word.end
