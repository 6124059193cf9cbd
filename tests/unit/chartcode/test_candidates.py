import pytest

from chartcode.candidates import dense_windows
from chartcode.lexical import content_words


def windows(text):
    return {text[run[0].begin : run[-1].end] for run in dense_windows(text, content_words(text, 0, len(text)))}


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Reports weakness of the lower limbs.", "weakness of the lower limbs"),
        ("Pain in his left knee.", "Pain in his left knee"),
        ("Post-operative ileus.", "Post-operative ileus"),
    ],
)
def test_linking_words_do_not_end_a_condition(text, phrase):
    assert phrase in windows(text)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Fever, cough.", "Fever, cough"),
        ("Fever and cough.", "Fever and cough"),
        ("Pain with fever.", "Pain with fever"),
    ],
)
def test_what_joins_two_conditions_does(text, phrase):
    assert phrase not in windows(text)


def test_a_window_has_four_content_words_at_most():
    found = windows("acute severe bilateral lower limb weakness")
    assert "acute severe bilateral lower" in found
    assert "acute severe bilateral lower limb" not in found
