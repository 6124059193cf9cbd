"""Gap: MiniStack's S3 events for EventBridge do not name the version of the object."""

from __future__ import annotations

import contextvars
import json
from typing import Any

from ministack.services import eventbridge, s3

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)
_fire = s3._fire_s3_event
_dispatch = eventbridge._dispatch_event


def fire(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
    """Send an S3 event, which `dispatch` completes."""
    token = _version.set(version_id)
    try:
        _fire(*args, version_id=version_id, **kwargs)
    finally:
        _version.reset(token)


def dispatch(event: dict[str, Any], *args: Any) -> Any:
    """Send an event; one of S3 with the version of its object."""
    version = _version.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return _dispatch(event, *args)


def apply() -> None:
    """Install the bridge."""
    s3._fire_s3_event = fire
    eventbridge._dispatch_event = dispatch
