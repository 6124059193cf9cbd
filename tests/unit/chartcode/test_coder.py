import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartcode import MAX_NOTE_CHARACTERS, Note, NoteRejected

NOTE = """CHIEF COMPLAINT: Follow-up.
HISTORY: 64-year-old woman with HTN. Denies chest pain. Mother had breast cancer.
ASSESSMENT:
1. Essential hypertension.
2. Hypothyroidism.
3. Possible pneumonia.
"""


def codes(result):
    return [each.code for each in result.codes]


def test_only_affirmed_problems_of_the_encounter_are_billed_in_their_order(coder):
    assert codes(coder.code(NOTE)) == ["I10", "E03.9"]


def test_every_mention_is_an_entity_with_its_traits(coder):
    found = {entity.text.lower(): entity.traits for entity in coder.code(NOTE).entities}
    assert "NEGATION" in found["chest pain"]
    assert found["breast cancer"] == ("PERTAINS_TO_FAMILY",)
    assert found["pneumonia"] == ("LOW_CONFIDENCE",)
    assert found["htn"] == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Assessment: HTN", "I10"),
        ("Assessment: heart attack", "I21.9"),
        ("Assessment: COPD exacerbation", "J44.1"),
        ("Assessment: kidney stones", "N20.0"),
        ("Assessment: hypothyroidsm", "E03.9"),
        ("Assessment: Major depressive disorder, recurrent, moderate", "F33.1"),
    ],
)
def test_abbreviations_lay_words_and_misspellings(coder, text, code):
    assert code in codes(coder.code(text))


def test_evidence_is_in_the_note(coder):
    text = "😀 Assessment:\n- Asthma\n- Gout"
    for code in coder.code(text).codes:
        for evidence in code.evidence:
            assert text[evidence.begin : evidence.end] == evidence.text


def test_the_ranking_is_given_on_request_best_first(coder):
    assert coder.code(NOTE).candidates is None
    ranking = coder.code(NOTE, candidates=True).candidates
    probabilities = [each.probability for each in ranking]
    assert probabilities == sorted(probabilities, reverse=True)
    mentioned = [each.mentioned for each in ranking]
    assert mentioned == sorted(mentioned, reverse=True)
    assert ranking[0].mentioned


def test_coding_is_deterministic(coder):
    assert coder.code(NOTE, candidates=True) == coder.code(NOTE, candidates=True)


def test_code_many_keeps_order_and_ids(coder):
    notes = [Note(id="b", text="Assessment: gout"), Note(id="a", text="Assessment: asthma")]
    assert [result.id for result in coder.code_many(notes)] == ["b", "a"]


def test_a_long_note_is_read_to_its_end(coder):
    text = "The patient was seen in clinic and is doing well today.\n" * 1500 + "Assessment: Gout."
    assert "M10.9" in codes(coder.code(text))


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("12 / 34 ...", "empty"), ("a\x00b", "not_text")])
def test_what_is_no_note_is_rejected(coder, text, reason):
    with pytest.raises(NoteRejected) as error:
        coder.code(text)
    assert error.value.reason == reason


def test_a_note_that_is_too_long_is_rejected_without_an_echo(coder):
    with pytest.raises(NoteRejected, match="200000") as error:
        coder.code("secret " * (MAX_NOTE_CHARACTERS // 7 + 1))
    assert "secret" not in str(error.value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_any_text_is_coded_or_rejected(coder, text):
    try:
        result = coder.code(text)
    except NoteRejected:
        return
    for entity in result.entities:
        assert text[entity.begin : entity.end] == entity.text


def test_a_symptom_integral_to_a_diagnosis_is_not_billed(coder):
    assert codes(coder.code("Assessment: Pneumonia. Cough.")) == ["J18.9"]


def test_a_past_cancer_is_billed_as_history(coder):
    result = coder.code("Assessment: History of breast cancer.")
    assert codes(result) == ["Z85.3"]
    assert result.codes[0].edits[0].guideline == "I.C.21.c.4"


def test_a_family_mention_alone_bills_the_family_history_code(coder):
    assert codes(coder.code("Impression: Mother had breast cancer.")) == ["Z80.3"]
