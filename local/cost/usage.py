"""How much of everything a month of notes uses, on each path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from local.cost.inputs import Assumed, Deployment, Measured
from local.cost.prices import Usage

Architecture = Literal["x86_64", "arm64"]
Engine = Literal["lambda", "glue"]

NOTES_PER_SHARD = 25  # glue/prepare_notes.py, which only Spark can import
CORES_PER_WORKER = 4  # a G.1X worker: 4 vCPUs, 1 DPU
FULL_CORE_GB = 1769 / 1024  # memory at which Lambda gives a whole vCPU
HOURS_A_MONTH = 730
GB = 2**30
# Requests of a batch that do not grow with it: manifest, counts, plan, results of the Map, table of codes, summary.
FIXED_PUTS, FIXED_GETS, FIXED_WRITES, FIXED_READS = 15, 10, 8, 4
UNIT_CHARACTERS = 100  # what Comprehend Medical charges for
GLUE_MINIMUM_S = 60
AUDIT_COPIES = 2  # of each entry: in the audit table, and in its index by day
API_METRICS = 5  # count, latency, integration latency, 4XX, 5XX: of each method, where detailed metrics are on


def summed(*parts: Usage) -> dict[str, float]:
    """Return usages added up."""
    total: dict[str, float] = {}
    for part in parts:
        for price_id, amount in part.items():
            total[price_id] = total.get(price_id, 0.0) + amount
    return total


@dataclass(frozen=True)
class Month:
    """The notes of a month, as they are dropped."""

    notes: int
    batches: int
    files: int

    @classmethod
    def of(cls, notes: int, assumed: Assumed) -> Month:
        """Spread `notes` over batches and files as assumed."""
        batches = max(assumed.batches_a_month, math.ceil(notes / assumed.largest_batch))
        batches = min(batches, notes)
        return cls(notes, batches, max(batches, math.ceil(notes / assumed.notes_per_file)))

    def engine(self, deployment: Deployment) -> Engine:
        """Return the engine that the workflow chooses for a batch of this size."""
        return "glue" if self.notes / self.batches >= deployment.glue_threshold else "lambda"


@dataclass(frozen=True)
class Calculator:
    """Turns notes into usage."""

    measured: Measured
    assumed: Assumed
    deployment: Deployment

    def api(self, notes: int, architecture: Architecture = "x86_64") -> Usage:
        """Return the usage of notes sent to the API one by one (nothing is stored but audit entries)."""
        cold = notes * self.assumed.api_cold_share
        seconds = notes * self.measured.note_ms / 1000 + cold * self.measured.cold_start_s
        used = {
            "api_gateway.rest_request": notes,
            "data_transfer.out_gb": notes * self.measured.result_bytes / GB,
            "lambda.request": notes,
            f"lambda.gb_second.{architecture}": seconds * self.deployment.api_gb,
            "kms.request": cold,
            "xray.trace": notes * self.assumed.traced_share,
        }
        return summed(used, self._logs(notes * self.assumed.request_log_bytes), self._audit(notes))

    def batch(self, month: Month, engine: Engine | None = None, architecture: Architecture = "x86_64") -> Usage:
        """Return the usage of notes dropped into S3, coded by `engine` (by default, the one the workflow chooses)."""
        shards = math.ceil(month.notes / NOTES_PER_SHARD)
        in_lambda = (engine or month.engine(self.deployment)) == "lambda"
        return summed(
            {"step_functions.transition": month.batches * self.deployment.workflow_states},
            self._intake(month, architecture),
            self._prepare(month),
            self._code_in_lambda(month, shards, architecture) if in_lambda else self._code_in_glue(month),
            self._audit(month.notes),
            self._publish(month, shards, architecture),
            self._storage(month, shards),
        )

    def comprehend_medical(self, notes: int) -> Usage:
        """Return the usage of Amazon Comprehend Medical's InferICD10CM for the same notes."""
        units = math.ceil(self.measured.note_characters / UNIT_CHARACTERS)
        return {"comprehend_medical.icd10cm_unit": notes * units}

    def standing(self, *, conditional: bool) -> Usage:
        """Return what the stack uses in a month without a note.

        Parameters
        ----------
        conditional
            Count the resources that exist only under a condition of the template, too.
        """
        counted = [each for each in self.deployment.resources.values() if conditional or "Condition" not in each]
        polls = {"sqs.request": self.assumed.polls_a_month}
        return summed(polls, *(_standing(resource, self.assumed.zones) for resource in counted))

    def _intake(self, month: Month, architecture: Architecture) -> dict[str, float]:
        """Upload, event, queue, claim, start."""
        claims_s = month.files * 2 * self.assumed.s3_ms / 1000
        starts = max(month.batches, month.files / 1000)
        return {
            "s3.put": month.files,
            "eventbridge.event": month.files + month.batches,
            "sqs.request": month.files * 1.2,  # sent one by one; received and deleted ten at a time
            "dynamodb.write": month.files * 2 + month.batches * FIXED_WRITES,
            "dynamodb.read": month.batches * FIXED_READS,
            "lambda.request": starts,
            f"lambda.gb_second.{architecture}": (claims_s + starts * 0.5) * self.deployment.small_gb,
            "xray.trace": starts * self.assumed.traced_share,
        }

    def _prepare(self, month: Month) -> dict[str, float]:
        """Read, check, deduplicate and shard in Glue; one worker drives, the others work."""
        workers = self.deployment.prepare_workers
        cores = (workers - 1) * CORES_PER_WORKER
        work_s = (month.notes * self.measured.prepare_ms + month.files * self.assumed.s3_ms) / 1000 / cores
        return self._glue(month.batches, workers, self.measured.prepare_base_s + work_s / month.batches)

    def _code_in_lambda(self, month: Month, shards: int, architecture: Architecture) -> dict[str, float]:
        """Code in the distributed Map: each child starts, runs its one state, and calls Lambda once."""
        children = max(month.batches, math.ceil(shards / self.deployment.shards_per_child))
        cold = min(children, month.batches * 100)  # MaxConcurrency
        work_s = month.notes * self.measured.note_ms / 1000 + cold * self.measured.cold_start_s
        work_s += shards * 4 * self.assumed.s3_ms / 1000
        used = {
            "step_functions.transition": children * 2,
            "lambda.request": children,
            f"lambda.gb_second.{architecture}": work_s * self.deployment.predict_gb,
            "kms.request": cold,
            "xray.trace": children * self.assumed.traced_share,
        }
        return summed(used, self._logs(children * self.assumed.child_log_bytes))

    def _code_in_glue(self, month: Month) -> dict[str, float]:
        workers = self.deployment.code_workers
        cores = (workers - 1) * CORES_PER_WORKER
        notes_s = month.notes / month.batches * self.measured.note_ms / 1000 / cores
        return self._glue(month.batches, workers, self.assumed.glue_setup_s + self.measured.cold_start_s + notes_s)

    def _audit(self, notes: int) -> dict[str, float]:
        """Return the audit entries of notes, and all that are held once their retention has passed."""
        held = notes * AUDIT_COPIES * self.assumed.audit_bytes / GB * self.deployment.audit_months
        return {"dynamodb.write": notes * AUDIT_COPIES, "dynamodb.gb_month": held}

    def _publish(self, month: Month, shards: int, architecture: Architecture) -> dict[str, float]:
        """Plan and publish."""
        slower = max(1.0, FULL_CORE_GB / self.deployment.publish_gb)
        work_s = month.notes * self.measured.publish_ms / 1000 * slower + month.batches
        work_s += shards * self.assumed.s3_ms / 1000 / 8  # eight threads
        gb_seconds = work_s * self.deployment.publish_gb + month.batches * 0.5 * self.deployment.small_gb
        return {"lambda.request": month.batches * 2, f"lambda.gb_second.{architecture}": gb_seconds}

    def _storage(self, month: Month, shards: int) -> dict[str, float]:
        """S3 requests (shard, result, failures, FHIR), and all that is held once the retention has passed."""
        puts, gets = shards * 4 + month.batches * FIXED_PUTS, month.files + shards * 2 + month.batches * FIXED_GETS
        note = self.measured.note_characters * 2 + self.measured.result_bytes + self.measured.fhir_bytes
        held = month.notes * note / GB * self.deployment.retention_months
        keyed = (puts + gets + month.files) * self.assumed.bucket_key_share
        return {"s3.put": puts, "s3.get": gets, "s3.gb_month": held, "kms.request": keyed}

    def _glue(self, runs: int, workers: int, seconds: float) -> dict[str, float]:
        used = {"glue.dpu_hour": runs * workers * max(GLUE_MINIMUM_S, seconds) / 3600}
        return summed(used, self._logs(runs * self.assumed.glue_log_bytes))

    def _logs(self, logged: float) -> dict[str, float]:
        """Return logs taken in, and held compressed once their retention has passed."""
        held = logged * self.assumed.stored_log_share * self.deployment.log_months
        return {"logs.ingested_gb": logged / GB, "logs.gb_month": held / GB}


def _standing(resource: dict[str, Any], zones: int) -> dict[str, float]:
    given = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::KMS::Key":
            return {"kms.key_month": 1}
        case "AWS::SecretsManager::Secret":
            return {"secrets_manager.secret_month": 1}
        case "AWS::CloudWatch::Alarm":
            return {"cloudwatch.alarm_month": max(1, len(given.get("Metrics", ())))}
        case "AWS::CloudWatch::Dashboard":
            return {"cloudwatch.dashboard_month": 1}
        case "AWS::EC2::VPCEndpoint" if given.get("VpcEndpointType") == "Interface":
            return {"vpc.endpoint_hour": zones * HOURS_A_MONTH}
        case "AWS::WAFv2::WebACL":
            return {"waf.web_acl_month": 1, "waf.rule_month": len(given.get("Rules", ()))}
        case "AWS::Serverless::Function":
            methods = [event for event in given.get("Events", {}).values() if event["Type"] == "Api"]
            return {"cloudwatch.metric_month": len(methods) * API_METRICS}
        case _:
            return {}
