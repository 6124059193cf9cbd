"""Clinical note in, ICD-10-CM codes out, each with the words that justify it."""

from chartcode.coder import Coder
from chartcode.errors import ArtefactError, ChartcodeError, NoteRejected, UnknownCodeError
from chartcode.note import MAX_NOTE_CHARACTERS, Note
from chartcode.result import NoteResult

__all__ = [
    "MAX_NOTE_CHARACTERS",
    "ArtefactError",
    "ChartcodeError",
    "Coder",
    "Note",
    "NoteRejected",
    "NoteResult",
    "UnknownCodeError",
]
