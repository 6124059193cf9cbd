"""Every expected figure is worked out by hand in the comment beside it."""

import datetime as dt

import pytest

from chartcode.evaluation import Prediction, evaluate, gold_met, predicted
from chartcode.result import BilledCode, Candidate, ModelInfo, NoteResult

MODEL = ModelInfo(version="1", code_set="ICD-10-CM", code_set_release=dt.date(2026, 4, 1))


@pytest.mark.parametrize(
    ("code", "gold", "met"),
    [
        ("I10", {"I10"}, "I10"),
        ("E119", {"E11"}, "E11"),  # a header is met by what lies below it
        ("E11", {"E119"}, None),  # but not the other way round
        ("S72001A", {"S72", "S72001"}, "S72001"),  # the most specific one above
        ("E1165", {"E11", "E1165"}, "E1165"),
        ("J449", {"I10"}, None),
        ("J449", set(), None),
    ],
)
def test_gold_code_met(code, gold, met):
    assert gold_met(code, gold) == met


def test_micro_and_macro():
    exact, category = evaluate(
        [
            Prediction(("I10", "J44.9", "R05.9"), (), ("I10", "J44.1", "E11.9")),
            Prediction(("I10",), (), ("I10", "N18.3")),
        ]
    )
    # Exact: met I10, I10; wrong J44.9, R05.9; gold 5. Precision 2/4, recall 2/5, F1 4/9.
    assert exact.micro_precision == pytest.approx(2 / 4)
    assert exact.micro_recall == pytest.approx(2 / 5)
    assert exact.micro_f1 == pytest.approx(4 / 9)
    # Codes I10, J44.9, R05.9, J44.1, E11.9, N18.3: only I10 has F1 1.
    assert exact.macro_f1 == pytest.approx(1 / 6)
    # Category: met I10, J44, I10; wrong R05; gold 5. Precision 3/4, recall 3/5, F1 6/9.
    assert category.micro_precision == pytest.approx(3 / 4)
    assert category.micro_recall == pytest.approx(3 / 5)
    assert category.micro_f1 == pytest.approx(6 / 9)
    # Categories I10, J44, R05, E11, N18: two with F1 1.
    assert category.macro_f1 == pytest.approx(2 / 5)


def test_descendants_meet_a_header_once():
    exact, _ = evaluate([Prediction(("E11.9", "E11.65", "I10"), (), ("E11",))])
    # E11 met once, the second descendant neither right nor wrong, I10 wrong.
    assert exact.micro_precision == pytest.approx(1 / 2)
    assert exact.micro_recall == 1


def test_a_code_predicted_twice_counts_once():
    exact, _ = evaluate([Prediction(("I10", "i10", "J44.9", "J449"), (), ("I10",))])
    assert exact.micro_precision == pytest.approx(1 / 2)


def test_ranking():
    exact, category = evaluate([Prediction((), ("I10", "R05.9", "J44.9", "E11.9"), ("I10", "J44", "E78.5", "E11.65"))])
    # Hits at ranks 1 and 3 of 4 gold codes: (1/1 + 2/3) / 4.
    assert exact.map == pytest.approx((1 + 2 / 3) / 4)
    assert exact.precision_at == pytest.approx({1: 1, 5: 2 / 5, 8: 2 / 8, 10: 2 / 10, 15: 2 / 15})
    assert exact.recall_at == pytest.approx({1: 1 / 4, 5: 2 / 4, 8: 2 / 4, 10: 2 / 4, 15: 2 / 4})
    # Categories: gold I10, J44, E78, E11; hits at 1, 3, 4: (1 + 2/3 + 3/4) / 4.
    assert category.map == pytest.approx((1 + 2 / 3 + 3 / 4) / 4)


def test_recall_at_k_looks_no_further_than_k():
    ranking = ("A00", "A01", "A02", "A03", "A04", "I10")
    exact, _ = evaluate([Prediction((), ranking, ("I10",))])
    assert (exact.recall_at[5], exact.recall_at[8]) == (0, 1)


def test_a_note_without_gold_codes_counts_against_precision_only():
    exact, _ = evaluate([Prediction(("I10",), ("I10",), ()), Prediction(("I10",), ("I10",), ("I10",))])
    assert (exact.micro_precision, exact.micro_recall, exact.map) == (0.5, 1, 0.5)


def test_nothing_predicted_is_zero_not_an_error():
    exact, _ = evaluate([Prediction((), (), ("I10",))])
    assert (exact.micro_f1, exact.micro_precision, exact.macro_f1, exact.map) == (0, 0, 0, 0)


def test_no_notes_is_an_error():
    with pytest.raises(ValueError, match="no note"):
        evaluate([])


def test_intervals_are_seeded_and_hold_the_figure():
    predictions = [Prediction(("I10",), ("I10",), ("I10",)), Prediction(("J44.9",), ("J44.9",), ("E11.9",))] * 20
    first, _ = evaluate(predictions, seed=1)
    again, _ = evaluate(predictions, seed=1)
    assert first.intervals == again.intervals
    for name in ("micro_f1", "map"):
        interval = first.intervals[name]
        # Half of 40 notes are right: standard error sqrt(0.25 / 40) = 0.079, so about 0.5 +- 0.155.
        assert interval.low == pytest.approx(0.345, abs=0.03)
        assert interval.high == pytest.approx(0.655, abs=0.03)


def test_all_notes_right_leave_no_interval():
    exact, _ = evaluate([Prediction(("I10",), ("I10",), ("I10",))] * 5)
    assert (exact.intervals["micro_f1"].low, exact.intervals["micro_f1"].high) == (1, 1)


def result(candidates):
    billed = (
        BilledCode(code="I10", description="", probability=0.4, evidence=()),
        BilledCode(code="E11.9", description="", probability=0.9, evidence=()),
    )
    return NoteResult(codes=billed, entities=(), candidates=candidates, model=MODEL)


def test_levels():
    ranked = (
        Candidate(code="R05.9", probability=0.95, mentioned=True),
        Candidate(code="E11.9", probability=0.9, mentioned=True),
        Candidate(code="J44.9", probability=0.1, mentioned=False),
    )
    assert predicted(result(ranked), "entities", ["I10"]) == Prediction(
        ("R05.9", "E11.9"), ("R05.9", "E11.9", "J44.9"), ("I10",)
    )
    assert predicted(result(ranked), "codes", ["I10"]) == Prediction(
        ("E11.9", "I10"), ("E11.9", "I10", "R05.9", "J44.9"), ("I10",)
    )


def test_a_result_without_candidates_cannot_be_evaluated():
    with pytest.raises(ValueError, match="candidates=True"):
        predicted(result(None), "codes", ["I10"])


def test_two_descendants_of_one_gold_code_fill_one_rank():
    exact, _ = evaluate([Prediction(("E11.9", "E11.40"), ("E11.9", "E11.40", "I10"), ("E11", "I10"))])
    # Hits at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert exact.map == pytest.approx((1 + 2 / 3) / 2)
