import pytest
from fake_api import ANSWER, TEXT, press, texts
from streamlit.testing.v1 import AppTest

from frontend.code_picker import AT
from frontend.coded_note import KEY, CodedNote

# AppTest cannot go on inside a dialog, so its content is drawn on a page of its own.
DRAWER = """
import streamlit as st
from frontend import code_picker, coded_note
note = coded_note.current()
code_picker.drawer(note, lambda chosen: note.review.add(chosen["code"], chosen["description"]))
"""


@pytest.fixture
def drawer(api):
    app = AppTest.from_string(DRAWER, default_timeout=20)
    app.session_state[AT] = None
    app.session_state[KEY] = CodedNote(TEXT, "visit-1", None, None, ANSWER)
    return app.run()


def final(app):
    return [code.code for code in app.session_state[KEY].review.final()]


def test_a_code_is_found_down_the_hierarchy(drawer):
    app = press(drawer, "**9** Diseases of the circulatory system (I00-I99)")
    app = press(app, "**I10-I1A** Hypertensive diseases (I10-I1A)")
    assert "This is a header" in texts(app)
    app = press(app, "**I15.9** Secondary hypertension, unspecified :green-badge[Billable]")
    app = press(app, "Use I15.9")
    assert final(app) == ["E11.40", "I10", "I15.9"]


def test_a_code_is_found_by_words_and_says_which_term_matched(drawer, api):
    app = drawer.text_input[0].set_value("renovascular").run()
    assert api.last("search") == ("search", "renovascular")
    found = next(button for button in app.button if button.key == "picker-found-I15.9")
    assert ":gray[(renovascular hypertension)]" in found.label
    app = press(app, found.label)
    assert "Use I15.9" in [button.label for button in app.button]


def test_a_code_cannot_be_listed_twice(drawer):
    app = press(drawer, "**9** Diseases of the circulatory system (I00-I99)")
    app = press(app, "**I10-I1A** Hypertensive diseases (I10-I1A)")
    app = press(app, "**I10** Essential (primary) hypertension :green-badge[Billable]")
    assert "on the list already" in texts(app)
    assert "Use I10" not in [button.label for button in app.button]


def test_nothing_found_says_what_to_try(drawer):
    assert "another spelling" in drawer.text_input[0].set_value("xyzzy").run().info[0].value
