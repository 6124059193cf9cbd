"""Gap: MiniStack's event source mappings ignore the batching window, and take at most 10 messages."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import lambda_svc, sqs

_receive = sqs._receive_messages_for_esm
_MOST_AT_ONCE = 10


def _mapping(queue: dict[str, Any]) -> dict[str, Any]:
    arn = queue["attributes"].get("QueueArn")
    mappings = [mapping for *_, mapping in lambda_svc._iter_all_esms()]
    return next((mapping for mapping in mappings if mapping.get("EventSourceArn") == arn), {})


def receive(queue_url: str, size: int) -> list[dict[str, Any]]:
    """Receive a full batch, or what is there once the oldest message has waited for the window."""
    queue = sqs._queues.get(queue_url)
    if queue is None:
        return list(_receive(queue_url, size))
    mapping = _mapping(queue)
    size = int(mapping.get("BatchSize") or size)
    window, now = float(mapping.get("MaximumBatchingWindowInSeconds") or 0), time.time()
    since = [message.get("visible_at", 0) for message in queue["messages"]]
    visible = [moment for moment in since if moment <= now]
    if visible and len(visible) < size and now - min(visible) < window:
        return []
    received: list[dict[str, Any]] = []
    while len(received) < size:
        some = _receive(queue_url, min(_MOST_AT_ONCE, size - len(received)))
        if not some:
            break
        received.extend(some)
    return received


def apply() -> None:
    """Install the bridge."""
    sqs._receive_messages_for_esm = receive
