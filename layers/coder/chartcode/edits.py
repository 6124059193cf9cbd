"""The edits that a coder applies to the codes of an encounter; the rules are data (``rules/edits.json``).

Each edit names its section of the ICD-10-CM Official Guidelines for Coding and Reporting. A code that an edit takes
off the bill is not forgotten: it is answered with the edit that took it off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from chartcode import rules
from chartcode.candidates import Span
from chartcode.codeset import CodeSet
from chartcode.errors import UnknownCodeError
from chartcode.text import content_stems, stem

_CODE = r"([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)"
_CODES = re.compile(rf"\b{_CODE}(?:\s*-\s*{_CODE}|\.?-)?")


@dataclass(frozen=True)
class Line:
    """A code on its way to the bill, with the mentions that support it and the edits that made it."""

    code: str
    probability: float
    spans: tuple[Span, ...]
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dropped:
    """A line that an edit took off the bill."""

    line: Line
    rule: str


class Editor:
    """Applies the edits between codes, and between codes and the patient."""

    def __init__(self, codeset: CodeSet) -> None:
        self._codeset = codeset
        self._rules = rules.load(rules.Edits)
        self._title = lru_cache(maxsize=16_384)(self._title_stems)

    def apply(self, lines: list[Line], age: float | None, sex: str | None) -> tuple[list[Line], list[Dropped]]:
        """Return the lines that stay, in billing order, and those that do not.

        `lines` come in the order in which the note states them. Age (years) and sex may be unknown.
        """
        dropped: list[Dropped] = []
        lines = self._accompanied(self._combined(lines))
        for rule, reject in (
            ("sex_conflict", lambda line, _: self._wrong_sex(line, sex)),
            ("age_conflict", lambda line, _: self._wrong_age(line, age)),
            ("specific_code", self._has_specific),
            ("integral_symptom", self._is_integral),
            ("excludes1", self._is_excluded),
        ):
            lines, off = _split(lines, rule, reject)
            dropped += off
        return self._sequenced(lines), dropped

    def _combined(self, lines: list[Line]) -> list[Line]:
        """Replace two codes by the combination code that the classification has for both (I.B.9)."""
        for rule in self._rules.combinations:
            first = next((line for line in lines if line.code.startswith(rule.first)), None)
            second = next((line for line in lines if line.code.startswith(rule.second)), None)
            if first is None or second is None or first is second:
                continue
            merged = replace(first, code=rule.result, edits=(*first.edits, rule.rule))
            lines = [merged if line is first else line for line in lines if line is not second or rule.keep_second]
        return lines

    def _accompanied(self, lines: list[Line]) -> list[Line]:
        """Add the code that another one's "code first" or "use additional code" note asks for (I.A.13, I.A.17)."""
        added = list(lines)
        for rule in self._rules.companions:
            asking = next((line for line in added if line.code.startswith(rule.codes)), None)
            if asking is not None and not any(line.code.startswith(rule.unless) for line in added):
                added.append(replace(asking, code=rule.adds, edits=(rule.rule,)))
        return added

    def _wrong_sex(self, line: Line, sex: str | None) -> bool:
        return any(sex is not None and sex != own and line.code.startswith(p) for own, p in self._rules.sexes.items())

    def _wrong_age(self, line: Line, age: float | None) -> bool:
        return age is not None and any(
            line.code.startswith(each.codes) and not each.minimum <= age <= each.maximum for each in self._rules.ages
        )

    def _has_specific(self, line: Line, lines: list[Line]) -> bool:
        """Return whether another line's title says all that this one's says, and more of the same kind.

        Not where a "use additional code" note of any line asks for this one.
        """
        own = self._title(line.code)
        others = [other for other in lines if other is not line]
        says_more = any(
            own < self._title(other.code) and (other.code[0] == "Z") == (line.code[0] == "Z") for other in others
        )
        return (
            bool(own)
            and says_more
            and not any(
                _named(line.code, note) for other in others for note in self._notes(other.code, "use_additional")
            )
        )

    def _title_stems(self, code: str) -> frozenset[str]:
        title = re.sub(r", (?:initial|subsequent) encounter.*$|, sequela$", "", self._codeset.description(code))
        return frozenset(content_stems(title) - {stem(word) for word in self._rules.empty_words})

    def _is_integral(self, line: Line, lines: list[Line]) -> bool:
        return any(
            line.code.startswith(rule.symptoms)
            and any(other.code.startswith(rule.diagnoses) for other in lines if other is not line)
            for rule in self._rules.integral_symptoms
        )

    def _is_excluded(self, line: Line, lines: list[Line]) -> bool:
        """Return whether an Excludes1 note stands between the line and a stronger one (I.A.12.a).

        The weaker of the two goes: a symptom before a diagnosis, then the less likely code.
        """
        return any(
            self._excludes1(line.code, other.code) and self._strength(line) < self._strength(other)
            for other in lines
            if other is not line
        )

    def _strength(self, line: Line) -> tuple[bool, float, str]:
        return (not line.code.startswith(self._rules.symptoms), line.probability, line.code)

    def _excludes1(self, code: str, other: str) -> bool:
        return any(_named(other, note) for note in self._notes(code, "excludes1")) or any(
            _named(code, note) for note in self._notes(other, "excludes1")
        )

    def _notes(self, code: str, kind: str) -> Iterator[str]:
        """Yield the instructional notes of a kind of `code` and of all above it, up to its category."""
        current: str | None = code
        while current:
            try:
                known = self._codeset.get(current)
            except UnknownCodeError:
                return
            value = getattr(known, kind)
            yield from (value,) if isinstance(value, str) else value
            current = known.parent if current != known.category and known.parent != known.block else None

    def _sequenced(self, lines: list[Line]) -> list[Line]:
        """Return the lines in billing order.

        As the note states them, but symptoms after diagnoses (II.A), history and status after conditions
        (I.C.21.c), external causes last (I.C.20.a.6), an underlying condition before the manifestation
        whose "code first" note names it, and a code that a "use additional code" note names after it (I.A.13).
        """
        ranks = self._rules.sequence

        def rank(line: Line) -> int:
            return max((i for i, prefixes in enumerate(ranks, start=1) if line.code.startswith(prefixes)), default=0)

        ordered = sorted(lines, key=rank)
        for line in list(ordered):
            for under in self._named_by(line, ordered, "code_first"):
                _move(ordered, under, line, "code_first", after=False)
        for line in list(ordered):
            for further in self._named_by(line, ordered, "use_additional"):
                _move(ordered, further, line, "use_additional", after=True)
        return ordered

    def _named_by(self, line: Line, lines: list[Line], kind: str) -> list[Line]:
        """Return the other lines that the line's notes of a kind name."""
        notes = list(self._notes(line.code, kind))
        return [each for each in lines if each.code != line.code and any(_named(each.code, note) for note in notes)]


def _move(lines: list[Line], line: Line, other: Line, rule: str, *, after: bool) -> None:
    """Put `line` directly before (or after) `other`, with `rule` among its edits, unless it stands so already."""
    places = {each.code: i for i, each in enumerate(lines)}
    if (places[line.code] > places[other.code]) == after:
        return
    moved = lines.pop(places[line.code])
    at = next(i for i, each in enumerate(lines) if each.code == other.code)
    lines.insert(at + after, replace(moved, edits=(*moved.edits, rule)))


def _split(
    lines: list[Line], rule: str, reject: Callable[[Line, list[Line]], bool]
) -> tuple[list[Line], list[Dropped]]:
    off = [line for line in lines if reject(line, lines)]
    return [line for line in lines if line not in off], [Dropped(line, rule) for line in off]


def _named(code: str, note: str) -> bool:
    """Return whether a note of the Tabular List names `code`: ``(E10.-)``, ``(N18.5, N18.6)``, ``(I20-I25)``."""
    for match in _CODES.finditer(note):
        first, last = match[1], match[2]
        if last is None and code.startswith(first):
            return True
        if last is not None and first <= code[: len(first)] and code[: len(last)] <= last:
            return True
    return False
