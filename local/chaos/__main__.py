"""``python -m local.chaos``: every scenario in turn; exit code 0 only if every note is where it belongs."""

from __future__ import annotations
