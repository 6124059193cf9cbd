"""What a caller sends about reviews, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from chartcode import MAX_NOTE_CHARACTERS
from chartcode.codeset import normalise
from chartcode.result import Route

Action = Literal["accept", "reject", "replace", "add"]
IcdCode = Annotated[str, Field(min_length=1, max_length=10), AfterValidator(normalise)]
NoteId = Annotated[str, Field(min_length=1, max_length=200)]
# A transaction takes 100 items: one for each code, and at most three more.
MOST_DECISIONS = 90


class Span(BaseModel):
    """Offsets of evidence in the note: ``text[begin:end]``."""

    model_config = ConfigDict(extra="forbid")

    begin: int = Field(ge=0, le=MAX_NOTE_CHARACTERS)
    end: int = Field(ge=0, le=MAX_NOTE_CHARACTERS)


class Decision(BaseModel):
    """What the reviewer decided on one code."""

    model_config = ConfigDict(extra="forbid")

    code: IcdCode
    action: Action
    replacement: IcdCode | None = Field(default=None, description="The right code, where it is replaced")
    reason: str | None = Field(default=None, max_length=500, description="Why; do not quote the note")
    probability: float | None = Field(default=None, ge=0, le=1, description="As the code was suggested")
    route: Route | None = Field(default=None, description="As the code was suggested")
    evidence: list[Span] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _replaced(self) -> Self:
        if (self.action == "replace") != (self.replacement is not None):
            raise ValueError("A replaced code has a replacement, and no other has one")
        return self

    @property
    def final(self) -> str | None:
        """The code that stands after the review; None if none does."""
        return None if self.action == "reject" else self.replacement or self.code


class ReviewRequest(BaseModel):
    """A coder's review of one note."""

    model_config = ConfigDict(extra="forbid")

    note_id: NoteId
    reviewer: str = Field(min_length=1, max_length=100)
    request_id: str | None = Field(default=None, max_length=64, description="Of the answer that was reviewed")
    model_version: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Of the answer that was reviewed"
    )
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_NOTE_CHARACTERS,
        repr=False,
        description="The note, only if it may be kept (encrypted) for training",
    )
    decisions: list[Decision] = Field(max_length=MOST_DECISIONS, description="One for each code")

    @model_validator(mode="after")
    def _each_code_once(self) -> Self:
        if len({decision.code for decision in self.decisions}) < len(self.decisions):
            raise ValueError("Each code may be decided once")
        return self


class ReviewAccepted(BaseModel):
    """A review that was recorded; the same one again gets the same answer."""

    review_id: str
    created: str = Field(json_schema_extra={"format": "date-time"})
    decisions: int


class Review(BaseModel):
    """A recorded review: who, when, what and why; never the note."""

    review_id: str
    note_id: str
    created: str = Field(json_schema_extra={"format": "date-time"})
    reviewer: str
    request_id: str | None = None
    model_version: str
    decisions: list[Decision]


class ReviewList(BaseModel):
    """The reviews of a note, newest first."""

    reviews: list[Review]


class ReviewsQuery(BaseModel):
    """Query of the reviews of a note."""

    model_config = ConfigDict(extra="forbid")

    note_id: NoteId


class Export(BaseModel):
    """Reviewed notes as training data."""

    notes: int
    url: str = Field(description="Presigned JSONL: needs no key, and works for an hour")
