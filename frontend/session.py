"""One browser session: its client of the API, what it forgets between pages, and how it shows an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from chartcode.client import ApiClient, ApiError, ApiRefused

# All else, a note above all, is forgotten when its page is left.
KEPT = frozenset({"page", "client", "reviewer"})


def enter(page: str) -> None:
    """Forget what belongs to another page than `page`."""
    if st.session_state.get("page") != page:
        for key in set(map(str, st.session_state)) - KEPT:
            del st.session_state[key]
        st.session_state["page"] = page


def api() -> ApiClient:
    """Return the session's client of the API."""
    if "client" not in st.session_state:
        st.session_state["client"] = ApiClient.from_environment()
    client: ApiClient = st.session_state["client"]
    return client


def ask(call: Callable[[ApiClient], dict[str, Any]], key: str) -> dict[str, Any] | None:
    """Return what a call of the API answers; where it fails, say what to do, offer to retry, and return None.

    Parameters
    ----------
    key
        Names the retry button, apart from those of other calls on the page.
    """
    try:
        return call(api())
    except ApiError as error:
        show_error(error)
        st.button("Try again", key=f"retry-{key}", icon=":material/refresh:")
        return None


def show_error(error: ApiError) -> None:
    """Say what went wrong and what to do."""
    if isinstance(error, ApiRefused):
        st.error(error.detail, icon=":material/error:")
    else:
        st.error(f"**The API does not answer.** {error}", icon=":material/cloud_off:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of the API instead of raising it."""
    try:
        yield
    except ApiError as error:
        show_error(error)
