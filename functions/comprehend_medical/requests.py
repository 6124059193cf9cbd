"""What a caller may send, in Comprehend Medical's names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from comprehend_medical.errors import ServiceError, invalid

Status = Literal["SUBMITTED", "IN_PROGRESS", "COMPLETED", "PARTIAL_SUCCESS", "FAILED", "STOP_REQUESTED", "STOPPED"]
_NAME = r"^([\p{L}\p{Z}\p{N}_.:/=+\-%@]*)$"
_Request = TypeVar("_Request", bound=BaseModel)


class Infer(BaseModel):
    """InferICD10CM."""

    Text: str = Field(min_length=1, repr=False)


class DataConfig(BaseModel):
    """A place in S3."""

    S3Bucket: str
    S3Key: str = Field(default="", max_length=1024)


class StartJob(BaseModel):
    """StartICD10CMInferenceJob."""

    InputDataConfig: DataConfig
    OutputDataConfig: DataConfig
    DataAccessRoleArn: str = Field(pattern=r"^arn:aws(-[^:]+)?:iam::[0-9]{12}:role/.+$", max_length=2048)
    LanguageCode: Literal["en"]
    JobName: str | None = Field(default=None, min_length=1, max_length=256, pattern=_NAME)
    ClientRequestToken: str | None = Field(default=None, min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9-]+$")
    KMSKey: str | None = None


class JobOfId(BaseModel):
    """DescribeICD10CMInferenceJob and StopICD10CMInferenceJob."""

    JobId: str = Field(min_length=1, max_length=32, pattern=_NAME)


class JobFilter(BaseModel):
    """Which jobs to list; at most one of them."""

    JobName: str | None = None
    JobStatus: Status | None = None
    SubmitTimeBefore: AwareDatetime | None = None
    SubmitTimeAfter: AwareDatetime | None = None


class ListJobs(BaseModel):
    """ListICD10CMInferenceJobs."""

    Filter: JobFilter = JobFilter()
    NextToken: str | None = None
    MaxResults: int = Field(default=100, ge=1, le=500)


def read(body: bytes) -> dict[str, Any]:
    """Return the fields of a JSON body; `ServiceError` if it is none."""
    try:
        fields = json.loads(body or b"{}")
    except UnicodeDecodeError:
        raise ServiceError("InvalidEncodingException", "The body is not UTF-8.") from None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.")
    return fields


def parse(model: type[_Request], fields: Mapping[str, Any]) -> _Request:
    """Return the fields as `model`; `ServiceError` names those that are wrong, never their values."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)
    if found[0]["type"] == "string_unicode":
        raise ServiceError("InvalidEncodingException", f"{_place(found[0])} is not text that UTF-8 can hold.")
    message = "; ".join(f"{_place(each)}: {each['msg']}" for each in found[:5])
    if found[0]["loc"][0] == "Filter":
        raise ServiceError("ValidationException", message)
    raise invalid(message)


def _place(error: Mapping[str, Any]) -> str:
    return ".".join(map(str, error["loc"]))
