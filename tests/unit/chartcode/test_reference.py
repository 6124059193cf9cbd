import pytest
from pydantic import ValidationError

from chartcode import artefact, reference
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.errors import ArtefactError
from chartcode.reference import Counts, Distribution, Reference

HALVES = Distribution(edges=(10.0,), shares=(0.5, 0.5))


def made(**changes):
    known = Reference(
        sources={"made up": 2},
        billed={"Heart": 0.75, "Skin": 0.25},
        mentioned={"Heart": 1.0},
        characters=HALVES,
        entities=HALVES,
        unknown_words=HALVES,
        auto_rate=0.5,
    )
    return known.model_copy(update=changes)


def counted(**changes):
    halves = {name: [150, 150] for name in ("characters", "entities", "unknown_words")}
    return Counts(**{"billed": {"Heart": 300}, "mentioned": {"Heart": 300}, **halves, **changes})


def test_the_index_of_two_mixes_by_hand():
    # (0.375 - 0.75) ln(0.375 / 0.75) + (0.625 - 0.25) ln(0.625 / 0.25) = 0.2599 + 0.3436
    assert reference.stability_index({"a": 0.75, "b": 0.25}, {"a": 15, "b": 25}) == pytest.approx(0.6035, abs=1e-4)
    assert reference.stability_index({"a": 3, "b": 1}, {"a": 30, "b": 10}) == pytest.approx(0)
    # What one side lacks counts as 0.0001: (0.5 - 1) ln 0.5 + (0.5 - 0.0001) ln(0.5 / 0.0001) = 0.3466 + 4.2577
    assert reference.stability_index({"a": 1}, {"a": 1, "b": 1}) == pytest.approx(4.6043, abs=1e-4)
    assert reference.stability_index({}, {"a": 1}) is None
    assert reference.stability_index({"a": 1}, {"a": 0}) is None


def test_a_distribution_is_over_deciles():
    found = Distribution.of(range(1, 101))
    assert found.edges == (11, 21, 31, 41, 51, 61, 71, 81, 91)
    assert found.shares == (0.1,) * 10
    assert found.count([0, 10.9, 11, 91, 1000]) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_a_distribution_of_few_values_has_fewer_bins():
    # Sorted 0 0 0 0 1 1 2 2 2 2: the deciles are 0, 1 and 2, and nothing lies below 0.
    found = Distribution.of([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    assert (found.edges, found.shares) == ((1, 2), (0.4, 0.2, 0.4))
    assert Distribution.of([3, 3]) == Distribution(edges=(), shares=(1.0,))


@pytest.mark.parametrize("wrong", [{"edges": (1,), "shares": (1,)}, {"edges": (2, 1), "shares": (0, 0, 1)}])
def test_bins_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValidationError):
        Distribution(**wrong)


def test_words_that_no_term_has_are_unknown():
    # gout, flare and zebra are content words; "the" and "12" are none.
    assert reference.unknown_share("The gout flare, 12 zebra.", {"gout", "flare"}) == pytest.approx(1 / 3)
    assert reference.unknown_share("12 34", set()) == 0


def test_drift_is_measured_of_each_figure():
    found = reference.drift(made(), counted(billed={"Heart": 225, "Skin": 75}, characters=[270, 30]))
    # (0.9 - 0.5) ln(0.9 / 0.5) + (0.1 - 0.5) ln(0.1 / 0.5) = 0.2351 + 0.6438
    assert found.model_dump() == {
        "billed": 0,
        "mentioned": 0,
        "characters": pytest.approx(0.8789, abs=1e-4),
        "entities": 0,
        "unknown_words": 0,
    }


def test_too_few_codes_or_notes_tell_nothing():
    found = reference.drift(made(), counted(billed={"Heart": 299}, characters=[150, 149]))
    assert (found.billed, found.characters, found.mentioned) == (None, None, 0)


def test_counts_of_batches_add_up():
    total = counted() + counted(billed={"Heart": 1, "Skin": 2}, characters=[1, 0])
    assert (total.billed, total.characters) == ({"Heart": 301, "Skin": 2}, [151, 150])


def test_a_chapter_is_named_by_its_title():
    codeset = CodeSet(artefact.locate() / CODESET_FILE)
    assert reference.chapter(codeset, "I10") == "Diseases of the circulatory system (I00-I99)"
    assert reference.chapter(codeset, "ZZZ") == reference.NOT_IN_THE_CODE_SET


def test_the_shipped_reference_is_whole():
    folder = artefact.locate()
    found = reference.load(folder)
    assert sum(found.sources.values()) >= reference.ENOUGH
    for shares in (found.billed, found.mentioned):
        assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    for name in ("characters", "entities", "unknown_words"):
        assert sum(getattr(found, name).shares) == pytest.approx(1, abs=1e-4)
    assert reference.FILE in artefact.read_manifest(folder).files


def test_an_artefact_without_a_reference_has_none_and_a_broken_one_is_an_error(tmp_path):
    assert reference.load(tmp_path) is None
    (tmp_path / reference.FILE).write_text("{}")
    with pytest.raises(ArtefactError, match=r"reference\.json cannot be read"):
        reference.load(tmp_path)
