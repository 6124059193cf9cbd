"""The note on the page: its text, the API's answer, the decisions taken, and the code that is selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import streamlit as st

from frontend import highlight
from frontend.review import Decision, Review

KEY = "coded_note"


@dataclass
class CodedNote:
    """A note that the API has coded."""

    text: str = field(repr=False)
    note_id: str
    age: float | None
    sex: str | None
    answer: Mapping[str, Any] = field(repr=False)
    review: Review = field(init=False, repr=False)
    earlier: Sequence[Mapping[str, Any]] = ()  # reviews of this note before
    selected: str | None = None
    _stored: tuple[str, dict[str, Decision]] | None = None

    def __post_init__(self) -> None:
        self.review = Review(self.answer["codes"], self.answer.get("not_billed", ()))

    @property
    def patient(self) -> str:
        """Age and sex in words, where they were given."""
        sex = {"F": "female", "M": "male"}.get(self.sex or "", "")
        age = f"{self.age:g} years" if self.age is not None else ""
        return ", ".join(filter(None, (age, sex)))

    @property
    def stored(self) -> str | None:
        """Id of the review that holds the decisions as they stand, once it is submitted."""
        return self._stored[0] if self._stored and self._stored[1] == self.review.decisions else None

    def store(self, review_id: str) -> None:
        """Remember that the decisions as they stand are submitted."""
        self._stored = review_id, dict(self.review.decisions)

    @cached_property
    def html(self) -> str:
        """The note with its mentions marked."""
        return highlight.mark(self.text, highlight.spans(self.answer))

    def select(self, code: str) -> None:
        """Select a code, or no code if it was the selected one."""
        self.selected = None if self.selected == code else code

    def step(self, by: int) -> None:
        """Select the next (1) or the previous (-1) suggested code."""
        codes = [code["code"] for code in self.review.suggested]
        if codes:
            at = codes.index(self.selected) + by if self.selected in codes else 0
            self.selected = codes[at % len(codes)]

    def readings(self, code: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the other codes that the words of a code's evidence may stand for, the likeliest first."""
        found: dict[str, Mapping[str, Any]] = {}
        for entity in self.answer["entities"]:
            if any(entity["begin"] < each["end"] and each["begin"] < entity["end"] for each in code["evidence"]):
                for reading in entity["codes"]:
                    found.setdefault(reading["code"], reading)
        found.pop(code["code"], None)
        return sorted(found.values(), key=lambda reading: -float(reading["probability"]))


def current() -> CodedNote | None:
    """Return the note on the page."""
    found: CodedNote | None = st.session_state.get(KEY)
    return found


def keep(note: CodedNote) -> None:
    """Put a note on the page."""
    st.session_state[KEY] = note


def forget() -> None:
    """Take the note off the page."""
    st.session_state.pop(KEY, None)
