"""Page "Quality": what reviewers accept, how much goes unreviewed, and whether the notes have changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from frontend import charts, session
from frontend.wording import count, drift, percent

PERIODS = {7: "7 days", 30: "30 days", 90: "90 days"}


def page() -> None:
    """Draw the page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Quality", anchor=False)
        days = st.segmented_control(
            "Period", PERIODS, format_func=PERIODS.__getitem__, default=30, required=True, key="days"
        )
    metrics = session.ask(lambda api: api.metrics(days or 30), "metrics")
    if metrics is None:
        return
    _figures(metrics)
    if not metrics["reviewed"] and not metrics["notes"]:
        st.info("Nothing to measure in this period yet. Submit a review of a note, or run a batch.")
    reviews, mix = st.columns(2, gap="large")
    with reviews:
        _reviews(metrics)
    with mix:
        _mix(metrics)
    _versions(metrics)


def _figures(metrics: Mapping[str, Any]) -> None:
    shown = {
        "Acceptance": (percent(metrics["acceptance"]), "Suggested codes that reviewers accepted as they are"),
        "Reviews": (f"{metrics['reviewed']:,}", "Notes that coders reviewed and submitted"),
        "Auto rate": (
            percent(metrics["auto_rate"]),
            "Codes of batches that the model is sure enough of",
        ),
        "Notes in batches": (
            f"{metrics['notes']:,}",
            f"In {metrics['batches']:,} batches that ended in this period",
        ),
    }
    with st.container(horizontal=True, gap="medium"):
        for title, (value, meaning) in shown.items():
            st.metric(title, value, help=meaning, width="content")


def _reviews(metrics: Mapping[str, Any]) -> None:
    st.subheader("Precision by code", anchor=False)
    if not metrics["by_code"]:
        st.info("No reviews in this period. Code a note and submit your review; each decision counts here.")
        return
    st.caption("Share of suggestions that reviewers accepted, with the number of decisions; most reviewed codes first.")
    st.altair_chart(charts.precision(metrics["by_code"]))
    added = metrics["added"]
    if added:
        st.caption(f"Reviewers added {count(added, 'code')} that the model had not suggested.")
    if len(metrics["by_model"]) > 1:
        st.markdown("**Acceptance by model**")
        st.dataframe(charts.model_rows(metrics["by_model"]), hide_index=True)


def _mix(metrics: Mapping[str, Any]) -> None:
    st.subheader("Change in the notes", anchor=False)
    index = metrics["drift"]
    st.markdown(drift(index, metrics["codes"]))
    if index is not None:
        st.caption(
            f"Population stability index {index:.2f} between the chapters of the newest quarter of codes and the rest; "
            "below 0.10 is stable, from 0.25 large."
        )
    if metrics["code_mix"]:
        st.altair_chart(charts.mix(metrics["code_mix"]))
    if metrics["training_drift"]:
        _training(metrics["training_drift"])


def _training(found: Mapping[str, Any]) -> None:
    st.markdown("**Against the training notes**")
    st.dataframe(charts.training_rows(found), hide_index=True, placeholder="-")
    notes = " and ".join(f"{number:,} {name}" for name, number in found["sources"].items())
    st.caption(
        f"Stability index against {notes}, like those that the model was trained on. They are no notes of yours, so "
        f"it is seldom small: watch whether it moves. {percent(found['auto_rate'])} of their codes were routed to auto."
    )


def _versions(metrics: Mapping[str, Any]) -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Model **{metrics['model_version']}**, code set of **{metrics['code_set_release']}**", width="stretch"
        )
        link = metrics.get("mlflow_url") or os.environ.get("CHARTCODE_MLFLOW_URL")
        if link:
            st.link_button("Model runs in MLflow", link, icon=":material/open_in_new:")
