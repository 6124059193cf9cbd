"""Figures worked out by hand."""

import pytest

from chartcode.evaluation import Prediction, evaluate, gold_met


def test_a_gold_header_is_met_by_a_descendant():
    assert gold_met("T148XXA", {"T148"}) == "T148"
    assert gold_met("E119", {"E11", "E1"}) == "E11"
    assert gold_met("E11", {"E119"}) is None


def test_micro_macro_and_ranks():
    predictions = [
        # met I10; missed E11.9; wrong J45.909
        Prediction(("I10", "J45.909"), ("I10", "J45.909", "E11.9"), ("I10", "E11.9")),
        # met J18.9
        Prediction(("J18.9",), ("R05.9", "J18.9"), ("J18.9",)),
    ]
    exact, category = evaluate(predictions)
    assert exact.micro_precision == pytest.approx(2 / 3)
    assert exact.micro_recall == pytest.approx(2 / 3)
    assert exact.micro_f1 == pytest.approx(2 / 3)
    # codes I10 (1), J18.9 (1), E11.9 (0), J45.909 (0)
    assert exact.macro_f1 == pytest.approx(2 / 4)
    # note 1: (1/1 + 2/3) / 2; note 2: (1/2) / 1
    assert exact.map == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2) / 2)
    assert exact.precision_at[5] == pytest.approx((2 / 5 + 1 / 5) / 2)
    assert exact.recall_at[5] == pytest.approx(1.0)
    assert category.micro_f1 == pytest.approx(2 / 3)


def test_two_descendants_of_one_gold_code_are_one_hit_and_no_error():
    exact, _ = evaluate([Prediction(("E11.9", "E11.40"), ("E11.9", "E11.40"), ("E11",))])
    assert (exact.micro_precision, exact.micro_recall, exact.map) == (1, 1, 1)


def test_category_level_merges_codes_of_a_category():
    exact, category = evaluate([Prediction(("E11.40",), ("E11.40",), ("E11.9",))])
    assert (exact.micro_f1, category.micro_f1) == (0, 1)


def test_two_halves_equal_the_whole():
    one = Prediction(("I10",), ("I10",), ("I10", "E11.9"))
    whole, _ = evaluate([one, one])
    half, _ = evaluate([one])
    assert whole.micro_f1 == pytest.approx(half.micro_f1)


def test_the_interval_holds_the_figure_and_repeats():
    notes = [Prediction(("I10",), ("I10",), ("I10",))] * 5 + [Prediction(("I10",), ("I10",), ("J18.9",))] * 5
    first, second = evaluate(notes, seed=3)[0], evaluate(notes, seed=3)[0]
    interval = first.intervals["micro_f1"]
    assert interval == second.intervals["micro_f1"]
    assert interval.low < first.micro_f1 < interval.high


def test_no_notes_is_an_error():
    with pytest.raises(ValueError, match="no note"):
        evaluate([])
