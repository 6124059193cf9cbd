"""``make openapi`` (``python -m api.openapi`` with ``functions`` on the path): write ``docs/openapi.json``."""

from api.openapi import TARGET, render

TARGET.write_text(render(), encoding="utf-8")
