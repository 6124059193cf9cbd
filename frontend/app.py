"""Code a note: paste it, see its ICD-10-CM codes and the words that justify each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from frontend.client import ApiClient, ApiError
from frontend.highlight import STYLES, mark

SAMPLE = """CHIEF COMPLAINT: Follow-up.

HISTORY OF PRESENT ILLNESS: 64-year-old woman with type 2 diabetes and HTN. Denies chest pain.
Mother had breast cancer.

ASSESSMENT AND PLAN:
1. Type 2 diabetes mellitus with diabetic neuropathy - increase gabapentin.
2. Essential hypertension - at goal on lisinopril.
3. Hypothyroidism - continue levothyroxine.
"""


def code_rows(codes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the code table, in the API's billing order."""
    return [
        {
            "Code": code["code"],
            "Description": code["description"],
            "Probability": code["probability"],
            "Route": code.get("route", ""),
            "Evidence": "; ".join(dict.fromkeys(evidence["text"] for evidence in code["evidence"])),
            "Edits": "; ".join(f"{edit['reason']} ({edit['guideline']})" for edit in code.get("edits", [])),
        }
        for code in codes
    ]


def not_billed_rows(codes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the codes that the note mentions and this encounter does not report."""
    return [
        {
            "Code": code["code"],
            "Description": code["description"],
            "Why not": code["edit"]["reason"],
            "Guideline": code["edit"]["guideline"],
            "Evidence": "; ".join(dict.fromkeys(evidence["text"] for evidence in code["evidence"])),
        }
        for code in codes
    ]


def show_answer(text: str, answer: Mapping[str, Any]) -> None:
    """Show the codes of one note and, below them, the note with its evidence marked."""
    st.subheader("Codes")
    if answer["codes"]:
        st.dataframe(
            code_rows(answer["codes"]),
            hide_index=True,
            column_config={"Probability": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f")},
        )
    else:
        st.info("No billable code was found. The note below shows what was recognised, and how it was asserted.")
    if answer.get("not_billed"):
        with st.expander(f"Mentioned, not billed: {len(answer['not_billed'])}"):
            st.dataframe(not_billed_rows(answer["not_billed"]), hide_index=True)
    st.subheader("Evidence")
    names = {
        "affirmed": "affirmed",
        "NEGATION": "negated",
        "HYPOTHETICAL": "uncertain",
        "PERTAINS_TO_FAMILY": "family",
        "HISTORICAL": "history",
    }
    legend = " ".join(f'<span style="{STYLES[k]};color:#000;padding:0 .4em">{name}</span>' for k, name in names.items())
    st.markdown(legend + mark(text, answer["entities"]), unsafe_allow_html=True)
    model = answer["model"]
    st.caption(f"Model {model['version']} · {model['code_set']} · request {answer.get('request_id', '-')}")


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="Chartcode", page_icon="🩺", layout="wide")
    st.title("Code a note")
    if st.button("Use a sample note"):
        st.session_state["note"] = SAMPLE
    text = st.text_area("Clinical note", key="note", height=260, placeholder="Paste a note here")
    if not st.button("Code note", type="primary", disabled=not text.strip()):
        st.caption("Paste a note, or use the sample, then press **Code note**.")
        return
    try:
        with st.spinner("Coding the note"):
            answer = ApiClient.from_environment().code_note(text)
    except ApiError as error:
        st.error(str(error))
        return
    show_answer(text, answer)


main()
