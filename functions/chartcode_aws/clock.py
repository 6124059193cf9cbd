"""Times as the tables hold them."""

from __future__ import annotations

import datetime as dt
import os


def timestamp(later: float = 0) -> str:
    """Return the present time, or `later` seconds after it, as ISO 8601 UTC: as text, later is greater."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=later)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expiration(days: int | None = None) -> int:
    """Return when DynamoDB drops an item written now: after `days`, or when notes and results expire."""
    kept = int(os.environ["RESULT_RETENTION_DAYS"]) if days is None else days
    return int((dt.datetime.now(dt.UTC) + dt.timedelta(days=kept)).timestamp())
