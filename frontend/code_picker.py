"""The drawer in which a coder finds a code, by words or down the hierarchy: one to add, or a replacement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from frontend import hierarchy
from frontend.coded_note import CodedNote
from frontend.review import Decision
from frontend.wording import literal

WORDS, AT = "picker_words", "picker_at"


def replace(note: CodedNote, code: Mapping[str, Any]) -> None:
    """Open the drawer, beside `code`, for the code that takes its place."""
    found = hierarchy.describe(code["code"], "replace")
    if found is None:
        return

    def use(chosen: Mapping[str, Any]) -> None:
        note.review.decide(Decision("replace", code["code"], chosen["code"], chosen["description"]))

    _open(f"Replace {code['code']}", note, use, at=found["parent"])


def add(note: CodedNote) -> None:
    """Open the drawer for a code to add."""

    def use(chosen: Mapping[str, Any]) -> None:
        note.review.add(chosen["code"], chosen["description"])

    _open("Add a code", note, use, at=None)


def _open(title: str, note: CodedNote, use: Callable[[Mapping[str, Any]], None], at: str | None) -> None:
    st.session_state[WORDS] = ""
    st.session_state[AT] = at
    st.dialog(title, width="medium", position="right")(drawer)(note, use)


def drawer(note: CodedNote, use: Callable[[Mapping[str, Any]], None]) -> None:
    """Draw the drawer; `use` takes the code that is chosen."""
    words = st.text_input(
        "Search", key=WORDS, type="search", max_chars=200, placeholder="Words, an abbreviation, or a code such as E11"
    )
    if words and words.strip():
        hierarchy.draw_search(words.strip(), _go, "picker")
        return
    at = st.session_state[AT]
    if at is None:
        hierarchy.draw_chapters(_go, "picker")
        return
    code = hierarchy.describe(at, "picker")
    if code is None:
        return
    hierarchy.draw_way(code, _go, "picker")
    st.header(f"{code['code']} {literal(code['description'])}", anchor=False)
    _use_button(note, code, use)
    hierarchy.draw_children(code, _go, "picker")
    hierarchy.draw_notes(code)


def _go(code: str | None) -> None:
    st.session_state[WORDS] = ""
    st.session_state[AT] = code


def _use_button(note: CodedNote, code: Mapping[str, Any], use: Callable[[Mapping[str, Any]], None]) -> None:
    if not code["billable"]:
        st.caption("This is a header. Choose a billable code under it.")
    elif code["code"] in {each.code for each in note.review.final()}:
        st.caption("This code is on the list already.")
    elif st.button(f"Use {code['code']}", type="primary"):
        use(code)
        st.rerun()
