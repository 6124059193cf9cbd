"""How a code is drawn in a list: its label, its confidence and flags, its evidence and the rules that touched it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import streamlit as st

from frontend.exports import evidence
from frontend.wording import ROUTES, count, literal, percent


def row_label(code: Mapping[str, Any], prefix: str = "") -> str:
    """Return a code and its description as Markdown."""
    return f"{prefix} **{code['code']}** {literal(code['description'])}".strip()


def facts(code: Mapping[str, Any]) -> str:
    """Return the confidence of a suggested code, as bar and number, and its flags, as HTML."""
    share = percent(code["probability"])
    route = code.get("route", "review")
    flags = [f'<span class="flag {html.escape(route)}">{ROUTES.get(route, route)}</span>', "<span>Billable</span>"]
    if code.get("edits"):
        flags.append(f"<span>{count(len(code['edits']), 'edit')}</span>")
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{code["probability"]:.0%}"></i></span>'
    return f'<div class="facts">{bar}<span class="unseen">Confidence</span><b>{share}</b>{"".join(flags)}</div>'


def draw_facts(code: Mapping[str, Any]) -> None:
    """Draw the confidence and the flags of a suggested code."""
    st.html(facts(code))


def draw_reasons(code: Mapping[str, Any]) -> None:
    """Draw the words that justify a code, and every rule that touched it with its guideline section."""
    words = "".join(f"<q>{html.escape(each)}</q>" for each in evidence(code))
    edits = "".join(
        f"<li>{html.escape(edit['reason'])} <cite>Guideline {html.escape(edit['guideline'])}</cite></li>"
        for edit in code.get("edits", ())
    )
    st.html(f'<div class="reasons"><p>{words}</p>{f"<ul>{edits}</ul>" if edits else ""}</div>')
