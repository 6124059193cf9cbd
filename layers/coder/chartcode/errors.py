"""What can go wrong when a note is coded. No message ever holds text of a note."""

from __future__ import annotations

from typing import Literal

RejectionReason = Literal["empty", "too_long", "not_text"]


class ChartcodeError(Exception):
    """Base of every error that chartcode raises on purpose."""


class ArtefactError(ChartcodeError):
    """The model artefact is missing or damaged; the message says what to run."""


class RuleFileError(ChartcodeError):
    """A rule file does not follow its schema; the message names the file and the field."""


class UnknownCodeError(ChartcodeError):
    """The code is not in this release of ICD-10-CM."""

    def __init__(self, code: str, code_set: str) -> None:
        super().__init__(f"{code[:10]} is not a code of {code_set}.")
        self.code = code


class NoteRejected(ChartcodeError):  # noqa: N818  (a verdict on the note, in the words of the batch summary)
    """The note cannot be coded.

    Parameters
    ----------
    reason
        Machine-readable reason, as it stands in quarantine records and problem details.
    message
        What to do about it.
    """

    def __init__(self, reason: RejectionReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
