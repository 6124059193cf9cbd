from frontend.review import MAX_EVIDENCE, Decision, Review

SUGGESTED = [
    {"code": "E11.9", "description": "Diabetes", "probability": 0.9, "route": "auto", "evidence": []},
    {
        "code": "I10",
        "description": "Hypertension",
        "probability": 0.6,
        "route": "review",
        "evidence": [{"begin": at, "end": at + 1, "text": "x"} for at in range(MAX_EVIDENCE + 5)],
    },
]


def codes(review):
    return [(code.code, code.decision) for code in review.final()]


def test_codes_stand_until_they_are_rejected():
    review = Review(SUGGESTED)
    assert codes(review) == [("E11.9", None), ("I10", None)]
    review.decide(Decision("reject", "E11.9"), Decision("accept", "I10"))
    assert codes(review) == [("I10", "accept")]


def test_a_replacement_stands_in_the_place_of_its_code():
    review = Review(SUGGESTED)
    review.decide(Decision("replace", "E11.9", "E10.9", "Type 1"))
    assert codes(review) == [("E10.9", "replace"), ("I10", None)]
    assert review.undecided == ["I10"]


def test_added_codes_come_last_and_a_suggested_one_is_accepted_instead():
    review = Review(SUGGESTED)
    review.add("J45.909", "Asthma")
    review.decide(Decision("reject", "I10"))
    review.add("I10", "Hypertension")
    assert codes(review) == [("E11.9", None), ("I10", "accept"), ("J45.909", "add")]


def test_undo_goes_back_one_step_at_a_time():
    review = Review(SUGGESTED)
    review.decide(Decision("reject", "I10"))
    review.accept_rest()
    review.withdraw("I10")
    assert review.undecided == ["I10"]
    review.undo()
    review.undo()
    assert list(review.decisions) == ["I10"]
    review.undo()
    assert not review.can_undo
    assert codes(review) == [("E11.9", None), ("I10", None)]


def test_the_payload_holds_what_the_api_takes_and_no_words_of_the_note():
    review = Review(SUGGESTED)
    review.decide(Decision("reject", "I10"))
    review.amend("I10", "Not documented in the note")
    (decision,) = review.payload()
    assert decision["evidence"][0] == {"begin": 0, "end": 1}
    assert len(decision.pop("evidence")) == MAX_EVIDENCE
    assert decision == {
        "code": "I10",
        "action": "reject",
        "reason": "Not documented in the note",
        "probability": 0.6,
        "route": "review",
    }
