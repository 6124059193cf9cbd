"""A note as HTML with its evidence marked, coloured by assertion."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

# Background and border pass WCAG AA for black text; the border style tells them apart without colour.
STYLES: Mapping[str, str] = {
    "affirmed": "background:#cfe8d5;border-bottom:2px solid #1b7f3b",
    "NEGATION": "background:#f6d3d3;border-bottom:2px dashed #a61b1b",
    "HYPOTHETICAL": "background:#fbe8c4;border-bottom:2px dotted #8a5a00",
    "LOW_CONFIDENCE": "background:#fbe8c4;border-bottom:2px dotted #8a5a00",
    "PERTAINS_TO_FAMILY": "background:#dcd6f2;border-bottom:2px double #4b3a9b",
    "HISTORICAL": "background:#d5e3f3;border-bottom:2px solid #1f4e8c",
}


def assertion(traits: Iterable[str]) -> str:
    """Return the first trait that has a style of its own, else ``affirmed``."""
    return next((trait for trait in traits if trait in STYLES), "affirmed")


def mark(text: str, entities: Iterable[Mapping[str, Any]]) -> str:
    """Return `text` as HTML with every entity marked.

    Parameters
    ----------
    text
        The note.
    entities
        Entities of the API's answer: ``begin``, ``end`` (code points), ``traits``, ``codes``.
        Where two overlap, the one that begins first (then the longer) is marked.
    """
    parts: list[str] = []
    position = 0
    for entity in sorted(entities, key=lambda e: (e["begin"], -e["end"])):
        begin, end = entity["begin"], entity["end"]
        if begin < position:
            continue
        best = entity["codes"][0] if entity.get("codes") else {"code": "", "description": ""}
        title = html.escape(f"{best['code']} {best['description']}".strip(), quote=True)
        style = STYLES[assertion(entity.get("traits", ()))]
        parts.append(html.escape(text[position:begin]))
        parts.append(f'<mark style="{style};color:#000" title="{title}">{html.escape(text[begin:end])}</mark>')
        position = end
    parts.append(html.escape(text[position:]))
    body = "".join(parts)
    return f'<div style="white-space:pre-wrap;line-height:1.6">{body}</div>'
