"""ICD-10-CM on the page: search, the way down from a chapter, and what the Tabular List says of a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

from frontend import session
from frontend.wording import literal

Go = Callable[[str | None], None]

NOTES = {
    "includes": "Includes",
    "inclusion_terms": "Inclusion terms",
    "excludes1": "Excludes1: never coded together",
    "excludes2": "Excludes2: not included here, may be coded too",
    "code_first": "Code first",
    "use_additional": "Use additional code",
    "code_also": "Code also",
}


def describe(code: str, key: str) -> dict[str, Any] | None:
    """Return everything about `code`; None, with the reason on the page, where there is no answer."""
    return session.ask(lambda api: api.code(code), key)


def draw_search(words: str, go: Go, key: str) -> None:
    """Draw what a search finds."""
    found = session.ask(lambda api: api.search(words), f"{key}-search")
    if found is None:
        return
    if not found["codes"]:
        st.info("Nothing found. Try fewer words, another spelling, or the beginning of a code such as E11.")
    _list(found["codes"], go, f"{key}-found")


def draw_chapters(go: Go, key: str) -> None:
    """Draw the chapters of the classification."""
    found = session.ask(lambda api: api.chapters(), f"{key}-chapters")
    if found is not None:
        _list(found["chapters"], go, f"{key}-chapter")


def draw_way(code: Mapping[str, Any], go: Go, key: str) -> None:
    """Draw the way from the chapters down to `code`; each step of it can be gone to."""
    with st.container(horizontal=True, gap="xxsmall", key=f"{key}-way"):
        st.button("Chapters", key=f"{key}-top", type="tertiary", on_click=go, args=(None,))
        for position, step in enumerate(code["ancestors"]):
            name = step["code"]
            st.button(
                f"› Chapter {name}" if position == 0 else f"› {name}",
                key=f"{key}-up-{name}",
                type="tertiary",
                help=literal(step["description"]),
                on_click=go,
                args=(name,),
            )


def draw_children(code: Mapping[str, Any], go: Go, key: str) -> None:
    """Draw the codes directly under `code`."""
    _list(code["children"], go, f"{key}-child")


def draw_notes(code: Mapping[str, Any]) -> None:
    """Draw the notes of the Tabular List on `code`."""
    for name, title in NOTES.items():
        lines = code.get(name) or ()
        lines = [lines] if isinstance(lines, str) else lines
        if lines:
            st.markdown(f"**{title}**\n\n" + "\n".join(f"- {literal(line)}" for line in lines))
    seventh = code.get("seventh_character") or {}
    if seventh:
        st.markdown("**7th character**\n\n" + "\n".join(f"- **{k}** {literal(v)}" for k, v in seventh.items()))


def _list(codes: Iterable[Mapping[str, Any]], go: Go, key: str) -> None:
    with st.container(gap=None):
        for code in codes:
            st.button(
                label(code),
                key=f"{key}-{code['code']}",
                type="tertiary",
                wrap=True,
                width="stretch",
                on_click=go,
                args=(code["code"],),
            )


def label(code: Mapping[str, Any]) -> str:
    """Return a code as Markdown: description, whether it is billable, and the term that a search matched."""
    words = f"**{code['code']}** {literal(code['description'])}"
    matched = code.get("matched", "")
    if matched.lower() not in f"{code['code']} {code['description']}".lower():
        words += f" :gray[({literal(matched)})]"
    return f"{words} :green-badge[Billable]" if code.get("billable") else words
