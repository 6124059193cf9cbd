"""Lights up the evidence of a code in the note, and says which mention was clicked. The note is not drawn again."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_SCRIPT = """
export default function({ data, setTriggerValue }) {
  const note = document.querySelector(".note");
  if (!note) return;
  note.querySelectorAll("mark.lit").forEach((each) => each.classList.remove("lit"));
  const lit = data.code ? [...note.querySelectorAll(`mark[data-codes~="${CSS.escape(data.code)}"]`)] : [];
  lit.forEach((each) => each.classList.add("lit"));
  const box = note.getBoundingClientRect();
  const isSeen = (each) => {
    const place = each.getBoundingClientRect();
    return place.top >= box.top && place.bottom <= box.bottom;
  };
  if (lit.length && !lit.some(isSeen)) {
    const top = lit[0].getBoundingClientRect().top - box.top + note.scrollTop - note.clientHeight / 3;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    note.scrollTo({ top, behavior: still ? "instant" : "smooth" });
  }
  const pick = (event) => {
    const codes = event.target.closest(".mention")?.dataset.codes;
    if (codes) setTriggerValue("picked", codes);
  };
  note.onclick = pick;
  note.onkeydown = (event) => {
    if (event.key === "Enter") pick(event);
    if (event.key === "Escape") document.activeElement.blur();
  };
}
"""

_component = st.components.v2.component("chartcode_spotlight", js=_SCRIPT)


def show(code: str | None, on_pick: Callable[[list[str]], None]) -> None:
    """Light up the evidence of `code`; call `on_pick` with the codes of a mention that is clicked."""

    def picked() -> None:
        codes = st.session_state["spotlight"].get("picked")
        if codes:
            on_pick(codes.split())

    _component(key="spotlight", data={"code": code}, on_picked_change=picked)
