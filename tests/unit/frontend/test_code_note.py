import pytest
from fake_api import ANSWER, TEXT, press, texts

from frontend import coded_note, samples


@pytest.fixture
def coded(open_page):
    app = open_page("code_note")
    app.text_area(key="text").set_value(TEXT)
    app.text_input(key="note_id").set_value("visit-1")
    return press(app, "Code note")


def review(app):
    return app.session_state[coded_note.KEY].review


def test_a_page_without_a_note_asks_for_one(open_page, api):
    app = press(open_page("code_note"), "Code note")
    assert "There is no note yet" in app.warning[0].value
    assert not api.asked


def test_a_sample_fills_the_form(open_page):
    app = open_page("code_note")
    app.pills(key="sample").set_value("Knee pain").run()
    assert app.text_area(key="text").value == samples.notes()["Knee pain"].read_text()
    assert app.text_input(key="note_id").value == "knee_pain"


def test_a_note_is_sent_with_what_is_known_of_the_patient(open_page, api):
    app = open_page("code_note")
    app.text_area(key="text").set_value(TEXT)
    app.number_input(key="age").set_value(64)
    app.segmented_control(key="sex").set_value("F")
    press(app, "Code note")
    _, text, more = api.last("code_note")
    assert (text, more["age"], more["sex"]) == (TEXT, 64, "F")
    assert more["id"].startswith("note-")


def test_codes_stand_in_billing_order_with_their_flags(coded):
    assert not coded.exception
    labels = [button.label for button in coded.button if (button.key or "").startswith("select-")]
    assert labels[0].startswith("1. **E11.40**")
    assert labels[1].startswith("2. **I10**")
    facts = [html.body for html in coded.html if "facts" in html.body]
    assert "91%" in facts[0] and "Auto" in facts[0] and "1 edit" in facts[0] and "Billable" in facts[0]
    assert "62%" in facts[1] and "Review" in facts[1] and "edit" not in facts[1]
    assert "1 auto, 1 to review · 0 of 2 decided" in texts(coded)


def test_a_selected_code_shows_its_words_and_its_rule_with_the_guideline(coded):
    app = press(coded, next(b.label for b in coded.button if b.key == "select-E11.40"))
    reasons = next(html.body for html in app.html if "reasons" in html.body)
    assert reasons.count("<q>") == 1  # the shorter words stand inside the longer
    assert "<q>T2DM with neuropathy</q>" in reasons
    assert "Both are stated together. <cite>Guideline I.A.15</cite>" in reasons


def test_another_reading_of_the_words_replaces_the_code(coded):
    app = press(coded, next(b.label for b in coded.button if b.key == "select-E11.40"))
    app = press(app, "Replace E11.40 with E11.9")
    assert [code.code for code in review(app).final()] == ["E11.9", "I10"]
    assert "Replaced with **E11.9**" in texts(app)


def test_rejecting_can_be_explained_and_undone(coded):
    app = press(coded, "Reject I10")
    assert [code.code for code in review(app).final()] == ["E11.40"]
    app = press(app, next(b.label for b in app.button if b.key == "select-I10"))
    app.selectbox(key="reason-I10").set_value("Not documented in the note").run()
    assert review(app).decisions["I10"].reason == "Not documented in the note"
    app = press(app, "Undo")
    assert not review(app).decisions


def test_accepting_by_key_goes_on_to_the_next_code(coded):
    app = press(coded, "Next")
    app = press(app, "Accept")
    assert review(app).decisions["E11.40"].action == "accept"
    assert app.session_state[coded_note.KEY].selected == "I10"


def test_a_mentioned_code_says_why_it_is_not_billed_and_can_be_billed(coded):
    assert "The note says that it is not there. Guideline III.B" in texts(coded)
    app = press(coded, "Add R07.9 to the codes")
    assert [code.code for code in review(app).final()] == ["E11.40", "I10", "R07.9"]
    app = press(app, "Take R07.9 off the list")
    assert [code.code for code in review(app).final()] == ["E11.40", "I10"]


def test_a_replacement_is_looked_for_beside_the_code_it_replaces(coded):
    app = press(coded, next(b.label for b in coded.button if b.key == "select-I10"))
    app = press(app, "Replace")
    assert "I10-I1A Hypertensive diseases" in texts(app)
    assert "**I15.9** Secondary hypertension, unspecified :green-badge[Billable]" in [b.label for b in app.button]


def test_a_review_wants_every_code_decided_and_a_name(coded, api):
    app = press(coded, "Submit review")
    assert "2 codes without a decision: E11.40, I10" in app.warning[0].value
    app = press(app, "Accept the rest")
    app = press(app, "Submit review")
    assert "Enter your name" in app.warning[0].value
    assert all(asked[0] != "review" for asked in api.asked)


def test_a_review_is_submitted_without_the_note_unless_its_coder_agrees(coded, api):
    app = press(coded, "Accept the rest")
    app.text_input(key="reviewer").set_value("Dana")
    app = press(app, "Submit review")
    assert "Review stored (review-1)" in app.success[0].value
    _, note_id, reviewer, decisions, more = api.last("review")
    assert (note_id, reviewer, more["text"], more["model_version"]) == ("visit-1", "Dana", None, "2026.11")
    assert [decision["code"] for decision in decisions] == ["E11.40", "I10"]
    app = press(app, "Undo")
    assert not app.success  # what is on the page now is not stored


def test_the_note_is_kept_for_training_where_its_coder_agrees(coded, api):
    app = press(coded, "Accept the rest")
    app.text_input(key="reviewer").set_value("Dana")
    app.checkbox[0].check()
    press(app, "Submit review")
    assert api.last("review")[-1]["text"] == TEXT


def test_a_note_without_codes_says_so(open_page, api):
    api.answer = {**ANSWER, "codes": [], "not_billed": []}
    app = open_page("code_note")
    app.text_area(key="text").set_value(TEXT)
    app = press(app, "Code note")
    assert "No billable code" in app.info[0].value


def test_the_api_down_leaves_the_note_in_its_box(open_page, api):
    app = open_page("code_note")
    app.text_area(key="text").set_value(TEXT)
    api.down = True
    app = press(app, "Code note")
    assert "make run" in app.error[0].value
    assert app.text_area(key="text").value == TEXT
    api.down = False
    assert press(app, "Code note").subheader[0].value == "2 codes"


def test_earlier_reviews_are_told(open_page, api):
    decisions = [{"code": "I10", "action": "replace", "replacement": "I15.9"}, {"code": "R05", "action": "accept"}]
    api.earlier = [{"created": "2026-11-23T10:00:00+00:00", "reviewer": "Sam", "decisions": decisions}]
    app = open_page("code_note")
    app.text_area(key="text").set_value(TEXT)
    app = press(app, "Code note")
    row = app.table[0].value.iloc[0]
    assert (row["Who"], row["Changes"]) == ("Sam", "I10 replaced with I15.9")


def test_leaving_the_page_forgets_the_note(coded):
    coded.session_state["page"] = "another"
    app = coded.run()
    assert coded_note.KEY not in app.session_state
    assert app.text_area(key="text").value == ""
