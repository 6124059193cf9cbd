"""What the billing trees see of a mentioned code, to say whether this encounter reports it.

One row for each mentioned code. Used by training and by serving, so that the two cannot drift.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chartcode import rules
from chartcode.candidates import Span, overlaps
from chartcode.mentions import ScoredCode
from chartcode.text import Word, is_content, words

BILLING_FEATURES = (
    # the code
    "probability", "rank", "overlap_gap", "symptom", "chapter_letter", "unspecified", "code_length", "external",
    # its mentions: how often, where, and what is asserted of them
    "mentions", "affirmed", "in_problems", "in_plan", "in_history", "in_past", "in_reason", "in_uncoded",
    "negated", "uncertain", "hypothetical", "family", "historical", "sections", "first_position",
    # the line of its best affirmed mention in a problem section
    "opens_line", "line_share", "line_words", "listed", "opens_part", "part_share",
    # the note
    "with_problems", "codes_in_problems", "confirmed_in_problems", "openers_in_problems", "words",
)  # fmt: skip
_BULLET = re.compile(r"[ \t]*(?:(?:\d{1,2}[.)]|[-*•#]+)[ \t]*)*")
_PART = re.compile(r"[.,;][ \t]+")
_GROUPS = {
    "plan": "in_plan",
    "history_of_present_illness": "in_history",
    "hospital_course": "in_history",
    "past_medical_history": "in_past",
    "past_surgical_history": "in_past",
    "chief_complaint": "in_reason",
}
# A mention that begins this many characters after the bullet still opens its line ("Chronic HTN").
OPENING = 14


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a mention stands in its line."""

    opens: bool
    share: float
    words: int
    listed: bool
    opens_part: bool
    part_share: float


class BillingFeatures:
    """Turns the mentioned codes of a note into the matrix that the billing trees score."""

    def __init__(self) -> None:
        headings = rules.load(rules.Headings)
        self._problems = set(headings.problem_sections)
        self._uncoded = set(headings.uncoded_sections)
        self._edits = rules.load(rules.Edits)

    def extract(self, mentioned: list[ScoredCode], text: str) -> NDArray[np.float32]:
        """Return float32 [codes, features], in the order of `mentioned` (most likely first)."""
        if not mentioned:
            return np.zeros((0, len(BILLING_FEATURES)), dtype=np.float32)
        # A line may be a whole dictation: the words of each are counted once.
        count = cache(lambda begin, end: len(_content(text[begin:end])))
        lines = [self._best_line(each, text, count) for each in mentioned]
        in_problems = [line is not None for line in lines]
        openers = sum(line is not None and line.opens for line in lines)
        confirmed = sum(
            inside and not self._is_symptom(each.code) for each, inside in zip(mentioned, in_problems, strict=True)
        )
        sections = {context.section for each in mentioned for context in each.contexts}
        note = [
            float(bool(sections & self._problems)),
            float(sum(in_problems)),
            float(confirmed),
            float(openers),
            float(len(text.split())),
        ]
        rows = []
        for rank, (each, line) in enumerate(zip(mentioned, lines, strict=True)):
            rows.append([*self._code(each, rank, mentioned), *self._mentions(each, text), *_line_row(line), *note])
        return np.array(rows, dtype=np.float32)

    def _is_symptom(self, code: str) -> bool:
        return code.startswith(self._edits.symptoms)

    def _code(self, scored: ScoredCode, rank: int, mentioned: list[ScoredCode]) -> list[float]:
        rivals = [
            other.probability
            for other in mentioned[:rank]
            if any(overlaps(a, b) for a in scored.spans for b in other.spans)
        ]
        return [
            scored.probability,
            float(rank),
            max(rivals, default=0.0) - scored.probability if rivals else -1.0,
            float(self._is_symptom(scored.code)),
            float(ord(scored.code[0])),
            float("unspecified" in scored.description.lower()),
            float(len(scored.code)),
            float(scored.code[0] in "VWXY"),
        ]

    def _mentions(self, scored: ScoredCode, text: str) -> list[float]:
        traits: Counter[str] = Counter(trait for context in scored.contexts for trait in context.traits)
        places: Counter[str] = Counter()
        for context in scored.contexts:
            if context.section in self._problems:
                places["in_problems"] += 1
            elif context.section in self._uncoded:
                places["in_uncoded"] += 1
            else:
                places[_GROUPS.get(context.section, "elsewhere")] += 1
        return [
            float(len(scored.spans)),
            float(sum(not context.traits for context in scored.contexts)),
            *(float(places[name]) for name in (
                "in_problems", "in_plan", "in_history", "in_past", "in_reason", "in_uncoded"
            )),
            *(float(traits[name]) for name in (
                "NEGATION", "LOW_CONFIDENCE", "HYPOTHETICAL", "PERTAINS_TO_FAMILY", "HISTORICAL"
            )),
            float(len({context.section for context in scored.contexts})),
            scored.spans[0][0] / max(len(text), 1),
        ]  # fmt: skip

    def _best_line(self, scored: ScoredCode, text: str, count: Callable[[int, int], int]) -> _Line | None:
        """Return the line of the affirmed mention that looks most like a problem's heading."""
        lines = [
            _line_of(text, span, count)
            for span, context in zip(scored.spans, scored.contexts, strict=True)
            if context.section in self._problems and not context.traits
        ]
        return max(lines, key=lambda line: (line.opens, line.opens_part, line.share), default=None)


def _line_row(line: _Line | None) -> list[float]:
    if line is None:
        return [0.0] * 6
    return [
        float(line.opens),
        line.share,
        float(line.words),
        float(line.listed),
        float(line.opens_part),
        line.part_share,
    ]


def _line_of(text: str, span: Span, count: Callable[[int, int], int]) -> _Line:
    """Return where `span` stands in its line; `count` says how many content words a stretch of the text has."""
    begin = text.rfind("\n", 0, span[0]) + 1
    stop = text.find("\n", span[1])
    line = text[begin : len(text) if stop < 0 else stop]
    bullet = _BULLET.match(line)
    start = bullet.end() if bullet else 0
    listed = start > 0
    # A heading on the line itself ("Assessment: HTN") is no part of the problem.
    colon = line.find(":", start)
    if 0 <= colon < span[0] - begin:
        heading = " ".join(line[start:colon].lower().split())
        start = colon + 1 if heading in _heading_names() else start
    at = span[0] - begin
    # "HTN. Gout.", "HTN; gout" or "HTN, gout": each problem of the line opens a part of its own.
    part = max((stop.end() for stop in _PART.finditer(line, start, at)), default=start)
    after = _PART.search(line, span[1] - begin)
    own = count(*span)
    inside = count(begin + start, begin + len(line))
    return _Line(
        opens=at - start <= OPENING,
        share=own / max(inside, 1),
        words=inside,
        listed=listed,
        opens_part=at - part <= OPENING,
        part_share=own / max(count(begin + part, begin + (after.start() if after else len(line))), 1),
    )


def _content(text: str) -> list[Word]:
    return [word for word in words(text) if is_content(word)]


@cache
def _heading_names() -> frozenset[str]:
    return frozenset(name for each in rules.load(rules.Headings).sections for name in each.headings)
