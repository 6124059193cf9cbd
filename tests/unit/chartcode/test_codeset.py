import pytest

from chartcode.codeset import CodeSet, normalise
from chartcode.errors import ArtefactError, UnknownCodeError


@pytest.mark.parametrize(
    ("given", "code"), [("e119", "E11.9"), ("I10", "I10"), (" s72.001a ", "S72.001A"), ("A00-B99", "A00-B99")]
)
def test_normalise(given, code):
    assert normalise(given) == code


def test_a_code_has_its_place_and_notes(coder):
    code = coder.codeset.get("E11.9")
    assert (code.billable, code.category, code.parent, code.block) == (True, "E11", "E11", "E08-E13")
    assert coder.codeset.get("E11").children[0] == "E11.0"
    assert "high blood pressure" in coder.codeset.get("I10").includes


def test_a_block_named_like_its_category_is_no_loop(coder):
    assert (coder.codeset.get("B20").parent, coder.codeset.get("B20").billable) == ("1", True)


@pytest.mark.parametrize(
    ("given", "billable"),
    [
        ("I10", "I10"),
        ("E11", "E11.9"),
        ("J45", "J45.909"),
        ("S72.001", "S72.001A"),
        ("T14.8", "T14.8XXA"),
        ("R51", "R51.9"),
        ("I48", "I48.91"),
        ("F17.21", "F17.210"),
        ("T81.4XX", "T81.40XA"),
        ("Q99.ZZ", None),
        ("A00-B99", None),
    ],
)
def test_billable_code(coder, given, billable):
    assert coder.codeset.billable_code(given) == billable


def test_an_unknown_code_is_an_error_that_names_the_release(coder):
    with pytest.raises(UnknownCodeError, match="FY2026"):
        coder.codeset.get("ZZZ")


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(ArtefactError, match="git checkout"):
        CodeSet(tmp_path / "codeset.sqlite")
