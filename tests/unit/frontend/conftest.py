import pytest
from fake_api import FakeApi
from streamlit.testing.v1 import AppTest

from chartcode.client import ApiClient


@pytest.fixture
def api(monkeypatch):
    """The API that the pages talk to."""
    fake = FakeApi()
    monkeypatch.setattr(ApiClient, "from_environment", classmethod(lambda cls: fake))
    return fake


@pytest.fixture
def open_page(api):
    """Open a page of the workbench, as its navigation does."""

    def open_(module, **query):
        app = AppTest.from_string(
            f"from frontend import session, {module}\nsession.enter('{module}')\n{module}.page()", default_timeout=20
        )
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_
