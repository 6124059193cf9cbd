"""The sentences of a section: a line at a time, then at full stops that end a sentence."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from chartcode.sections import Section, find

_LINE = re.compile(r"[^\n\r]+")
_STOP = re.compile(r"(?<!\b[A-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bvs)(?<!\bNo)[.!?;]\s+(?=[\"'(A-Z0-9])")
# "1. HTN": the number of a list item is no sentence of its own.
_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]|[-*•])\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text[begin:end]`` of the note, and the name of its section."""

    begin: int
    end: int
    section: str


def split(text: str) -> list[Sentence]:
    """Return the sentences of `text` in order; every word of the note is in one of them, headings excepted."""
    return [sentence for section in find(text) for sentence in _of_section(text, section)]


def sentence_at(sentences: Sequence[Sentence], place: int) -> int:
    """Return the number of the last of `sentences` that begins at `place` or before it; 0 where none does."""
    return max(bisect_right(sentences, place, key=lambda each: each.begin) - 1, 0)


def _of_section(text: str, section: Section) -> list[Sentence]:
    found: list[Sentence] = []
    for line in _LINE.finditer(text, section.begin, section.end):
        item = _ITEM.match(text, line.start(), line.end())
        begin = item.end() if item else line.start()
        for stop in _STOP.finditer(text, begin, line.end()):
            found.append(Sentence(begin, stop.start() + 1, section.name))
            begin = stop.end()
        if text[begin : line.end()].strip():
            found.append(Sentence(begin, line.end(), section.name))
    return found
