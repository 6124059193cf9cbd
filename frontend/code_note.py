"""Page "Code a note": a note goes in; its codes, and the words that justify them, stand beside it for review."""

from __future__ import annotations

import uuid
from typing import Any

import streamlit as st

from chartcode import MAX_NOTE_CHARACTERS
from chartcode.client import ApiError
from frontend import code_list, coded_note, highlight, samples, session
from frontend.coded_note import CodedNote
from frontend.wording import count, literal

SEXES = {"F": "Female", "M": "Male"}


def page() -> None:
    """Draw the page: the form, or the note that was coded."""
    note = coded_note.current()
    if note is None:
        _entry()
    else:
        _workspace(note)


# ---- before


def _entry() -> None:
    st.title("Code a note", anchor=False)
    st.caption(
        "Codes come back in billing order, each with the words of the note that justify it. "
        "The note is forgotten when you leave this page."
    )
    form, sources = st.columns([3, 1], gap="large")
    with sources:
        _sources()
    with form, st.form("note"):
        text = st.text_area(
            "Clinical note",
            key="text",
            height=380,
            max_chars=MAX_NOTE_CHARACTERS,
            placeholder="Paste the note of one encounter. Ctrl+Enter codes it.",
        )
        note_id, age, sex = _facts()
        asked = st.form_submit_button("Code note", type="primary", icon=":material/play_arrow:")
    if asked:
        with form:
            _code(text or "", note_id, age, sex)


def _facts() -> tuple[str, float | None, str | None]:
    """Draw what may be known of the encounter besides its note."""
    first, second, third = st.columns([2, 1, 2])
    note_id = first.text_input("Note or encounter ID", key="note_id", max_chars=200, placeholder="Optional")
    age = second.number_input("Age", 0, 130, value=None, step=1, key="age", placeholder="Optional")
    sex = third.segmented_control("Sex (optional)", SEXES, format_func=SEXES.__getitem__, key="sex")
    return note_id or "", age, sex


def _sources() -> None:
    st.file_uploader("Upload a note", type="txt", key="upload", max_upload_size=1, on_change=_take_upload)
    if "unreadable" in st.session_state:
        st.error(st.session_state.pop("unreadable"))
    st.pills("Or take a sample", list(samples.notes()), key="sample", wrap=True, on_change=_take_sample)


def _take_upload() -> None:
    upload = st.session_state["upload"]
    if upload is None:
        return
    try:
        st.session_state["text"] = upload.getvalue().decode("utf-8-sig")
        st.session_state["note_id"] = upload.name.removesuffix(".txt")[:200]
    except UnicodeDecodeError:
        st.session_state["unreadable"] = "This file is not UTF-8 text. Save it as UTF-8, or paste the note."


def _take_sample() -> None:
    name = st.session_state["sample"]
    if name:
        path = samples.notes()[name]
        st.session_state["text"] = path.read_text(encoding="utf-8")
        st.session_state["note_id"] = path.stem


def _code(text: str, note_id: str, age: float | None, sex: str | None) -> None:
    if not text.strip():
        st.warning("There is no note yet. Paste one, upload a file, or take a sample.")
        return
    note_id = note_id.strip() or f"note-{uuid.uuid4().hex[:8]}"
    try:
        with st.spinner("Coding the note"):
            answer = session.api().code_note(text, id=note_id, age=age, sex=sex)
    except ApiError as error:
        session.show_error(error)
        st.caption("Your note is still in the box. Press Code note to try again.")
        return
    coded_note.keep(CodedNote(text, note_id, age, sex, answer, _earlier_reviews(note_id)))
    st.rerun()


def _earlier_reviews(note_id: str) -> list[dict[str, Any]]:
    """Return the reviews of a note that there are; none where they cannot be had, which is no reason to stop."""
    try:
        return list(session.api().reviews(note_id)["reviews"])
    except ApiError:
        return []


# ---- after


def _workspace(note: CodedNote) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(literal(note.note_id), anchor=False)
        st.button("Edit note", icon=":material/edit:", on_click=_edit, args=(note,))
        st.button("New note", icon=":material/note_add:", on_click=coded_note.forget)
    model = note.answer["model"]
    about = [note.patient, count(len(note.text), "character"), model["code_set"]]
    st.caption(" · ".join(filter(None, about)))
    text, codes = st.columns([11, 9], gap="medium")
    with text:
        st.html(highlight.legend())
        st.html(note.html)
    with codes:
        code_list.panel()


def _edit(note: CodedNote) -> None:
    coded_note.forget()
    known = {"text": note.text, "note_id": note.note_id, "age": note.age, "sex": note.sex}
    st.session_state.update({name: value for name, value in known.items() if value is not None})
