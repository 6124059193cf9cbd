from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frontend import session

APP = Path(__file__).parents[3] / "frontend" / "app.py"


def test_the_workbench_opens_at_code_a_note(api):
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    assert app.title[0].value == "Code a note"


@pytest.mark.parametrize("module", ["batches", "code_browser", "quality"])
def test_no_api_configured_is_an_error_that_says_what_to_do(module, monkeypatch):
    monkeypatch.delenv("CHARTCODE_API_URL", raising=False)
    script = f"from frontend import {module}\n{module}.page()"
    app = AppTest.from_string(script, default_timeout=20).run()
    assert not app.exception
    assert "CHARTCODE_API_URL" in app.error[0].value


def test_another_page_keeps_only_the_client_and_the_reviewer():
    def script():
        import streamlit as st

        from frontend import session

        st.session_state.update(page="note", text="a note", client="c", reviewer="Dana")
        session.enter("quality")

    app = AppTest.from_function(script).run()
    kept = {key for key in ("page", "text", "client", "reviewer") if key in app.session_state}
    assert kept == session.KEPT
