"""Selection, with billing trees that say what the test wants; on the shipped code set."""

import numpy as np
import pytest

from chartcode.artefact import locate
from chartcode.billing import Biller, Encounter, Thresholds
from chartcode.billing_features import BILLING_FEATURES, BillingFeatures
from chartcode.candidates import Match
from chartcode.codeset import FILE, CodeSet
from chartcode.features import Context
from chartcode.mentions import ScoredCode
from chartcode.sentences import split

NOTE = """HPI: Reports cough. Takes pills for gout.
Assessment:
1. HTN
2. Possible pneumonia.
- The cough is from the weather, as said.
"""


class FixedTrees:
    def __init__(self, probabilities):
        self._probabilities = probabilities

    def predict(self, features):
        return np.array(self._probabilities[: len(features)])


@pytest.fixture(scope="module")
def codeset():
    return CodeSet(locate() / FILE)


def scored(codeset, code, words, *, traits=(), probability=0.9, note=NOTE):
    spans, contexts, at = [], [], note.find(words)
    while at >= 0:
        spans.append((at, at + len(words)))
        section = next(s.section for s in split(note) if s.begin <= at < s.end)
        contexts.append(Context(section, traits))
        at = note.find(words, at + 1)
    return ScoredCode(code, codeset.description(code), probability, Match(code), tuple(spans), tuple(contexts))


def bill(codeset, mentioned, probabilities, note=NOTE):
    biller = Biller(codeset, FixedTrees(probabilities), Thresholds(mentioned=0.3, billed=0.5, auto=0.9))
    return biller.bill(mentioned, Encounter(note, split(note), 60, "F"))


def test_probability_decides_and_routes(codeset):
    mentioned = [scored(codeset, "I10", "HTN"), scored(codeset, "M10.9", "gout"), scored(codeset, "R05.9", "cough")]
    billed, not_billed = bill(codeset, mentioned, [0.95, 0.6, 0.2])
    assert [(each.code, each.route) for each in billed] == [("M10.9", "review"), ("I10", "auto")]
    assert [(each.code, each.edit.rule) for each in not_billed] == [("R05.9", "low_confidence")]


def test_mentions_that_overlap_but_have_a_word_each_are_two(codeset):
    note = "Assessment: DM2, CKD 3."
    mentioned = [
        scored(codeset, "E11.22", "DM2, CKD", note=note),
        scored(codeset, "N18.30", "CKD 3", note=note),
        scored(codeset, "E11.9", "DM2", note=note),
    ]
    billed, not_billed = bill(codeset, mentioned, [0.9, 0.8, 0.7], note)
    assert [each.code for each in billed] == ["E11.22", "N18.30"]
    assert [(each.code, each.edit.rule) for each in not_billed] == [("E11.9", "one_code_a_mention")]


def test_an_unlikely_code_is_billed_or_forgotten(codeset):
    mentioned = [
        scored(codeset, "I10", "HTN", probability=0.2),
        scored(codeset, "M10.9", "gout", probability=0.2),
        scored(codeset, "J18.9", "pneumonia", probability=0.2, traits=("NEGATION",)),
    ]
    billed, not_billed = bill(codeset, mentioned, [0.6, 0.4, 0.6])
    assert [each.code for each in billed] == ["I10"]
    assert not_billed == ()


def test_what_is_not_assessed_is_named_so(codeset):
    _, not_billed = bill(codeset, [scored(codeset, "M10.9", "gout")], [0.1])
    assert (not_billed[0].edit.rule, not_billed[0].edit.guideline) == ("problems_of_encounter", "IV.G, IV.J")
    assert not_billed[0].evidence[0].text == "gout"


@pytest.mark.parametrize(
    ("trait", "rule"),
    [
        ("NEGATION", "negated"),
        ("LOW_CONFIDENCE", "uncertain_diagnosis"),
        ("HYPOTHETICAL", "hypothetical"),
        ("PERTAINS_TO_FAMILY", "relatives_condition"),
        ("HISTORICAL", "history_without_code"),
    ],
)
def test_no_probability_bills_what_the_note_does_not_affirm(codeset, trait, rule):
    billed, not_billed = bill(codeset, [scored(codeset, "J18.9", "pneumonia", traits=(trait,))], [0.99])
    # Pneumonia has a history code (Z87.01); nobody's family history of it has one.
    assert [each.code for each in billed] == (["Z87.01"] if trait == "HISTORICAL" else [])
    assert [each.edit.rule for each in not_billed] == ([] if trait == "HISTORICAL" else [rule])


def test_one_code_a_mention(codeset):
    mentioned = [scored(codeset, "I10", "HTN"), scored(codeset, "I1A.0", "HTN", probability=0.7)]
    billed, not_billed = bill(codeset, mentioned, [0.9, 0.8])
    assert [each.code for each in billed] == ["I10"]
    assert not_billed[0].edit.rule == "one_code_a_mention"


def test_features(codeset):
    mentioned = [scored(codeset, "I10", "HTN"), scored(codeset, "R05.9", "cough", probability=0.8)]
    rows = BillingFeatures().extract(mentioned, NOTE)
    assert rows.shape == (2, len(BILLING_FEATURES))
    hypertension, cough = (dict(zip(BILLING_FEATURES, row.tolist(), strict=True)) for row in rows)
    assert (hypertension["opens_line"], hypertension["line_share"], hypertension["listed"]) == (1, 1, 1)
    assert (hypertension["symptom"], cough["symptom"]) == (0, 1)
    assert (cough["mentions"], cough["in_problems"], cough["in_history"]) == (2, 1, 1)
    # "cough weather said" has three content words ("as", "from", "the", "is" are none).
    assert cough["line_share"] == pytest.approx(1 / 3)
    assert (cough["with_problems"], cough["codes_in_problems"], cough["confirmed_in_problems"]) == (1, 2, 1)


def test_no_mentions():
    assert BillingFeatures().extract([], NOTE).shape == (0, len(BILLING_FEATURES))
