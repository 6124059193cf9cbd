"""What the calculation starts from: measured times, the template's sizes, and assumptions that say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from samtranslator.yaml_helper import yaml_parse

from local.settings import ROOT

MEASURED = Path(__file__).with_name("measured.json")
BENCH = ROOT / ".local" / "bench.json"  # written by training/bench.py

Positive = Annotated[float, Field(gt=0)]


class Measured(BaseModel):
    """Times and sizes of a 300-word note, from ``make bench`` on this machine or else from ``measured.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: str
    source: str
    note_ms: Annotated[Positive, Field(description="ms to code a note, one thread")]
    cold_start_s: Annotated[Positive, Field(description="s from import to ready")]
    note_characters: Annotated[int, Field(gt=0, description="characters of a note")]
    result_bytes: Annotated[int, Field(gt=0, description="bytes of a note's result (JSON)")]
    fhir_bytes: Annotated[int, Field(gt=0, description="bytes of a note's FHIR bundle")]
    publish_ms: Annotated[Positive, Field(description="ms of one core to publish a note's result")]
    prepare_base_s: Annotated[Positive, Field(description="s that a Spark job takes for hardly any note")]
    prepare_ms: Annotated[Positive, Field(description="ms of one core to prepare a note in Spark")]

    @classmethod
    def load(cls, file: Path = MEASURED, bench: Path = BENCH) -> Self:
        """Return the measurements of `file`, the times replaced by those of `bench` where that was run."""
        measured = json.loads(file.read_text(encoding="utf-8"))
        if bench.is_file():
            timed = json.loads(bench.read_text(encoding="utf-8"))
            measured |= {"note_ms": timed["whole note, ms"], "cold_start_s": timed["import to ready, s"]}
            measured["source"] = f"make bench on this machine (times of a note), and {measured['source']}"
        return cls.model_validate(measured)


class Assumed(BaseModel):
    """What nobody has measured on AWS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batches_a_month: Annotated[int, Field(gt=0, description="batches a month, at least")] = 30
    notes_per_file: Annotated[int, Field(gt=0, description="notes in a dropped file")] = 100
    largest_batch: Annotated[int, Field(gt=0, description="notes in a batch at most (functions/plan_batch)")] = 500_000
    api_cold_share: Annotated[float, Field(ge=0, le=1, description="share of API calls that meet a cold start")] = 0.01
    request_log_bytes: Annotated[int, Field(ge=0, description="bytes logged for an API call")] = 1_000
    child_log_bytes: Annotated[int, Field(ge=0, description="bytes logged for a child of the Map")] = 5_000
    glue_log_bytes: Annotated[int, Field(ge=0, description="bytes logged for a Glue run")] = 200_000
    audit_bytes: Annotated[int, Field(ge=0, description="bytes of a note's entry in the audit table")] = 500
    stored_log_share: Annotated[float, Field(ge=0, le=1, description="of a log's bytes, stored compressed")] = 0.2
    traced_share: Annotated[float, Field(ge=0, le=1, description="share of requests that X-Ray traces")] = 0.05
    s3_ms: Annotated[float, Field(gt=0, description="ms of an S3 or DynamoDB request")] = 20
    glue_setup_s: Annotated[float, Field(ge=0, description="s of a Glue coding run before its first note")] = 90
    bucket_key_share: Annotated[float, Field(ge=0, le=1, description="KMS requests per S3 request")] = 0.01
    polls_a_month: Annotated[int, Field(ge=0, description="SQS requests of Lambda's idle pollers a month")] = 648_000
    zones: Annotated[int, Field(gt=0, description="availability zones of a VPC endpoint")] = 2


class Deployment(BaseModel):
    """Sizes that the template, the workflow and the jobs set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_gb: float
    predict_gb: float
    publish_gb: float
    small_gb: float
    prepare_workers: int
    code_workers: int
    glue_threshold: int
    retention_months: float
    log_months: float
    audit_months: float
    shards_per_child: int
    workflow_states: int
    resources: dict[str, Any]

    @classmethod
    def read(cls, root: Path = ROOT) -> Self:
        """Return what ``template.yaml`` and the state machine of a checkout say."""
        template = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
        resources, parameters = template["Resources"], template["Parameters"]
        machine = json.loads((root / "statemachine" / "code_notes.asl.json").read_text(encoding="utf-8"))
        size = {
            name: resource["Properties"].get("MemorySize", template["Globals"]["Function"]["MemorySize"]) / 1024
            for name, resource in resources.items()
            if resource["Type"] == "AWS::Serverless::Function"
        }
        return cls(
            api_gb=size["ApiFunction"],
            predict_gb=size["PredictFunction"],
            publish_gb=size["PublishResultsFunction"],
            small_gb=size["StartBatchFunction"],
            prepare_workers=resources["PrepareNotesJob"]["Properties"]["NumberOfWorkers"],
            code_workers=resources["CodeNotesJob"]["Properties"]["NumberOfWorkers"],
            glue_threshold=parameters["GlueNoteThreshold"]["Default"],
            retention_months=parameters["ResultRetentionDays"]["Default"] / 30,
            log_months=parameters["LogRetentionDays"]["Default"] / 30,
            audit_months=parameters["AuditRetentionDays"]["Default"] / 30,
            shards_per_child=machine["States"]["Code notes"]["ItemBatcher"]["MaxItemsPerBatch"],
            workflow_states=_states_to_success(machine),
            resources=resources,
        )


def _states_to_success(machine: dict[str, Any]) -> int:
    """Return how many states a batch passes when all goes well."""
    name, passed = machine["StartAt"], 1
    while True:
        state = machine["States"][name]
        following = state.get("Next") or state.get("Default")
        if following is None:
            return passed
        name, passed = following, passed + 1
