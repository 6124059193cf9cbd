import datetime as dt
import json

import pytest
from fhir.resources.R4B.bundle import Bundle

from chartcode import fhir
from chartcode.result import BilledCode, Edit, Evidence, ModelInfo, NotBilledCode, NoteResult

MODEL = ModelInfo(version="2026.1", code_set="ICD-10-CM FY2026", code_set_release=dt.date(2026, 4, 1))


def evidence(text, begin=0):
    return (Evidence(begin=begin, end=begin + len(text), text=text),)


def billed(code="I10", description="Essential (primary) hypertension", edits=()):
    return BilledCode(code=code, description=description, probability=0.98, evidence=evidence("HTN", 12), edits=edits)


def not_billed(rule, code="R07.9", description="Chest pain, unspecified"):
    edit = Edit(rule=rule, guideline="IV.J", reason="Because.")
    return NotBilledCode(code=code, description=description, probability=0.1, evidence=evidence("pain"), edit=edit)


def result(*codes, **more):
    return NoteResult(
        codes=tuple(each for each in codes if isinstance(each, BilledCode)),
        not_billed=tuple(each for each in codes if isinstance(each, NotBilledCode)),
        entities=(),
        model=MODEL,
        **more,
    )


def conditions(bundle):
    """The Conditions of a bundle, which must be R4 as it stands."""
    read = Bundle.model_validate(bundle)
    assert json.loads(read.model_dump_json()) == bundle
    return [entry["resource"] for entry in bundle.get("entry", [])]


def coded(concept):
    return concept["coding"][0]["code"]


def test_a_billed_code_is_an_unconfirmed_encounter_diagnosis_with_its_evidence():
    (condition,) = conditions(fhir.bundle(result(billed(), id="visit-1")))
    assert condition["code"]["coding"] == [
        {
            "system": "http://hl7.org/fhir/sid/icd-10-cm",
            "version": "2026-04-01",
            "code": "I10",
            "display": "Essential (primary) hypertension",
        }
    ]
    assert coded(condition["clinicalStatus"]) == "active"
    assert coded(condition["verificationStatus"]) == "unconfirmed"
    assert coded(condition["category"][0]) == "encounter-diagnosis"
    assert condition["subject"] == {"display": "Patient of note visit-1"}
    assert condition["extension"] == [{"url": "urn:chartcode:probability", "valueDecimal": 0.98}]
    (words,) = condition["evidence"]
    assert words["code"] == [{"text": "HTN"}]
    assert words["extension"][0]["extension"] == [
        {"url": "begin", "valueUnsignedInt": 12},
        {"url": "end", "valueUnsignedInt": 15},
    ]


@pytest.mark.parametrize(
    ("code", "clinical", "verification"),
    [
        (not_billed("negated"), None, "refuted"),
        (not_billed("uncertain_diagnosis"), "active", "provisional"),
        (not_billed("history_without_code"), "inactive", "unconfirmed"),
        (not_billed("problems_of_encounter"), "active", "unconfirmed"),
        (not_billed("problems_of_encounter", "Z87.01", "Personal history of pneumonia"), "inactive", "unconfirmed"),
        (billed("Z85.3", "Personal history of malignant neoplasm of breast"), "inactive", "unconfirmed"),
        (billed("Z80.3", "Family history of malignant neoplasm of breast"), "active", "unconfirmed"),
    ],
)
def test_a_condition_has_the_status_that_the_note_gives_it(code, clinical, verification):
    (condition,) = conditions(fhir.bundle(result(code)))
    assert coded(condition["verificationStatus"]) == verification
    assert (coded(condition["clinicalStatus"]) if "clinicalStatus" in condition else None) == clinical
    assert ("category" in condition) == isinstance(code, BilledCode)


@pytest.mark.parametrize(
    "code",
    [
        not_billed("relatives_condition"),
        not_billed("hypothetical"),
        not_billed("problems_of_encounter", "Z80.3", "Family history of malignant neoplasm of breast"),
    ],
)
def test_relatives_and_fears_give_no_condition(code):
    bundle = fhir.bundle(result(code))
    assert conditions(bundle) == []
    assert "entry" not in bundle


def test_notes_say_which_rule_touched_a_code():
    edit = Edit(rule="laterality", guideline="I.B.13", reason="The side is stated.")
    first, second = conditions(fhir.bundle(result(billed(edits=(edit,)), not_billed("negated"))))
    assert first["note"] == [{"text": "The side is stated. (I.B.13)"}]
    assert second["note"] == [{"text": "Not billed: Because. (IV.J)"}]


def test_the_bundle_names_note_model_and_release():
    bundle = fhir.bundle(result(billed()), note_id="n-7")
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert bundle["identifier"]["value"] == "n-7"
    assert [tag["code"] for tag in bundle["meta"]["tag"]] == ["2026.1", "2026-04-01"]


def test_identifiers_are_stable_within_a_note_and_differ_between_notes():
    both = result(billed(), billed("M10.9", "Gout, unspecified"))
    ids = [[each["id"] for each in conditions(fhir.bundle(both, note))] for note in ("a", "a", "b", None, None)]
    assert ids[0] == ids[1]
    assert len({identifier for each in ids for identifier in each}) == 8


def test_the_coder_s_answer_is_a_bundle(coder):
    text = (
        "Denies chest pain. Mother had breast cancer.\nASSESSMENT:\n1. Essential hypertension.\n2. Possible pneumonia."
    )
    found = conditions(fhir.bundle(coder.code(text)))
    assert {coded(each["code"]): coded(each["verificationStatus"]) for each in found} == {
        "I10": "unconfirmed",
        "J18.9": "provisional",
        "R07.9": "refuted",
    }
