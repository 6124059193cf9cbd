"""The menu that takes the codes of the note away: as a list, CSV, JSON or FHIR."""

from __future__ import annotations

import streamlit as st

from frontend import exports
from frontend.coded_note import CodedNote


def draw(note: CodedNote) -> None:
    """Draw the menu; a file is made only when it is asked for."""
    codes = note.review.final()
    files = {
        "CSV": ("csv", "text/csv", lambda: exports.as_csv(note.note_id, codes)),
        "JSON": ("json", "application/json", lambda: exports.as_json(note.note_id, codes, note.answer)),
        "FHIR": ("fhir.json", "application/fhir+json", lambda: exports.as_fhir(note.note_id, codes, note.answer)),
    }
    with st.popover("Export", icon=":material/download:"):
        st.caption("The codes as they stand now: what you rejected is left out.")
        st.code(exports.as_list(codes) or "No codes", language=None)
        with st.container(horizontal=True, gap="xsmall"):
            for label, (suffix, mime, make) in files.items():
                name = f"{note.note_id}.{suffix}"
                st.download_button(label, make, name, mime, key=f"download-{label}", on_click="ignore")
