"""What a note asserts of a mention: negated, uncertain, hypothetical, a relative's, past.

The cues are data (``rules/assertion.json``); their reach follows ConText (Harkema et al. 2009,
doi:10.1016/j.jbi.2009.05.002): up to a number of words, a terminating cue, or the end of the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TypeAlias

from chartcode import rules
from chartcode.rules import Assertion, Cue

_TOKEN = re.compile(r"[^\W_]+(?:['’/-][^\W_]+)*")
_COMMA = re.compile(r"[,;](?=\s)")
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
        tokens = [m.span() for m in _TOKEN.finditer(sentence)]
        stops = [m.span() for m, cues in found if any(cue.direction == "terminate" for cue in cues)]
        commas = [m.end() for m in _COMMA.finditer(sentence)]
        scopes = [
            scope
            for match, cues in found
            if not any(cue.direction == "pseudo" for cue in cues)
            for cue in cues
            if (scope := _reach(match.span(), cue, tokens, stops, commas)) is not None
        ]
        self._scopes = sorted(scopes, key=_begin)
        self._longest = max((scope.end - scope.begin for scope in scopes), default=0)

    def traits(self, begin: int, end: int) -> tuple[Assertion, ...]:
        """Return what is asserted of the mention ``sentence[begin:end]``."""
        # A sentence may be a whole dictation: only the scopes that can reach the mention are looked at.
        first = bisect_left(self._scopes, end - self._longest, key=_begin)
        near = self._scopes[first : bisect_right(self._scopes, begin, key=_begin)]
        found = {scope.assertion for scope in near if end <= scope.end}
        return tuple(assertion for assertion in _ORDER if assertion in found)


def _begin(scope: _Scope) -> int:
    return scope.begin


def _reach(
    span: tuple[int, int], cue: Cue, tokens: list[tuple[int, int]], stops: list[tuple[int, int]], commas: list[int]
) -> _Scope | None:
    """Return how far `cue`, at `span`, reaches among the tokens, up to the next stop; all come in text order."""
    if cue.assertion is None:
        return None
    begin, end = span
    if cue.direction == "forward":
        first = bisect_left(tokens, (end,))
        inside = tokens[first : first + cue.words]
        reach = inside[-1][1] if inside else end
        item = bisect_right(commas, inside[0][0]) if cue.of_item and inside else len(commas)
        reach = min(reach, commas[item]) if item < len(commas) else reach
        stop = bisect_left(stops, (end,))
        return _Scope(end, min(reach, stops[stop][0]) if stop < len(stops) else reach, cue.assertion)
    last = bisect_right(tokens, begin, key=itemgetter(1))
    before = tokens[max(last - cue.words, 0) : last]
    reach = before[0][0] if before else begin
    # The comma right before a cue ("pneumonia, resolved") begins no item.
    item = bisect_right(commas, before[-1][0]) if cue.of_item and before else 0
    reach = max(reach, commas[item - 1]) if item else reach
    stop = bisect_right(stops, begin, key=itemgetter(1))
    return _Scope(max(reach, stops[stop - 1][1]) if stop else reach, begin, cue.assertion)
