"""Clinical note in, ICD-10-CM codes out, each with the words that justify it."""

from typing import TYPE_CHECKING

from chartcode.errors import ArtefactError, ChartcodeError, NoteRejected, UnknownCodeError
from chartcode.note import MAX_NOTE_CHARACTERS, Note
from chartcode.result import NoteResult

if TYPE_CHECKING:
    from chartcode.coder import Coder
else:

    def __getattr__(name: str) -> object:
        """Import the coder when it is first asked for: de-identification loads without its libraries."""
        if name != "Coder":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from chartcode.coder import Coder

        return Coder


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
