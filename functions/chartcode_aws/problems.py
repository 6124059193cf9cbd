"""Errors of the REST API as RFC 9457 problem details. None of them repeats what the caller sent."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  (RFC 9457's word)
    """A request that cannot be answered.

    Parameters
    ----------
    status
        HTTP status.
    detail
        What is wrong and what to do about it, in words that hold nothing of the note.
    reason
        Machine-readable reason, where there is one.
    """

    def __init__(self, status: HTTPStatus, detail: str, reason: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.reason = reason


def problem_response(problem: Problem, request_id: str) -> Response[str]:
    """Return the response for `problem`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        "instance": request_id,
    }
    if problem.reason:
        body["reason"] = problem.reason
    return Response(
        status_code=problem.status.value,
        content_type=CONTENT_TYPE,
        body=json.dumps(body),
    )
