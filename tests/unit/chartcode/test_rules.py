import pytest

from chartcode import rules
from chartcode.errors import RuleFileError
from chartcode.text import words


@pytest.mark.parametrize("schema", list(rules._FILES))
def test_every_rule_file_follows_its_schema(schema):
    assert rules.load(schema)


def test_an_unknown_key_is_named():
    content = b'{"cues": [{"cue": "no", "direction": "forward", "asertion": "NEGATION"}]}'
    with pytest.raises(RuleFileError, match=r"assertion\.json.*\n?.*asertion"):
        rules.parse(rules.Cues, "assertion.json", content)


def test_lay_terms_point_to_billable_codes(coder):
    for each in rules.load(rules.LayTerms).terms:
        assert coder.codeset.get(each.code).billable, each.term


def test_history_codes_are_billable(coder):
    edits = rules.load(rules.Edits)
    for each in (*edits.personal_history, *edits.family_history):
        assert coder.codeset.get(each.code).billable, each.condition


def test_each_cue_stands_once_for_each_direction():
    cues = [(cue.cue, cue.direction) for cue in rules.load(rules.Cues).cues]
    assert len(cues) == len(set(cues))


def test_every_abbreviation_is_read_as_one_word():
    for each in rules.load(rules.Abbreviations).abbreviations:
        assert len(words(each.form)) == 1, each.form
