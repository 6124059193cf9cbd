"""Page "Batches": upload files of notes, follow them to their codes, take the results; ``?batch=ID`` opens a batch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from chartcode.client import ApiError
from frontend import batch_view, samples, session
from frontend.wording import STATUSES, moment

SUFFIXES = ("txt", "jsonl", "csv", "parquet")
MAX_FILES = 100


def page() -> None:
    """Draw the page."""
    st.title("Batches", anchor=False)
    opened = st.query_params.get("batch")
    if opened:
        st.button("All batches", icon=":material/arrow_back:", type="tertiary", on_click=_open, args=(None,))
        batch_view.draw(opened)
        return
    upload, past = st.columns([2, 3], gap="large")
    with upload:
        _upload()
    with past:
        _past()


def _open(batch: str | None) -> None:
    if batch is None:
        st.query_params.pop("batch", None)
    else:
        st.query_params["batch"] = batch


# ---- a new batch


def _upload() -> None:
    st.subheader("New batch", anchor=False)
    with st.form("batch", clear_on_submit=False):
        uploads = st.file_uploader(
            "Files of notes",
            type=SUFFIXES,
            accept_multiple_files=True,
            help=".txt: one note a file. .jsonl, .csv, .parquet: one note a record, in a column text; "
            "id, age and sex are read where they are there.",
        )
        name = st.text_input("Name", max_chars=100, placeholder="Optional")
        if st.form_submit_button("Start batch", type="primary", icon=":material/upload:"):
            names = file_names([upload.name for upload in uploads])
            _start(name, {new: upload.getvalue() for new, upload in zip(names, uploads, strict=True)})
    if st.button("Start one with the sample files"):
        _start("Samples", samples.batch_files())


def _start(name: str | None, files: Mapping[str, bytes]) -> None:
    if not files:
        st.warning("Choose at least one file.")
    elif len(files) > MAX_FILES:
        st.warning(f"A batch takes at most {MAX_FILES} files. Put notes together in a .jsonl or .csv file.")
    else:
        try:
            batch = send(name, files)
        except ApiError as error:
            session.show_error(error)
            return
        _open(batch)
        st.rerun()


def file_names(given: Sequence[str]) -> list[str]:
    """Return names that the API takes, each once, for uploaded files: ``Söhne (2).txt`` becomes ``S_hne _2_.txt``."""
    names: list[str] = []
    for name in given:
        stem, dot, suffix = re.sub(r"[^A-Za-z0-9._ -]", "_", name).rpartition(".")
        stem, number = stem[-100:], 1
        while (new := f"{stem}{f'-{number}' if number > 1 else ''}{dot}{suffix.lower()}") in names:
            number += 1
        names.append(new)
    return names


def send(name: str | None, files: Mapping[str, bytes]) -> str:
    """Create a batch, upload its files, and return its id."""
    api = session.api()
    batch = api.create_batch(list(files), name=(name or "").strip() or None)
    bar = st.progress(0.0)
    for done, target in enumerate(batch["uploads"]):
        bar.progress(done / len(files), f"Uploading {target['file']}")
        api.upload(target, files[target["file"]])
    return str(batch["id"])


# ---- the batches there are


def _past() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Past batches", anchor=False)
        st.button("Refresh", icon=":material/refresh:", type="tertiary")
    pages: list[str | None] = st.session_state.setdefault("batch_pages", [None])
    answer = session.ask(lambda api: api.batches(limit=20, next_page=pages[-1]), "batches")
    if answer is None:
        return
    if not answer["batches"]:
        st.info("No batches yet. Upload files of notes, or start one with the sample files.")
        return
    chosen = st.dataframe(
        rows(answer["batches"]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="batch_table",
        alt="Past batches, newest first. Select a row to open the batch.",
    )["selection"]["rows"]
    if chosen:
        _open(answer["batches"][chosen[0]]["id"])
        st.rerun()
    st.caption("Select a row to open the batch.")
    with st.container(horizontal=True):
        if len(pages) > 1:
            st.button("Newer", on_click=pages.pop)
        if answer.get("next"):
            st.button("Older", on_click=pages.append, args=(answer["next"],))


def rows(batches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the table of batches."""
    return [
        {
            "Batch": batch.get("name") or batch["id"],
            "Created": moment(batch["created"]),
            "Status": STATUSES.get(batch["status"], batch["status"]),
            "Files": batch["files"],
            "Coded": batch["counts"].get("coded", 0),
            "Not coded": batch["counts"].get("quarantined", 0) + batch["counts"].get("failed", 0),
        }
        for batch in batches
    ]
