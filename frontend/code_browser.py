"""Page "Code browser": search ICD-10-CM, or walk it from its chapters; ``?code=E11.9`` opens a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from frontend import hierarchy
from frontend.wording import literal


def page() -> None:
    """Draw the page."""
    st.title("Code browser", anchor=False)
    words = st.text_input(
        "Search",
        key="words",
        type="search",
        max_chars=200,
        width=640,
        placeholder="Words, an abbreviation (HTN), or a code (E11)",
        on_change=_go,
        args=(None,),
    )
    words = (words or "").strip()
    at = st.query_params.get("code")
    if at:
        if words:
            st.button(f"Results for “{literal(words)}”", icon=":material/arrow_back:", on_click=_go, args=(None,))
        _detail(at)
    elif words:
        hierarchy.draw_search(words, _go, "browser")
    else:
        st.caption("Search above, or walk down from a chapter.")
        hierarchy.draw_chapters(_go, "browser")


def _go(code: str | None) -> None:
    if code is None:
        st.query_params.pop("code", None)
    else:
        st.query_params["code"] = code


def _detail(at: str) -> None:
    code = hierarchy.describe(at[:20], "detail")
    if code is None:
        return
    hierarchy.draw_way(code, _top, "detail")
    badge = ":green-badge[Billable]" if code["billable"] else ":gray-badge[Header, not billable]"
    st.subheader(f"{code['code']} {literal(code['description'])} {badge}", anchor=False)
    below, notes = st.columns(2, gap="large") if code["children"] else (None, st.container())
    if below is not None:
        with below:
            st.markdown("**Codes below**")
            hierarchy.draw_children(code, _go, "detail")
            _billable(code)
    with notes:
        hierarchy.draw_notes(code)


def _top(code: str | None) -> None:
    """Go up; from the top, what was searched is forgotten too."""
    if code is None:
        st.session_state["words"] = ""
    _go(code)


def _billable(code: Mapping[str, Any]) -> None:
    """Draw all billable codes under a header, unless they are its children."""
    below = code.get("billable_children") or ()
    if below and len(below) > len(code["children"]):
        with st.expander(f"All billable codes under {code['code']} ({len(below)})"):
            st.dataframe(
                [{"Code": each["code"], "Description": each["description"]} for each in below], hide_index=True
            )
