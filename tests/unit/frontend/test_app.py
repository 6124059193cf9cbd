from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frontend.client import ApiClient, ApiError

APP = str(Path(__file__).parents[3] / "frontend" / "app.py")
ANSWER = {
    "codes": [
        {
            "code": "I10",
            "description": "Essential (primary) hypertension",
            "probability": 0.93,
            "evidence": [{"begin": 0, "end": 3, "text": "HTN"}, {"begin": 10, "end": 13, "text": "HTN"}],
            "edits": [],
        }
    ],
    "entities": [{"begin": 0, "end": 3, "traits": [], "codes": [{"code": "I10", "description": "hypertension"}]}],
    "model": {"version": "1", "code_set": "ICD-10-CM FY2026"},
    "request_id": "r-1",
}


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setenv("CHARTCODE_API_URL", "http://api.test")
    return AppTest.from_file(APP, default_timeout=20).run()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_the_first_page_asks_for_a_note(app):
    assert not app.exception
    assert next(button for button in app.button if button.label == "Code note").disabled
    assert "Paste a note" in app.caption[0].value


def test_a_coded_note_shows_its_codes_and_evidence(app, monkeypatch):
    monkeypatch.setattr(ApiClient, "code_note", lambda self, text: ANSWER)
    app.text_area[0].set_value("HTN").run()
    press(app, "Code note")
    assert not app.exception
    assert app.dataframe[0].value.iloc[0].to_dict() == {
        "Code": "I10",
        "Description": "Essential (primary) hypertension",
        "Probability": 0.93,
        "Route": "",
        "Evidence": "HTN",
        "Edits": "",
    }
    assert ">HTN</mark>" in app.markdown[0].value
    assert "r-1" in app.caption[0].value


def test_a_note_without_codes_says_so(app, monkeypatch):
    monkeypatch.setattr(ApiClient, "code_note", lambda self, text: {**ANSWER, "codes": []})
    press(app, "Use a sample note")
    press(app, "Code note")
    assert "No billable code" in app.info[0].value


def test_an_api_that_is_down_is_an_error_a_coder_can_act_on(app, monkeypatch):
    def down(self, text):
        raise ApiError("The API does not answer. Is `make run` still up?")

    monkeypatch.setattr(ApiClient, "code_note", down)
    press(app, "Use a sample note")
    press(app, "Code note")
    assert "make run" in app.error[0].value
