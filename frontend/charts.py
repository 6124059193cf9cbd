"""The charts of the quality page, and the rows they are drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from frontend.wording import TRAINING_FIGURES, chapter, percent, stability

MAX_CODES = 12
MAX_CHAPTERS = 10
_NAMES = alt.Axis(labelLimit=200)
_GREY = "#4c5d69"  # Streamlit's own is a little too light to read
_NEWEST, _REFERENCE, _ALL, _TRAINING = "Newest quarter", "Before", "All notes of the period", "Training notes"
_SERIES = [_NEWEST, _REFERENCE, _ALL, _TRAINING]


def precision_rows(by_code: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the most reviewed codes, with how many of their suggestions were accepted."""
    rows = [
        {
            "Code": f"{each['code']} {each['description']}",
            "Accepted": each["accepted"],
            "Reviewed": each["accepted"] + each["rejected"] + each["replaced"],
            "Precision": each["precision"],
        }
        for each in by_code
        if each["precision"] is not None
    ]
    return sorted(rows, key=lambda row: (-row["Reviewed"], row["Precision"]))[:MAX_CODES]


def mix_rows(code_mix: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows for each chapter: its share of the newest codes, of those before, and of the training notes."""
    whole = all(each["reference_share"] is None for each in code_mix)
    series = {_ALL if whole else _NEWEST: "share", _REFERENCE: "reference_share", _TRAINING: "training_share"}
    return [
        {"Chapter": chapter(each["chapter"]), "Notes": name, "Share": each[key]}
        for each in code_mix
        for name, key in series.items()
        if each[key] is not None
    ]


def model_rows(by_model: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a version of the model."""
    return [
        {"Model": each["model_version"], "Reviewed": each["reviewed"], "Acceptance": percent(each["acceptance"])}
        for each in by_model
    ]


def training_rows(drift: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row for each figure that is compared with the model's training notes."""
    return [
        {
            "Compared": name,
            "Index": None if drift[key] is None else round(drift[key], 2),
            "Change": stability(drift[key]),
        }
        for key, name in TRAINING_FIGURES.items()
    ]


def precision(by_code: Iterable[Mapping[str, Any]]) -> alt.Chart:
    """Return bars of precision by code."""
    rows = precision_rows(by_code)
    tooltip = ["Code:N", "Accepted:Q", "Reviewed:Q", alt.Tooltip("Precision:Q", format=".0%")]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("Code:N", sort=None, title=None, axis=_NAMES),
        # Beyond 100 % there is room for the number of decisions.
        x=alt.X(
            "Precision:Q", scale=alt.Scale(domain=[0, 1.15]), axis=alt.Axis(format="%", values=[0, 0.5, 1]), title=None
        ),
    )
    bars = base.mark_bar(size=14).encode(tooltip=tooltip)
    counts = base.mark_text(align="left", dx=4).encode(text=alt.Text("Reviewed:Q"))
    return _legible((bars + counts).properties(height=_height(rows)))


def mix(code_mix: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return groups of bars: each chapter's share of the newest codes, beside its share before and in training."""
    rows = mix_rows(code_mix[:MAX_CHAPTERS])
    return _legible(
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y("Chapter:N", sort=None, title=None, axis=_NAMES),
            yOffset=alt.YOffset("Notes:N", sort=_SERIES),
            x=alt.X("Share:Q", axis=alt.Axis(format="%"), title=None),
            color=alt.Color("Notes:N", sort=_SERIES, legend=alt.Legend(orient="top", title=None)),
            tooltip=["Chapter:N", "Notes:N", alt.Tooltip("Share:Q", format=".1%")],
        )
        .properties(height=_height(code_mix[:MAX_CHAPTERS]) + 60)
    )


def _legible(chart: alt.Chart) -> alt.Chart:
    return chart.configure_axis(labelColor=_GREY).configure_legend(labelColor=_GREY)


def _height(rows: Sequence[Any]) -> int:
    return 50 + 28 * len(rows)
