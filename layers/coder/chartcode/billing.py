"""From mentions to bill: which codes this encounter reports, and what decided.

Billing trees say how likely the encounter reports a code (`billing_features`); what the note denies, doubts, fears or
says of relatives is never billed, whatever they say; then come specificity and the edits (``rules/edits.json``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chartcode import rules
from chartcode.billing_features import BillingFeatures
from chartcode.candidates import Span
from chartcode.codeset import CodeSet
from chartcode.edits import Dropped, Editor, Line
from chartcode.mentions import ScoredCode
from chartcode.patient import stated_weeks
from chartcode.result import BilledCode, Edit, Evidence, NotBilledCode
from chartcode.rules import Assertion, HistoryCode
from chartcode.sentences import Sentence
from chartcode.specificity import Specificity
from chartcode.trees import Trees

# The billing trees weigh every code of at least this probability: where a code stands says as much as its words. On
# the visit notes of ACI-Bench, 0.1 to 0.15 bills 3 points of F1 more than what the entity level finds likely (0.33).
CONSIDERED = 0.15


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a code is mentioned, billed, and billed without a review."""

    mentioned: float
    billed: float
    auto: float


def considered(shown: Sequence[ScoredCode]) -> list[ScoredCode]:
    """Return the codes that may be billed, in their order."""
    return [each for each in shown if each.probability >= CONSIDERED]


@dataclass(frozen=True)
class Encounter:
    """The note that is billed: its text and sentences, and the patient where they are known."""

    text: str
    sentences: list[Sentence]
    age: float | None
    sex: str | None

    @cached_property
    def weeks(self) -> int | None:
        """Completed weeks of gestation, where the note states them."""
        return stated_weeks(self.text)


class Biller:
    """Decides the bill of a note from its mentioned codes."""

    def __init__(self, codeset: CodeSet, trees: Trees, thresholds: Thresholds) -> None:
        self._codeset = codeset
        self._trees = trees
        self._thresholds = thresholds
        self._features = BillingFeatures()
        self._specificity = Specificity(codeset)
        self._editor = Editor(codeset)
        self._problem_sections = set(rules.load(rules.Headings).problem_sections)
        self._rules = rules.load(rules.Edits)
        self._edits = {
            each.rule: Edit(rule=each.rule, guideline=each.guideline, reason=each.reason) for each in self._rules.edits
        }

    def bill(
        self, shown: Sequence[ScoredCode], encounter: Encounter
    ) -> tuple[tuple[BilledCode, ...], tuple[NotBilledCode, ...]]:
        """Return the codes to bill, in billing order, and the mentioned codes that are not billed.

        Of the codes `considered` that are too unlikely to be called mentioned, only those that an edit takes off the
        bill are among the latter.
        """
        candidates = considered(shown)
        probabilities = self._trees.predict(self._features.extract(candidates, encounter.text)).tolist()
        lines: list[Line] = []
        dropped: list[Dropped] = []
        for scored, probability in zip(candidates, probabilities, strict=True):
            found = self._line(scored, probability, encounter)
            if isinstance(found, Line) and not self._is_billed(scored, found):
                found = Dropped(found, self._suppressed_by(scored))
            if isinstance(found, Line):
                lines.append(found)
            elif scored.probability >= self._thresholds.mentioned:
                dropped.append(found)
        lines, rivals = _one_code_a_mention(_merge(lines))
        kept, off = self._editor.apply(sorted(lines, key=lambda line: line.spans[0]), encounter.age, encounter.sex)
        known = {line.code for line in kept}
        not_billed = [each for each in (*dropped, *rivals, *off) if each.line.code not in known]
        return (
            tuple(self._billed(line, encounter.text) for line in kept),
            tuple(self._not_billed(each, encounter.text) for each in not_billed),
        )

    def _is_billed(self, scored: ScoredCode, line: Line) -> bool:
        """Return whether the line is likely, or a history code in the assessment, of which the trees know few."""
        is_history = bool({"personal_history", "family_history"}.intersection(line.edits))
        assessed = any(context.section in self._problem_sections for context in scored.contexts)
        mentioned = scored.probability >= self._thresholds.mentioned
        return line.probability >= self._thresholds.billed or (is_history and assessed and mentioned)

    def _suppressed_by(self, scored: ScoredCode) -> str:
        """Return the rule that names why a code is too unlikely: its place in the note, or doubt about the code."""
        assessed = any(c.section in self._problem_sections and not c.traits for c in scored.contexts)
        return "low_confidence" if assessed else "problems_of_encounter"

    def _line(self, scored: ScoredCode, probability: float, encounter: Encounter) -> Line | Dropped:
        """Return the line of a code: of its affirmed mentions, else of what it is the history of."""
        spans: dict[str, list[Span]] = {}
        for span, context in zip(scored.spans, scored.contexts, strict=True):
            spans.setdefault(context.traits[0] if context.traits else "affirmed", []).append(span)
        if "affirmed" in spans:
            line = Line(scored.code, probability, tuple(spans["affirmed"]), self._default_edits(scored))
            return self._refined(line, encounter)
        trait, named = max(spans.items(), key=lambda each: len(each[1]))
        for history, rule, table in self._histories():
            code = _history_code(scored.code, table)
            if trait == history and code:
                return Line(code, probability, tuple(named), (rule,))
        return Dropped(Line(scored.code, probability, tuple(named)), self._rules.not_billed[_assertion(trait)])

    def _default_edits(self, scored: ScoredCode) -> tuple[str, ...]:
        if scored.match.term_depth == 0:
            return ()
        extended = len(scored.code) == len("S72.001A") and scored.code[-1].isalpha()
        return ("initial_encounter",) if extended else ("unspecified_child",)

    def _refined(self, line: Line, encounter: Encounter) -> Line:
        holders = [
            encounter.text[s.begin : s.end]
            for s in encounter.sentences
            if any(s.begin <= begin and end <= s.end for begin, end in line.spans)
        ]
        found = self._specificity.refine(line.code, holders, encounter.weeks)
        if found is None:
            return line
        code, rule = found
        edits = tuple(each for each in line.edits if each != "unspecified_child")
        return replace(line, code=code, edits=(*edits, rule))

    def _histories(self) -> tuple[tuple[Assertion, str, tuple[HistoryCode, ...]], ...]:
        return (
            ("HISTORICAL", "personal_history", self._rules.personal_history),
            ("PERTAINS_TO_FAMILY", "family_history", self._rules.family_history),
        )

    def _billed(self, line: Line, text: str) -> BilledCode:
        return BilledCode(
            code=line.code,
            description=self._codeset.description(line.code),
            probability=round(line.probability, 4),
            route="auto" if line.probability >= self._thresholds.auto else "review",
            evidence=_evidence(line, text),
            edits=tuple(self._edits[rule] for rule in line.edits),
        )

    def _not_billed(self, dropped: Dropped, text: str) -> NotBilledCode:
        return NotBilledCode(
            code=dropped.line.code,
            description=self._codeset.description(dropped.line.code),
            probability=round(dropped.line.probability, 4),
            evidence=_evidence(dropped.line, text),
            edit=self._edits[dropped.rule],
        )


