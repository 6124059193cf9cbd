"""Comprehend Medical's JSON 1.1 protocol: verify the signature, call one operation, answer."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from chartcode_aws import audit
from chartcode_aws.observability import logger, metrics, tracer

from chartcode import Coder, NoteRejected
from comprehend_medical import entities, jobs, requests, signature
from comprehend_medical.credential import CredentialStore
from comprehend_medical.errors import ServiceError

TARGET = "ComprehendMedical_20181030."
_REJECTED = {"too_long": "TextSizeLimitExceededException", "not_text": "InvalidRequestException"}

coder = Coder.load()
credentials = CredentialStore()


@dataclass(frozen=True)
class Call:
    """A request whose signature is verified, and the access key ID that signed it."""

    event: APIGatewayProxyEvent
    access_key_id: str

    def record(self, action: audit.Action, **fields: Any) -> None:
        """Enter the call in the audit trail."""
        who = f"access-key:{self.access_key_id}"
        audit.append([audit.of_call(action, self.event, principal=who, **fields)])


def infer(request: requests.Infer, call: Call) -> dict[str, Any]:
    """Code one note; a note without words has no entities."""
    try:
        result = coder.code(request.Text)
    except NoteRejected as error:
        if error.reason == "empty":
            return {"Entities": [], "ModelVersion": coder.model_info.version}
        raise ServiceError(_REJECTED[error.reason], str(error)) from None
    metrics.add_metric("NotesCoded", MetricUnit.Count, 1)
    shown = list(dict.fromkeys(entity.codes[0].code for entity in result.entities))
    call.record("InferICD10CM", **{**audit.coding(result), "codes": shown})
    return entities.response(result)


def start_job(request: requests.StartJob, call: Call) -> dict[str, Any]:
    """Start a job."""
    started = jobs.start(request, call.event.request_context.account_id or "")
    call.record("StartICD10CMInferenceJob", batch_id=jobs.batch_of(started["JobId"]))
    return started


Operation = Callable[[dict[str, Any], Call], dict[str, Any]]
_OPERATIONS: dict[str, Operation] = {
    "InferICD10CM": lambda fields, call: infer(requests.parse(requests.Infer, fields), call),
    "StartICD10CMInferenceJob": lambda fields, call: start_job(requests.parse(requests.StartJob, fields), call),
    "DescribeICD10CMInferenceJob": lambda fields, _: jobs.describe(requests.parse(requests.JobOfId, fields)),
    "ListICD10CMInferenceJobs": lambda fields, _: jobs.list_jobs(requests.parse(requests.ListJobs, fields)),
    "StopICD10CMInferenceJob": lambda fields, _: jobs.stop(requests.parse(requests.JobOfId, fields)),
}


def answer(event: APIGatewayProxyEvent) -> dict[str, Any]:
    """Answer a signed request.

    Raises
    ------
    ServiceError
        If the signature, the operation or its fields are wrong.
    """
    body = _body(event)
    call = Call(event, signature.verify(event, body, credentials))
    operation = _OPERATIONS.get((event.headers.get("x-amz-target") or "").removeprefix(TARGET))
    if operation is None:
        raise ServiceError("UnknownOperationException", f"The operations here are {', '.join(_OPERATIONS)}.")
    return operation(requests.read(body), call)


def _body(event: APIGatewayProxyEvent) -> bytes:
    raw = event.get("body") or ""
    if not event.is_base64_encoded:
        return str(raw).encode()
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise ServiceError("SerializationException", "The body is not base64.") from None


def _response(status: HTTPStatus, fields: dict[str, Any], **headers: str) -> dict[str, Any]:
    headers["Content-Type"] = "application/x-amz-json-1.1"
    return {"statusCode": status.value, "headers": headers, "body": json.dumps(fields)}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request; the log names the type of an error, never its text."""
    try:
        return _response(HTTPStatus.OK, answer(APIGatewayProxyEvent(event)))
    except Exception as error:
        shown = ServiceError.of(error)
        logger.warning("Request failed", error=shown.name, cause=type(error).__name__)
        fields = {"__type": shown.name, "Message": shown.message}
        return _response(shown.status, fields, **{"x-amzn-ErrorType": shown.name})
