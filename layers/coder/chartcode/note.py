"""A note as it comes in, checked before anything reads it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from chartcode.errors import NoteRejected

MAX_NOTE_CHARACTERS = 200_000


class Note(BaseModel):
    """A clinical note with what is known of the patient.

    Age is in years. Sex is ``F`` or ``M`` where known.
    """

    model_config = ConfigDict(frozen=True)

    text: str = Field(repr=False)
    id: str | None = None
    age: float | None = Field(default=None, ge=0, le=130)
    sex: str | None = Field(default=None, pattern="^[FM]$")


def check(text: str) -> None:
    """Raise `NoteRejected` unless `text` can be coded."""
    if len(text) > MAX_NOTE_CHARACTERS:
        raise NoteRejected(
            "too_long",
            f"The note has {len(text)} characters; at most {MAX_NOTE_CHARACTERS} are coded. Split it by encounter.",
        )
    if "\x00" in text:
        raise NoteRejected("not_text", "The note holds NUL bytes: it is not plain text.")
    if not any(character.isalpha() for character in text):
        raise NoteRejected("empty", "The note has no words.")
