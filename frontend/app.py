"""The workbench: its pages and the way between them. ``streamlit run frontend/app.py`` starts it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from frontend import batches, code_browser, code_note, quality, session

HERE = Path(__file__).parent


def main() -> None:
    """Draw the page that is asked for."""
    page = st.navigation(
        [
            st.Page(code_note.page, title="Code a note", url_path="note", default=True),
            st.Page(batches.page, title="Batches", url_path="batches"),
            st.Page(code_browser.page, title="Code browser", url_path="codes"),
            st.Page(quality.page, title="Quality", url_path="quality"),
        ],
        position="top",
    )
    st.set_page_config(page_title=f"{page.title} - Chartcode", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.logo(str(HERE / "logo.svg"), size="large")
    st.html(HERE / "style.css")
    session.enter(page.url_path)
    page.run()


main()
