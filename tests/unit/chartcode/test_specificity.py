"""The sibling that the words beside a mention support, on the shipped code set."""

import pytest

from chartcode.artefact import locate
from chartcode.codeset import FILE, CodeSet
from chartcode.specificity import Specificity


@pytest.fixture(scope="module")
def specificity():
    return Specificity(CodeSet(locate() / FILE))


@pytest.mark.parametrize(
    ("code", "sentence", "expected", "rule"),
    [
        ("M77.00", "Medial epicondylitis of the left elbow.", "M77.02", "laterality"),
        ("G56.00", "Bilateral carpal tunnel syndrome.", "G56.03", "laterality"),
        ("M25.569", "Right knee pain for two weeks.", "M25.561", "laterality"),
        ("S93.409A", "Left ankle sprain.", "S93.402A", "laterality"),
        ("L40.9", "Plaque psoriasis.", None, None),  # "Psoriasis vulgaris" is another word
        ("J45.909", "Asthma with acute exacerbation.", "J45.901", "with_convention"),
        ("F32.A", "Depression, stable.", None, None),
        ("I50.9", "Acute systolic heart failure.", "I50.21", "specificity"),
        ("N18.9", "CKD stage 4.", "N18.4", "specificity"),
        ("E11.9", "Type 2 diabetes with neuropathy.", "E11.40", "with_convention"),
        ("E11.9", "Type 2 diabetes, hypertension.", None, None),
        ("N20.0", "Kidney stone, now in the right ureter.", None, None),  # one stone, not two
        ("M77.00", "Medial epicondylitis.", None, None),
        ("M77.00", "Pain in the right and left elbow.", None, None),  # whose side?
        ("I10", "Right sided weakness, hypertension.", None, None),
        ("S52.531A", "Colles fracture of the right radius, healing well.", "S52.531D", "later_encounter"),
        ("S52.531A", "Colles fracture of the right radius.", None, None),
    ],
)
def test_refine(specificity, code, sentence, expected, rule):
    assert specificity.refine(code, [sentence]) == (None if expected is None else (expected, rule))


@pytest.mark.parametrize(
    ("code", "weeks", "expected"),
    [
        ("O13.9", 13, ("O13.1", "trimester")),
        ("O13.9", 14, ("O13.2", "trimester")),
        ("O13.9", 27, ("O13.2", "trimester")),
        ("O13.9", 28, ("O13.3", "trimester")),
        ("O13.9", None, None),
        ("M54.50", 28, None),  # no code of pregnancy
    ],
)
def test_trimester(specificity, code, weeks, expected):
    assert specificity.refine(code, ["Gestational hypertension."], weeks) == expected
