"""Gap: MiniStack's API Gateway checks the API key of a request, but does not tell the function which key it was."""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

_build_event = apigateway_v1._build_lambda_event_v1


def build_event(*request: Any, **options: Any) -> dict[str, Any]:
    """Return the event of a request, with ``identity.apiKeyId`` where it came with a key."""
    event: dict[str, Any] = _build_event(*request, **options)
    key = apigateway_v1._resolve_api_key(apigateway_v1._api_key_from_request(event["headers"]))
    if key:
        event["requestContext"]["identity"]["apiKeyId"] = key["id"]
    return event


def apply() -> None:
    """Install the bridge."""
    apigateway_v1._build_lambda_event_v1 = build_event
