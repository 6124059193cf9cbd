"""The codes of the note on the page: a coder selects, accepts, rejects, replaces and adds them here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from frontend import code_picker, coded_note, export_menu, review_form, spotlight
from frontend.code_row import draw_facts, draw_reasons, row_label
from frontend.coded_note import CodedNote
from frontend.review import Decision, Review
from frontend.wording import count, literal, percent

REASONS = (
    "Not documented in the note",
    "Not assessed in this encounter",
    "Denied, ruled out or uncertain",
    "Not specific enough",
    "Too specific",
    "Already covered by another code",
)
MAX_READINGS = 4
DECIDED = {"accept": ":green-badge[Accepted]", "reject": ":red-badge[Rejected]", "replace": ":blue-badge[Replaced]"}


@st.fragment
def panel() -> None:
    """Draw the codes; what happens here draws nothing else again."""
    note = coded_note.current()
    if note is None:
        return
    spotlight.show(note.selected, on_pick=lambda codes: note.select(codes[0]))
    _head(note)
    for position, code in enumerate(note.review.suggested, start=1):
        _suggested(note, position, code)
    for decision in note.review.added:
        _added(note, decision)
    if not note.review.suggested:
        st.info("No billable code was found. The note shows what was recognised, and how it is asserted.")
    _tools(note)
    _mentioned(note)
    review_form.draw(note)


def _head(note: CodedNote) -> None:
    review = note.review
    to_review = sum(code.get("route") == "review" for code in review.suggested)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(count(len(review.final()), "code"), anchor=False)
        none = not review.suggested
        st.button("Previous", shortcut="K", on_click=note.step, args=(-1,), disabled=none)
        st.button("Next", shortcut="J", on_click=note.step, args=(1,), disabled=none)
        export_menu.draw(note)
    auto = len(review.suggested) - to_review
    decided = len(review.suggested) - len(review.undecided)
    st.caption(f"{auto} auto, {to_review} to review · {decided} of {len(review.suggested)} decided")


def _suggested(note: CodedNote, position: int, code: Mapping[str, Any]) -> None:
    decision = note.review.decisions.get(code["code"])
    selected = note.selected == code["code"]
    with st.container(border=True, gap="xsmall", key=f"code-{position}{'-selected' if selected else ''}"):
        with st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="xsmall"):
            _select_button(note, code, f"{position}.")
            if decision is None and not selected:
                _quick_buttons(note.review, code["code"])
            elif decision is not None:
                st.markdown(DECIDED[decision.action], width="content")
        draw_facts(code)
        if decision is not None and decision.action == "replace":
            st.markdown(f"Replaced with **{decision.replacement}** {literal(decision.description)}")
        if selected:
            _details(note, code, decision)


def _select_button(note: CodedNote, code: Mapping[str, Any], prefix: str = "") -> None:
    st.button(
        row_label(code, prefix),
        key=f"select-{code['code']}",
        type="tertiary",
        width="stretch",
        wrap=True,
        on_click=note.select,
        args=(code["code"],),
    )


def _quick_buttons(review: Review, code: str) -> None:
    _icon_button(f"Accept {code}", "check", review.decide, Decision("accept", code))
    _icon_button(f"Reject {code}", "close", review.decide, Decision("reject", code))


def _icon_button(words: str, icon: str, on_click: Callable[..., None], *args: Any) -> None:
    """Draw a button that shows its icon, and says its words to those who point at it or do not see it."""
    key = "icon-" + words.replace(" ", "-")
    st.button(words, key=key, icon=f":material/{icon}:", help=words, on_click=on_click, args=args)


def _details(note: CodedNote, code: Mapping[str, Any], decision: Decision | None) -> None:
    draw_reasons(code)
    _actions(note, code, decision)
    if decision is not None and decision.action in ("reject", "replace"):
        _reason(note.review, decision)
    listed = {each.code for each in note.review.final()}
    readings = [reading for reading in note.readings(code) if reading["code"] not in listed]
    if readings:
        st.caption("Other readings of these words")
    for reading in readings[:MAX_READINGS]:
        st.button(
            f"**{reading['code']}** {literal(reading['description'])} ({percent(reading['probability'])})",
            key=f"reading-{code['code']}-{reading['code']}",
            type="tertiary",
            icon=":material/swap_horiz:",
            wrap=True,
            help=f"Replace {code['code']} with {reading['code']}",
            on_click=_replace,
            args=(note.review, code["code"], reading),
        )


def _replace(review: Review, code: str, by: Mapping[str, Any]) -> None:
    review.decide(Decision("replace", code, by["code"], by["description"]))


def _actions(note: CodedNote, code: Mapping[str, Any], decision: Decision | None) -> None:
    name = code["code"]
    taken = decision.action if decision else None
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Accept",
            key=f"do-accept-{name}",
            shortcut="A",
            type="primary" if taken is None else "secondary",
            disabled=taken == "accept",
            on_click=_decide,
            args=(note, Decision("accept", name), 1),
        )
        st.button(
            "Reject",
            key=f"do-reject-{name}",
            shortcut="X",
            disabled=taken == "reject",
            on_click=_decide,
            args=(note, Decision("reject", name)),
        )
        if st.button("Replace", key=f"do-replace-{name}", shortcut="E"):
            code_picker.replace(note, code)


def _decide(note: CodedNote, decision: Decision, step: int = 0) -> None:
    """Decide on the selected code; a key also reaches the card before, until the page is drawn anew."""
    if note.selected == decision.code:
        note.review.decide(decision)
        if step:
            note.step(step)


def _reason(review: Review, decision: Decision) -> None:
    key = f"reason-{decision.code}"

    def take() -> None:
        review.amend(decision.code, (st.session_state[key] or "")[:500])

    st.selectbox(
        "Reason (optional)",
        REASONS,
        index=REASONS.index(decision.reason) if decision.reason in REASONS else None,
        key=key,
        placeholder="Choose one, or write your own without words of the note",
        accept_new_options=True,
        on_change=take,
    )


def _added(note: CodedNote, decision: Decision) -> None:
    with (
        st.container(border=True, key=f"added-{decision.code.replace('.', '-')}"),
        st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall"),
    ):
        _select_button(note, {"code": decision.code, "description": decision.description}, "+")
        st.markdown(":violet-badge[Added]", width="content")
        _icon_button(f"Take {decision.code} off the list", "close", note.review.withdraw, decision.code)


def _tools(note: CodedNote) -> None:
    review = note.review
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("Add a code", icon=":material/add:"):
            code_picker.add(note)
        st.button(
            "Accept the rest", icon=":material/done_all:", disabled=not review.undecided, on_click=review.accept_rest
        )
        st.button("Undo", icon=":material/undo:", shortcut="Z", disabled=not review.can_undo, on_click=review.undo)


def _mentioned(note: CodedNote) -> None:
    codes = [code for code in note.review.mentioned if code["code"] not in note.review.decisions]
    if not codes:
        return
    with st.expander(f"Mentioned, not billed ({len(codes)})", expanded=note.selected in {c["code"] for c in codes}):
        for code in codes:
            with st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="xsmall"):
                _select_button(note, code)
                st.button(
                    "Bill",
                    key=f"bill-{code['code']}",
                    help=f"Add {code['code']} to the codes",
                    on_click=note.review.add,
                    args=(code["code"], code["description"]),
                )
            st.caption(f"{literal(code['edit']['reason'])} Guideline {code['edit']['guideline']}")
