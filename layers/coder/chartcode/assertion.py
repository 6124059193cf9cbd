"""What a note asserts of a mention: negated, uncertain, hypothetical, a relative's, past.

The cues are data (``rules/assertion.json``); their reach follows ConText (Harkema et al. 2009,
doi:10.1016/j.jbi.2009.05.002): up to a number of words, a terminating cue, or the end of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from chartcode import rules
from chartcode.rules import Assertion, Cue

_TOKEN = re.compile(r"[^\W_]+(?:['’/-][^\W_]+)*")
# Order in which traits are reported.
_ORDER: tuple[Assertion, ...] = (
    "NEGATION",
    "PERTAINS_TO_FAMILY",
    "HYPOTHETICAL",
    "LOW_CONFIDENCE",
    "HISTORICAL",
)


_Letters: TypeAlias = dict[str, "_Letters"]


@dataclass(frozen=True, slots=True)
class _Scope:
    begin: int
    end: int
    assertion: Assertion


@cache
def _pattern() -> tuple[re.Pattern[str], dict[str, list[Cue]]]:
    by_cue: dict[str, list[Cue]] = {}
    for cue in rules.load(rules.Cues).cues:
        by_cue.setdefault(cue.cue, []).append(cue)
    # A cue that is a mark ("?") may touch the word that it marks.
    return re.compile(rf"(?<![\w/]){_any_of(by_cue)}(?:(?<!\w)|(?![\w/]))", re.IGNORECASE), by_cue


def _any_of(cues: Iterable[str]) -> str:
    """Return a pattern that matches the longest of `cues`: their tree of letters, which is faster than a list."""
    root: _Letters = {}
    for cue in cues:
        node = root
        for letter in cue:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _pattern_of(root)


def _pattern_of(node: _Letters) -> str:
    branches = [
        (r"\s+" if letter == " " else re.escape(letter)) + _pattern_of(below)
        for letter, below in node.items()
        if letter
    ]
    return f"(?:{'|'.join(branches)}){'?' if '' in node else ''}" if branches else ""


class SentenceAssertions:
    """The reach of every cue in one sentence.

    Parameters
    ----------
    sentence
        Text of the sentence; offsets of `traits` count from its start.
    """

    def __init__(self, sentence: str) -> None:
        pattern, by_cue = _pattern()
        found = [(m, by_cue[" ".join(m.group().lower().split())]) for m in pattern.finditer(sentence)]
        tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(sentence)]
        stops = [m.span() for m, cues in found if any(cue.direction == "terminate" for cue in cues)]
        self._scopes = [
            scope
            for match, cues in found
            if not any(cue.direction == "pseudo" for cue in cues)
            for cue in cues
            if (scope := _reach(match.span(), cue, tokens, stops)) is not None
        ]

    def traits(self, begin: int, end: int) -> tuple[Assertion, ...]:
        """Return what is asserted of the mention ``sentence[begin:end]``."""
        found = {s.assertion for s in self._scopes if s.begin <= begin and end <= s.end}
        return tuple(assertion for assertion in _ORDER if assertion in found)


def _reach(
    span: tuple[int, int], cue: Cue, tokens: list[tuple[int, int]], stops: list[tuple[int, int]]
) -> _Scope | None:
    if cue.assertion is None:
        return None
    begin, end = span
    if cue.direction == "forward":
        inside = [token for token in tokens if token[0] >= end][: cue.words]
        limit = min([stop for stop, _ in stops if stop >= end], default=None)
        reach = inside[-1][1] if inside else end
        return _Scope(end, reach if limit is None else min(reach, limit), cue.assertion)
    before = [token for token in tokens if token[1] <= begin][-cue.words :]
    floor = max([stop for _, stop in stops if stop <= begin], default=None)
    reach = before[0][0] if before else begin
    return _Scope(reach if floor is None else max(reach, floor), begin, cue.assertion)
