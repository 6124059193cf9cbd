"""The sections of a note, by its headings (``rules/sections.json``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from chartcode import rules

OTHER = "other"
# A heading is a line of its own, or opens one and ends with a colon.
_HEADING = re.compile(
    r"^[ \t#*•-]*(?:\d{1,2}[.)][ \t]*)?(?P<title>[A-Za-z][A-Za-z/&' -]{0,48}?)[ \t]*\**(?::\**|[ \t]*$)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """``text[begin:end]`` is the section's body, without its heading."""

    name: str
    begin: int
    end: int


@cache
def _headings() -> dict[str, str]:
    table = rules.load(rules.Headings).sections
    return {heading: each.section for each in table for heading in each.headings}


def find(text: str) -> list[Section]:
    """Return the sections of `text` in order; what stands before the first heading is ``other``."""
    starts: list[tuple[str, int, int]] = [(OTHER, 0, 0)]
    for match in _HEADING.finditer(text):
        name = _headings().get(" ".join(match["title"].lower().split()))
        if name:
            starts.append((name, match.start(), match.end()))
    stops = [line_start for _, line_start, _ in starts[1:]] + [len(text)]
    sections = [Section(name, body, stop) for (name, _, body), stop in zip(starts, stops, strict=True) if body < stop]
    return sections or [Section(OTHER, 0, len(text))]
