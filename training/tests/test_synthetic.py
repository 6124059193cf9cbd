import json

import pytest
import simple_icd_10_cm as icd

from chartcode.errors import RuleFileError
from chartcode.rules import parse
from training.synthetic import Generator, phrases
from training.synthetic.schema import Conditions, Templates, load


@pytest.fixture(scope="module")
def vocabulary():
    return phrases()


@pytest.fixture(scope="module")
def notes(vocabulary):
    return Generator(vocabulary, seed=11).notes(300)


def test_conditions_are_billable_and_spread_over_the_chapters():
    codes = [condition.code for condition in load(Conditions).conditions]
    assert len(codes) == len(set(codes)) >= 200
    assert [code for code in codes if not icd.is_leaf(code)] == []
    assert {code[0] for code in codes} >= set("ABCDEFGHIJKLMNOPQRSTZ")


def test_a_phrase_stands_for_one_code(vocabulary):
    texts = [phrase.text.lower() for phrase in vocabulary]
    assert len(texts) == len(set(texts))


def test_offsets_point_at_the_mentions(notes, vocabulary):
    known = {(phrase.text.lower(), phrase.code) for phrase in vocabulary}
    mentions = [(note.text[m.begin : m.end], m.code) for note in notes for m in note.mentions]
    assert all(text and text == text.strip() for text, _ in mentions)
    # The rest has a typing error or is turned round.
    assert sum((text.lower(), code) in known for text, code in mentions) / len(mentions) > 0.85


def test_every_code_is_billable_and_has_a_mention(notes):
    for note in notes:
        assert set(note.codes) == {mention.code for mention in note.mentions}
        assert all(icd.is_leaf(code) for code in note.codes)


def test_only_affirmed_problems_are_billed(notes):
    assert all(note.billed for note in notes)
    for note in notes:
        affirmed = {mention.code for mention in note.mentions if mention.assertion == "affirmed"}
        assert set(note.billed) <= affirmed


def test_every_assertion_occurs_with_its_cue(notes):
    found = {mention.assertion for note in notes for mention in note.mentions}
    assert found == {"affirmed", "negated", "uncertain", "family", "historical", "hypothetical"}
    cues = ("no ", "denies", "without", "negative", "ruled out")
    for note in notes:
        for mention in note.mentions:
            if mention.assertion == "negated":
                around = note.text[max(0, mention.begin - 120) : mention.end + 20].lower()
                assert any(cue in around for cue in cues), around


def test_no_slot_is_left_open(notes):
    assert [note.id for note in notes if "{" in note.text or "}" in note.text] == []


def test_sex_and_age_fit_the_problems(notes):
    for note in notes:
        if note.sex == "M":
            assert not any(code.startswith(("O", "N80", "D25")) for code in note.billed)
        else:
            assert not any(code.startswith(("N40", "C61")) for code in note.billed)
        if note.age > 0:
            assert not any(code.startswith("P") for code in note.billed)


def test_the_seed_decides(vocabulary):
    first, again, other = (Generator(vocabulary, seed).notes(5) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_notes_differ(notes):
    assert len({note.text for note in notes}) == len(notes)
    assert len({code for note in notes for code in note.codes}) > 400


def test_a_layout_with_an_unknown_part_is_refused():
    templates = load(Templates).model_dump()
    templates["layouts"] = [["HPI", "openings", "nonsense"]]
    with pytest.raises(RuleFileError, match="nonsense"):
        parse(Templates, "templates.json", json.dumps(templates).encode())
