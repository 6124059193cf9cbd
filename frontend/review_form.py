"""Submits a coder's review of the note on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from chartcode.client import ApiError
from frontend import coded_note, session
from frontend.coded_note import CodedNote
from frontend.wording import count, moment


def draw(note: CodedNote) -> None:
    """Draw the form, or what was stored."""
    if note.stored:
        st.success(f"Review stored ({note.stored}).", icon=":material/check_circle:")
        if st.button("Next note", type="primary"):
            coded_note.forget()
            st.rerun()
        return
    _earlier(note)
    with st.form("review"):
        messages = st.container()
        name = st.text_input("Reviewer", key="reviewer", persist_state="session", max_chars=100)
        consent = st.checkbox(
            "Keep the note for training",
            help="Stores the note's text, encrypted, so that the coder can learn from this review. "
            "Without it only the codes and your decisions are stored.",
        )
        if st.form_submit_button("Submit review", type="primary"):
            with messages:
                _submit(note, (name or "").strip(), consent)


def _earlier(note: CodedNote) -> None:
    if note.earlier:
        with st.expander(f"Earlier reviews of this note ({len(note.earlier)})"):
            st.table(earlier_rows(note.earlier), border="horizontal")


def earlier_rows(reviews: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a review: when, who, and what was changed."""
    return [
        {
            "When": moment(review["created"]),
            "Who": review["reviewer"],
            "Changes": ", ".join(filter(None, map(_change, review["decisions"]))) or "none",
        }
        for review in reviews
    ]


def _change(decision: Mapping[str, Any]) -> str:
    words = {
        "reject": f"{decision['code']} rejected",
        "replace": f"{decision['code']} replaced with {decision.get('replacement')}",
        "add": f"{decision['code']} added",
    }
    return words.get(decision["action"], "")


def _submit(note: CodedNote, reviewer: str, consent: bool) -> None:
    undecided = note.review.undecided
    if undecided:
        st.warning(f"{count(len(undecided), 'code')} without a decision: {', '.join(undecided)}.")
        return
    if not note.review.decisions:
        st.warning("There is nothing to submit: the note has no codes, and you added none.")
        return
    if not reviewer:
        st.warning("Enter your name as the reviewer.")
        return
    try:
        stored = session.api().review(
            note.note_id,
            reviewer,
            note.review.payload(),
            text=note.text if consent else None,
            request_id=note.answer.get("request_id"),
            model_version=note.answer["model"]["version"],
        )
    except ApiError as error:
        session.show_error(error)
        return
    note.store(stored["review_id"])
    st.rerun()
