import pytest

from chartcode import hierarchy
from chartcode.errors import UnknownCodeError


def codes(found):
    return [each.code for each in found]


def test_a_billable_code_has_its_line_and_the_notes_of_every_level(coder):
    found = hierarchy.explain(coder.codeset, "e119")
    assert (found.code, found.billable, found.parent) == ("E11.9", True, "E11")
    assert codes(found.ancestors) == ["4", "E08-E13", "E11"]
    assert found.excludes1 == ("type 2 diabetes mellitus, without complications in remission (E11.A)",)
    assert codes(found.inherited) == ["E11", "4"]
    category = found.inherited[0]
    assert "type 1 diabetes mellitus (E10.-)" in category.excludes1
    assert category.use_additional[:2] == (
        "code to identify control using:",
        "injectable non-insulin antidiabetic drugs (Z79.85)",
    )
    assert (found.children, found.billable_children) == ((), None)


def test_a_header_has_its_children_and_every_billable_code_below(coder):
    found = hierarchy.explain(coder.codeset, "I48")
    assert [(each.code, each.billable) for each in found.children] == [
        ("I48.0", True),
        ("I48.1", False),
        ("I48.2", False),
        ("I48.3", True),
        ("I48.4", True),
        ("I48.9", False),
    ]
    assert codes(found.billable_children) == [
        *("I48.0", "I48.11", "I48.19", "I48.20", "I48.21", "I48.3", "I48.4", "I48.91", "I48.92")
    ]


def test_blocks_and_chapters_can_be_walked(coder):
    block = hierarchy.explain(coder.codeset, "I10-I1A")
    assert (block.parent, block.children[0].code, block.category) == ("9", "I10", None)
    chapter = hierarchy.explain(coder.codeset, "19")
    assert (chapter.ancestors, chapter.children[0].code) == ((), "S00-S09")
    assert len(chapter.billable_children) == hierarchy.MAX_BILLABLE_CHILDREN


def test_the_seventh_character_is_explained_where_it_is_defined(coder):
    assert hierarchy.explain(coder.codeset, "S72").seventh_character["A"] == "initial encounter for closed fracture"


def test_chapters_come_in_order(coder):
    chapters = hierarchy.chapters(coder.codeset).chapters
    assert codes(chapters) == [str(number) for number in range(1, 23)]
    assert chapters[8].description == "Diseases of the circulatory system (I00-I99)"


def test_an_unknown_code_has_no_place(coder):
    with pytest.raises(UnknownCodeError):
        hierarchy.explain(coder.codeset, "ZZZ")