def _evidence(line: Line, text: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(begin=begin, end=end, text=text[begin:end]) for begin, end in line.spans)


def _assertion(trait: str) -> Assertion:
    known: dict[str, Assertion] = {each: each for each in rules.load(rules.Edits).not_billed}
    return known[trait]


def _history_code(code: str, table: tuple[HistoryCode, ...]) -> str | None:
    """Return the Z code for the longest condition prefix of `code`."""
    found = [each for each in table if code.startswith(each.condition)]
    return max(found, key=lambda each: len(each.condition)).code if found else None


def _one_code_a_mention(lines: list[Line]) -> tuple[list[Line], list[Dropped]]:
    """Drop codes all of whose mentions stand for a more likely code already.

    Mentions that each have a word of their own are two: "DM2, CKD" and "CKD 3", "AKI on CKD" and "CKD 3b".
    """
    kept: list[Line] = []
    dropped: list[Dropped] = []
    for line in sorted(lines, key=lambda each: -each.probability):
        claimed = [span for other in kept for span in other.spans]
        if all(any(_holds(span, other) or _holds(other, span) for other in claimed) for span in line.spans):
            dropped.append(Dropped(line, "one_code_a_mention"))
        else:
            kept.append(line)
    return kept, dropped


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _merge(lines: list[Line]) -> list[Line]:
    """Merge lines of one code (two cancers of one organ have one history code)."""
    merged: dict[str, Line] = {}
    for line in lines:
        known = merged.get(line.code)
        if known is None:
            merged[line.code] = line
        else:
            spans = tuple(sorted(set(known.spans + line.spans)))
            merged[line.code] = replace(known, spans=spans, probability=max(known.probability, line.probability))
    return list(merged.values())
