"""Any text: sections, sentences, words, cues and the patient are found without an error, in places that are there."""

import itertools
import re

from hypothesis import given

from chartcode import patient, sections, sentences
from chartcode import text as words
from chartcode.assertion import _ORDER, SentenceAssertions
from chartcode.deidentification import deidentify
from tests.fuzz.cases import case, fuzz, texts

LETTERS = re.compile(r"[^\W\d_]")


def covered(text, spans):
    """Return the text without the characters of `spans`."""
    left = list(text)
    for begin, end in spans:
        left[begin:end] = " " * (end - begin)
    return "".join(left)


@fuzz
@given(texts)
def test_sections(text):
    with case("sections"):
        found = sections.find(text)
    assert found
    position = 0
    for section in found:
        assert position <= section.begin <= section.end <= len(text)
        position = section.end
    for line in covered(text, [(s.begin, s.end) for s in found]).splitlines():
        assert not LETTERS.search(line) or sections._HEADING.search(line), line


@fuzz
@given(texts)
def test_sentences(text):
    with case("sentences"):
        found = sentences.split(text)
    position = 0
    for sentence in found:
        assert position <= sentence.begin <= sentence.end <= len(text)
        assert "\n" not in text[sentence.begin : sentence.end]
        position = sentence.end
    inside = covered(text, [(s.begin, s.end) for s in found])
    for section in sections.find(text):
        assert not LETTERS.search(inside, section.begin, section.end)


@fuzz
@given(texts)
def test_words(text):
    with case("words"):
        found = words.words(text)
    position = 0
    for word in found:
        assert position <= word.begin < word.end <= len(text)
        assert word.stem
        position = word.end
    assert not LETTERS.search(covered(text, [(w.begin, w.end) for w in found]))
    assert [(w.begin + 7, w.end + 7, w.stem) for w in found] == [
        (w.begin, w.end, w.stem) for w in words.words(text, offset=7)
    ]


@fuzz
@given(texts)
def test_assertions(text):
    with case("assertion"):
        reach = SentenceAssertions(text)
        for word in words.words(text)[:40]:
            traits = reach.traits(word.begin, word.end)
            assert list(traits) == [trait for trait in _ORDER if trait in traits]


@fuzz
@given(texts)
def test_the_patient(text):
    with case("patient"):
        age, sex, weeks = patient.stated_age(text), patient.stated_sex(text), patient.stated_weeks(text)
    assert age is None or 0 <= age <= 120
    assert sex in (None, "F", "M")
    assert weeks is None or 0 <= weeks < patient.MOST_WEEKS


@fuzz
@given(texts)
def test_deidentification(text):
    with case("deidentification"):
        without = deidentify(text, "salt")
    assert len(without.text) == len(text)
    spans = [(span.begin, span.end) for span in without.spans]
    assert covered(text, spans) == covered(without.text, spans)
    assert spans == sorted(spans)
    assert all(begin < end for begin, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
