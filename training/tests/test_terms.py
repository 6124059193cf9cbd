"""The terms that notes are searched for, and our index of wordings among them."""

import simple_icd_10_cm as icd

from training import terms


def test_every_code_of_the_index_exists_and_stands_once():
    codes = [entry.code for entry in terms.index().codes]
    assert codes == sorted(set(codes))
    assert [code for code in codes if not icd.is_category_or_subcategory(code)] == []


def test_a_wording_of_the_index_stands_for_one_code():
    wordings = [text.lower() for entry in terms.index().codes for text in entry.terms]
    assert len(wordings) == len(set(wordings)) > 30_000
    assert [text for text in wordings if text != " ".join(text.split()) or len(text) < 3] == []


def test_common_wordings_lead_to_their_codes():
    found = {text: entry.code for entry in terms.index().codes for text in entry.terms}
    expected = {"hypertensive values": "R03.0", "exertional syncope": "R55", "hypophosphatemia": "E83.39"}
    assert {text: found[text] for text in expected} == expected


def test_a_nonbillable_code_of_the_index_is_searched_under_its_default_child():
    term = next(each for each in terms.terms() if each.text.lower() == "joint limitation")
    assert (term.code, term.kind, term.depth) == ("M25.60", terms.INDEX, 0)


def test_stems_of_a_code_are_those_of_all_its_terms():
    stems = terms.stems_of(
        terms.build_index(
            [
                terms.Term("Essential hypertension", "I10", terms.DESCRIPTION, 0),
                terms.Term("high blood pressure", "I10", terms.LAY, 0),
                terms.Term("Gout, unspecified", "M10.9", terms.DESCRIPTION, 0),
            ]
        )
    )
    assert stems == {
        "I10": frozenset({"essenti", "hypertens", "high", "blood", "pressur"}),
        "M10.9": frozenset({"gout"}),
    }


def test_an_abbreviation_in_a_term_is_spelled_out_as_in_a_note():
    index = terms.build_index([terms.Term("CKD 3", "N18.30", terms.INDEX, 0)])
    assert sorted(index.vocabulary) == ["3", "chronic", "diseas", "kidney"]
