"""From mentions to bill: which codes this encounter reports, and the rules that decided (``rules/edits.json``)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chartcode import rules
from chartcode.candidates import Span
from chartcode.codeset import CodeSet
from chartcode.features import Context
from chartcode.mentions import ScoredCode, overlaps
from chartcode.result import BilledCode, Edit, Evidence
from chartcode.rules import Assertion, HistoryCode


@dataclass(frozen=True)
class _Line:
    """A code on its way to the bill, with the mentions that support it and the edits that made it."""

    code: str
    probability: float
    spans: tuple[Span, ...]
    edits: tuple[str, ...] = ()


class Biller:
    """Applies the billing rules to the predicted codes of a note."""

    def __init__(self, codeset: CodeSet) -> None:
        self._codeset = codeset
        self._rules = rules.load(rules.Edits)
        headings = rules.load(rules.Headings)
        self._problem_sections = set(headings.problem_sections)
        self._uncoded_sections = set(headings.uncoded_sections)
        self._edits = {
            each.rule: Edit(rule=each.rule, guideline=each.guideline, reason=each.reason) for each in self._rules.edits
        }

    def bill(self, predicted: list[ScoredCode], text: str) -> list[BilledCode]:
        """Return the codes to bill, in billing order.

        Where the note has a section that states the problems of this encounter (assessment, impression,
        diagnoses), only what stands there is billed, in its order (Official Guidelines IV.G, IV.J); else
        every affirmed condition, most likely first.
        """
        with_problems = any(c.section in self._problem_sections for each in predicted for c in each.contexts)
        lines = [line for each in predicted for line in self._lines(each, with_problems)]
        lines = self._without_integral_symptoms(_one_code_a_mention(_merge(lines)))
        if with_problems:
            lines.sort(key=lambda line: (line.code.startswith("R"), line.spans[0]))
        return [self._billed(line, text) for line in lines]

    def _lines(self, scored: ScoredCode, with_problems: bool) -> list[_Line]:
        spans: dict[str, list[Span]] = {"affirmed": [], "HISTORICAL": [], "PERTAINS_TO_FAMILY": []}
        for span, context in zip(scored.spans, scored.contexts, strict=True):
            if not self._in_scope(context, with_problems):
                continue
            not_billed = [trait for trait in context.traits if trait in self._rules.not_billed]
            if not not_billed:
                spans["affirmed"].append(span)
            elif len(not_billed) == 1 and not_billed[0] in spans:
                spans[not_billed[0]].append(span)
        if spans["affirmed"]:
            edits = self._specificity_edits(scored)
            return [_Line(scored.code, scored.probability, tuple(spans["affirmed"]), edits)]
        return [
            _Line(code, scored.probability, tuple(spans[trait]), (rule,))
            for trait, rule, table in self._histories()
            if spans[trait] and (code := _history_code(scored.code, table))
        ]

    def _histories(self) -> tuple[tuple[Assertion, str, tuple[HistoryCode, ...]], ...]:
        return (
            ("HISTORICAL", "personal_history", self._rules.personal_history),
            ("PERTAINS_TO_FAMILY", "family_history", self._rules.family_history),
        )

    def _in_scope(self, context: Context, with_problems: bool) -> bool:
        if with_problems:
            return context.section in self._problem_sections
        return context.section not in self._uncoded_sections

    def _specificity_edits(self, scored: ScoredCode) -> tuple[str, ...]:
        if scored.match.term_depth == 0:
            return ()
        extended = len(scored.code) == len("S72.001A") and scored.code[-1].isalpha()
        return ("initial_encounter",) if extended else ("unspecified_child",)

    def _without_integral_symptoms(self, lines: list[_Line]) -> list[_Line]:
        confirmed = [line.code for line in lines]
        dropped = {
            line.code
            for rule in self._rules.integral_symptoms
            if any(code.startswith(rule.diagnoses) for code in confirmed)
            for line in lines
            if line.code.startswith(rule.symptoms)
        }
        return [line for line in lines if line.code not in dropped]

    def _billed(self, line: _Line, text: str) -> BilledCode:
        return BilledCode(
            code=line.code,
            description=self._codeset.description(line.code),
            probability=round(line.probability, 4),
            evidence=tuple(Evidence(begin=b, end=e, text=text[b:e]) for b, e in line.spans),
            edits=tuple(self._edits[rule] for rule in line.edits),
        )


def _history_code(code: str, table: tuple[HistoryCode, ...]) -> str | None:
    """Return the Z code for the longest condition prefix of `code`."""
    found = [each for each in table if code.startswith(each.condition)]
    return max(found, key=lambda each: len(each.condition)).code if found else None


def _one_code_a_mention(lines: list[_Line]) -> list[_Line]:
    """Drop codes all of whose mentions stand for a more likely code already."""
    kept: list[_Line] = []
    for line in sorted(lines, key=lambda each: -each.probability):
        claimed = [span for other in kept for span in other.spans]
        if not all(any(overlaps(span, other) for other in claimed) for span in line.spans):
            kept.append(line)
    return kept


def _merge(lines: list[_Line]) -> list[_Line]:
    """Merge lines of one code (two cancers of one organ have one history code)."""
    merged: dict[str, _Line] = {}
    for line in lines:
        known = merged.get(line.code)
        if known is None:
            merged[line.code] = line
        else:
            spans = tuple(sorted(set(known.spans + line.spans)))
            merged[line.code] = replace(known, spans=spans, probability=max(known.probability, line.probability))
    return list(merged.values())
