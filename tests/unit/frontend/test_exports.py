import csv
import io
import json

from fake_api import ANSWER

from frontend import exports
from frontend.review import Decision, Review


def reviewed():
    review = Review(ANSWER["codes"], ANSWER["not_billed"])
    review.decide(Decision("accept", "E11.40"), Decision("replace", "I10", "I15.9", "Secondary hypertension"))
    review.add("R07.9", "Chest pain, unspecified")
    return review.final()


def test_the_list_is_one_code_a_line_in_billing_order():
    assert exports.as_list(reviewed()) == (
        "E11.40\tType 2 diabetes mellitus with diabetic neuropathy, unspecified\n"
        "I15.9\tSecondary hypertension\nR07.9\tChest pain, unspecified"
    )


def test_csv_holds_the_decisions():
    rows = list(csv.DictReader(io.StringIO(exports.as_csv("visit-1", reviewed()))))
    assert [(row["position"], row["code"], row["decision"]) for row in rows] == [
        ("1", "E11.40", "accept"),
        ("2", "I15.9", "replace"),
        ("3", "R07.9", "add"),
    ]
    assert rows[0]["evidence"] == "T2DM with neuropathy"


def test_csv_is_no_formula_for_a_spreadsheet():
    text = exports.as_csv('=HYPERLINK("x")', Review(ANSWER["codes"]).final())
    assert next(csv.DictReader(io.StringIO(text)))["note_id"] == '\'=HYPERLINK("x")'


def test_json_names_the_model_that_suggested():
    record = json.loads(exports.as_json("visit-1", reviewed(), ANSWER))
    assert record["model"]["version"] == "2026.11"
    assert record["codes"][1]["probability"] == 0.62


def test_fhir_holds_the_codes_after_the_decisions():
    bundle = json.loads(exports.as_fhir("visit-1", reviewed(), ANSWER))
    billed = [entry["resource"] for entry in bundle["entry"] if "category" in entry["resource"]]
    assert [condition["code"]["coding"][0]["code"] for condition in billed] == ["E11.40", "I15.9", "R07.9"]
    assert len(bundle["entry"]) == 3  # chest pain is billed now, and no longer refuted beside it
