"""What a caller sends about batches, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from chartcode_aws.batch_table import Status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chartcode.result import ModelInfo

Engine = Literal["lambda", "glue"]
Format = Literal["json", "csv", "fhir"]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._ -]+\.(txt|jsonl|csv|parquet)$", max_length=128)]


def _different(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("Each name may occur once")
    return names


class BatchRequest(BaseModel):
    """A batch to be uploaded and coded."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=100, description="For people, in lists")
    files: Annotated[list[FileName], AfterValidator(_different)] = Field(
        min_length=1,
        max_length=100,
        description="Names of the files that will be uploaded; .txt holds one note, the others many",
        json_schema_extra={"uniqueItems": True},
    )
    engine: Engine | None = Field(default=None, description="What codes the notes; else their number decides")


class ListQuery(BaseModel):
    """Query of the list of batches."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)
    next: str | None = Field(
        default=None, pattern=r"^[0-9TZ:.-]{20,40}_[A-Za-z0-9_-]{1,80}$", description="``next`` of the page before"
    )


class ResultsQuery(BaseModel):
    """Query of a batch's results."""

    model_config = ConfigDict(extra="forbid")

    format: Format = "json"
    next: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,80}$", description="``next`` of the page before")


class Upload(BaseModel):
    """Where one file is to be uploaded."""

    file: str
    url: str = Field(description="Presigned: needs no key, and works until it expires")
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str] = Field(default={}, description="To be sent with the file")
    expires: str = Field(json_schema_extra={"format": "date-time"})


class BatchAccepted(BaseModel):
    """A new batch; it starts by itself when the last of its files is uploaded."""

    id: str
    status: Status
    created: str = Field(json_schema_extra={"format": "date-time"})
    uploads: list[Upload]


class Counts(BaseModel):
    """What became of each note: read = accepted + quarantined + duplicates; accepted = coded + failed at the end."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    coded: int = 0
    failed: int = 0


class BatchState(BaseModel):
    """A batch, and how far it is."""

    id: str
    name: str
    status: Status
    created: str = Field(json_schema_extra={"format": "date-time"})
    started: str | None = Field(default=None, json_schema_extra={"format": "date-time"})
    finished: str | None = Field(default=None, json_schema_extra={"format": "date-time"})
    files: int
    missing_files: list[str] | None = Field(default=None, description="Files not uploaded yet, while it waits for them")
    counts: Counts
    reasons: dict[str, int] = Field(default={}, description="Why notes are quarantined, and how many for each reason")
    error: str | None = Field(default=None, description="Name of the error that ended it early")
    model: ModelInfo | None = Field(default=None, description="The model that coded it")


class BatchList(BaseModel):
    """Batches, newest first."""

    batches: list[BatchState]
    next: str | None = Field(default=None, description="Where the next page begins; absent on the last one")


class ResultFile(BaseModel):
    """A file of results."""

    name: str
    url: str = Field(description="Presigned: needs no key, and works for an hour")
    bytes: int


class BatchResults(BaseModel):
    """Where the results of a batch can be downloaded."""

    id: str
    format: Format
    files: list[ResultFile]
    next: str | None = Field(default=None, description="Where the next page begins; absent on the last one")


class QuarantinedRecord(BaseModel):
    """A record that was not coded."""

    file: str
    record: int | None = Field(default=None, description="Line or row of the file; absent where it is the whole file")
    reason: str


class Quarantine(BaseModel):
    """The records of a batch that were not coded, at most 1,000 of them."""

    id: str
    records: list[QuarantinedRecord]
