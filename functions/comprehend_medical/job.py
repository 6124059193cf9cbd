"""A job: a batch that was asked for in Comprehend Medical's words."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict

from comprehend_medical.requests import DataConfig, Status

TYPE = "ICD10CM"
# Notes under this prefix start no batch by themselves, and the jobs' output lies under it in the results bucket.
PREFIX = "jobs/"
STOPPED = "Stopped"
_STATUS: dict[str, Status] = {
    "SUCCEEDED": "COMPLETED",
    "PARTIAL_SUCCESS": "PARTIAL_SUCCESS",
    "FAILED": "FAILED",
}


class Job(BaseModel):
    """What the item of a batch holds of its job (``comprehend_job``)."""

    model_config = ConfigDict(frozen=True)

    JobId: str
    JobName: str | None = None
    AccountId: str
    InputDataConfig: DataConfig
    OutputDataConfig: DataConfig
    DataAccessRoleArn: str
    LanguageCode: str

    @property
    def name(self) -> str:
        """``<account>-<type>-<id>``, as AWS names the folder of the output."""
        return f"{self.AccountId}-{TYPE}-{self.JobId}"

    @property
    def folder(self) -> str:
        """Prefix of the job's output in the results bucket."""
        return f"{self.OutputDataConfig.S3Key.rstrip('/')}/{self.name}/"

    @property
    def manifest(self) -> str:
        """Key of the manifest that sums the job up."""
        return f"{self.folder}Manifest"

    def output_of(self, key: str) -> str:
        """Return the key of the output of an input file; folders below the input's prefix are kept."""
        given = self.InputDataConfig.S3Key
        name = PurePosixPath(key).name if key == given else key.removeprefix(f"{given.rstrip('/')}/")
        return f"{self.folder}{name}.out"


def ended_status(summary: dict[str, Any]) -> Status:
    """Return the status of a job whose batch has ended with `summary`."""
    return "STOPPED" if summary["error"] == STOPPED else _STATUS[summary["status"]]
