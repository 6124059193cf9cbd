"""One batch: its progress while it runs, then its codes by note, what was not coded and why, and its files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from chartcode.client import ApiClient
from frontend import session
from frontend.exports import evidence
from frontend.wording import ROUTES, STATUSES, count, literal, moment, percent, reason, what_to_do

RUNNING = ("WAITING_FOR_UPLOAD", "IN_PROGRESS")
SECONDS = 2
# What one page can show; the files have all of it.
MAX_BYTES = 5_000_000
MAX_NOTES = 500
RESULTS = "batch_results"


def draw(batch_id: str) -> None:
    """Draw a batch; while it runs, the page follows it."""
    batch = session.ask(lambda api: api.batch(batch_id), "batch")
    if batch is None:
        return
    running = batch["status"] in RUNNING
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(batch.get("name") or batch["id"]), anchor=False)
        if not running:
            _downloads(batch_id)
    if running:
        st.fragment(_follow, run_every=SECONDS)(batch_id)
        return
    _outcome(batch)
    _not_coded(batch)
    if batch["counts"].get("coded"):
        _results(batch_id)


# ---- while it runs


def _follow(batch_id: str) -> None:
    batch = session.ask(lambda api: api.batch(batch_id), "follow")
    if batch is None:
        return
    if batch["status"] not in RUNNING:
        st.rerun()
    done, words = progress(batch)
    st.progress(done, words)
    missing = batch.get("missing_files") or []
    if missing:
        st.warning(f"Not uploaded yet: {', '.join(missing)}. Start a new batch if an upload failed.")
    st.caption(f"Started {moment(batch.get('started') or batch['created'])}. This page follows the batch by itself.")


def progress(batch: Mapping[str, Any]) -> tuple[float, str]:
    """Return how much of a running batch is done, from 0 to 1, and what it is doing in words."""
    counts = batch["counts"]
    accepted, ended = counts.get("accepted", 0), counts.get("coded", 0) + counts.get("failed", 0)
    if batch["status"] == "WAITING_FOR_UPLOAD":
        return 0.0, "Waiting for the files"
    if not accepted:
        return 0.05, f"Reading {count(batch['files'], 'file')}"
    return 0.1 + 0.9 * min(ended / accepted, 1.0), f"{ended:,} of {count(accepted, 'note')} coded"


# ---- when it has ended


def _outcome(batch: Mapping[str, Any]) -> None:
    words = STATUSES.get(batch["status"], batch["status"])
    if batch["status"] == "FAILED":
        error = batch.get("error") or "no reason given"
        st.error(f"{words} ({error}). Its files are kept: {what_to_do(error)}.")
    elif batch["status"] == "PARTIAL_SUCCESS":
        st.warning(f"{words}. See below why.")
    counts = batch["counts"]
    names = {"read": "Records read", "coded": "Notes coded", "quarantined": "Quarantined", "duplicates": "Duplicates"}
    if counts.get("failed"):
        names["failed"] = "Failed"
    with st.container(horizontal=True, gap="medium"):
        for name, title in names.items():
            st.metric(title, f"{counts.get(name, 0):,}", width="content")
    model = (batch.get("model") or {}).get("version")
    about = [
        f"Created {moment(batch['created'])}",
        f"finished {moment(batch.get('finished'))}",
        model and f"model {model}",
    ]
    st.caption(" · ".join(filter(None, about)))


@st.fragment
def _results(batch_id: str) -> None:
    st.subheader("Codes by note", anchor=False)
    results = st.session_state.get(RESULTS)
    if results is None or results["batch"] != batch_id:
        results = session.ask(lambda api: {"batch": batch_id, "notes": load(api, batch_id)}, "results")
        if results is None:
            return
        st.session_state[RESULTS] = results
    shown = results["notes"]
    chosen = st.dataframe(
        note_rows(shown),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Codes": st.column_config.ListColumn(width="large"),
            "To review": st.column_config.NumberColumn(width="small"),
        },
        alt="Codes by note. Select a row to see the codes of the note with their evidence.",
    )["selection"]["rows"]
    if len(shown) == MAX_NOTES:
        st.caption(f"The first {MAX_NOTES} notes; the files hold all of them.")
    if not chosen:
        st.caption("Select a note to see its codes and the words that justify them.")
        return
    note = shown[chosen[0]]
    st.markdown(f"**{note['id']}**")
    st.dataframe(
        code_rows(note),
        hide_index=True,
        column_config={"Confidence": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")},
    )


def load(api: ApiClient, batch_id: str) -> list[dict[str, Any]]:
    """Return the first results of a batch, as many as a page can show."""
    found: list[dict[str, Any]] = []
    size = 0
    for file in api.results(batch_id, "json")["files"]:
        size += file["bytes"]
        if found and (size > MAX_BYTES or len(found) >= MAX_NOTES):
            break
        content = io.BytesIO()
        api.download(file["url"], content)
        found += [json.loads(line) for line in content.getvalue().splitlines() if line.strip()]
    return found[:MAX_NOTES]


def note_rows(notes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a note."""
    return [
        {
            "Note": note["id"],
            "Codes": [code["code"] for code in note["codes"]],
            "To review": sum(code["route"] == "review" for code in note["codes"]),
            "Least sure": percent(min((code["probability"] for code in note["codes"]), default=None)),
        }
        for note in notes
    ]


def code_rows(note: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row a code of a note, in billing order."""
    return [
        {
            "Code": code["code"],
            "Description": code["description"],
            "Confidence": code["probability"],
            "Route": ROUTES[code["route"]],
            "Evidence": "; ".join(evidence(code)),
        }
        for code in note["codes"]
    ]


def _downloads(batch_id: str) -> None:
    menu = st.popover("Download", icon=":material/download:", key="downloads", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.caption("The links hold for a limited time.")
        for file_format in ("csv", "json", "fhir"):
            answer = session.ask(lambda api, f=file_format: api.results(batch_id, f), f"download-{file_format}")
            for file in answer["files"] if answer else ():
                st.link_button(f"{file_format.upper()}: {file['name']} ({size(file['bytes'])})", file["url"])


def size(count_: int) -> str:
    """Return a size in bytes in the unit that reads best."""
    return f"{count_ / 1e6:.1f} MB" if count_ >= 1e6 else f"{max(count_ / 1e3, 0.1):.1f} KB"


def _not_coded(batch: Mapping[str, Any]) -> None:
    if not batch["counts"].get("quarantined") and not batch["counts"].get("failed"):
        return
    st.subheader("Not coded", anchor=False)
    answer = session.ask(lambda api: api.quarantine(batch["id"]), "quarantine")
    if answer is None:
        return
    st.dataframe(
        quarantine_rows(answer["records"]),
        hide_index=True,
        column_config={"Why, and what to do": st.column_config.TextColumn(width="large")},
        alt="Records that were not coded, with the reason.",
    )


def quarantine_rows(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a record that was not coded, with the reason in words."""
    return [
        {
            "File": record["file"].rsplit("/", 1)[-1],
            "Record": str(record.get("record") or "whole file"),
            "Why, and what to do": reason(record["reason"]),
        }
        for record in records
    ]
