"""Edits between codes, on the shipped code set; the expected bills follow the guideline sections by hand."""

import pytest

from chartcode.artefact import locate
from chartcode.codeset import FILE, CodeSet
from chartcode.edits import Editor, Line, _named


@pytest.fixture(scope="module")
def editor():
    return Editor(CodeSet(locate() / FILE))


def lines(*codes):
    return [Line(code, 0.9 - i / 100, ((10 * i, 10 * i + 5),)) for i, code in enumerate(codes)]


def bill(editor, *codes, age=None, sex=None):
    kept, dropped = editor.apply(lines(*codes), age, sex)
    return [line.code for line in kept], {each.line.code: each.rule for each in dropped}


@pytest.mark.parametrize(
    ("stated", "billed"),
    [
        (("I10", "I50.9"), ["I11.0", "I50.9"]),
        (("I10", "N18.30"), ["I12.9", "N18.30"]),
        (("I10", "N18.6"), ["I12.0", "N18.6"]),
        (("I10", "I50.9", "N18.30"), ["I13.0", "I50.9", "N18.30"]),
        (("E11.9", "N18.4"), ["E11.22", "N18.4"]),
        (("E11.9", "I10"), ["E11.9", "I10"]),
        (("I25.10", "I20.0"), ["I25.110"]),
        (("N20.0", "N20.1"), ["N20.2"]),
    ],
)
def test_combination_codes(editor, stated, billed):
    assert bill(editor, *stated)[0] == billed


def test_a_combination_names_its_guideline(editor):
    kept, _ = editor.apply(lines("I10", "I50.9"), None, None)
    assert kept[0].edits == ("hypertension_heart",)


@pytest.mark.parametrize(
    ("stated", "billed"),
    [
        (("J12.82",), ["U07.1", "J12.82"]),  # code first COVID-19
        (("J12.82", "U07.1"), ["U07.1", "J12.82"]),
        (("E11.22",), ["E11.22"]),  # its note asks for a stage, N18.1 to N18.6, and none is known
        (("I12.9",), ["I12.9", "N18.9"]),
        (("I10", "E11.22"), ["I12.9", "E11.22", "N18.9"]),
        (("I10", "E11.22", "N18.4"), ["I12.9", "E11.22", "N18.4"]),
        (("I11.0",), ["I11.0", "I50.9"]),
        (("J18.9",), ["J18.9"]),
    ],
)
def test_a_code_that_never_stands_alone_has_its_companion(editor, stated, billed):
    assert bill(editor, *stated)[0] == billed


def test_symptoms_integral_to_a_diagnosis_go(editor):
    assert bill(editor, "J18.9", "R05.9", "R21") == (["J18.9", "R21"], {"R05.9": "integral_symptom"})


@pytest.mark.parametrize(
    ("stated", "billed"),
    [
        (("D64.9", "D50.9"), ["D50.9"]),  # anemia; iron deficiency anemia
        (("E11.9", "E11.40"), ["E11.40"]),
        (("I10", "I27.20"), ["I10", "I27.20"]),  # essential hypertension is no part of pulmonary hypertension
        (("C50.919", "Z85.3"), ["C50.919", "Z85.3"]),
    ],
)
def test_the_more_specific_code_of_a_condition_stays(editor, stated, billed):
    assert bill(editor, *stated)[0] == billed


def test_excludes1_keeps_the_stronger_code(editor):
    # R42 Excludes1: vertiginous syndromes (H81.-); a symptom yields to a diagnosis.
    assert bill(editor, "R42", "H81.10") == (["H81.10"], {"R42": "excludes1"})
    # E11 Excludes1: type 1 diabetes mellitus (E10.-): the likelier stays.
    assert bill(editor, "E11.9", "E10.9") == (["E11.9"], {"E10.9": "excludes1"})


def test_excludes2_does_not_exclude(editor):
    # J44 Excludes2: bronchiectasis (J47.-): both may be there.
    assert bill(editor, "J44.9", "J47.9")[1] == {}


@pytest.mark.parametrize(
    ("code", "age", "sex", "rule"),
    [
        ("N40.0", 60, "F", "sex_conflict"),
        ("C56.9", 60, "M", "sex_conflict"),
        ("O80", 70, "F", "age_conflict"),
        ("P59.9", 30, "F", "age_conflict"),
        ("N40.0", 60, "M", None),
        ("N40.0", None, None, None),
    ],
)
def test_sex_and_age(editor, code, age, sex, rule):
    assert bill(editor, code, age=age, sex=sex)[1] == ({code: rule} if rule else {})


def test_sequence(editor):
    # External causes last, history codes before them, symptoms after diagnoses; else as the note states them.
    stated = ("W19.XXXA", "Z85.3", "R42", "S93.401A", "I10")
    assert bill(editor, *stated)[0] == ["S93.401A", "I10", "R42", "Z85.3", "W19.XXXA"]


def test_code_first(editor):
    # L97 Code first: any associated underlying condition, such as type 2 diabetes mellitus (E11.621).
    kept, _ = editor.apply(lines("L97.419", "E11.621"), None, None)
    assert [(line.code, line.edits) for line in kept] == [("E11.621", ("code_first",)), ("L97.419", ())]


def test_use_additional(editor):
    # N39.0 Use additional code (B95-B97), to identify infectious agent.
    kept, _ = editor.apply(lines("B96.20", "I10", "N39.0"), None, None)
    assert [(line.code, line.edits) for line in kept] == [
        ("I10", ()),
        ("N39.0", ()),
        ("B96.20", ("use_additional",)),
    ]


@pytest.mark.parametrize(
    ("code", "note", "named"),
    [
        ("E10.9", "type 1 diabetes mellitus (E10.-)", True),
        ("E11.9", "type 1 diabetes mellitus (E10.-)", False),
        ("I21.3", "ischemic heart disease (I20-I25)", True),
        ("I26.9", "ischemic heart disease (I20-I25)", False),
        ("N18.5", "stage (N18.5, N18.6)", True),
        ("N18.4", "stage (N18.5, N18.6)", False),
        ("M54.9", "back pain (M54.9)", True),
    ],
)
def test_codes_named_in_notes(code, note, named):
    assert _named(code, note) is named
