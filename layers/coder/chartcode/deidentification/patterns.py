"""Identifiers that are known by their form or by the label before them (``rules/identifiers.json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from chartcode import rules
from chartcode.rules.identifiers import IdentifierKind, IdentifierRule, Identifiers

# "no.", "number", "ID #": says that what follows is an identifier.
_DESIGNATOR = r"(?:[ ]?(?:(?:numbers?|num|nos?|ids?|code|reference|ref|record)\b\.?|\#))"
_JOINT = r"[ \t]{0,2}[:\#=-]{0,2}[ \t]{0,3}(?:(?:is|was|ending[ ]in|ends[ ]in)[ ])?"
# Letters before a space belong to it ("DV 20871"), and so do further groups of digits ("943 476 5919").
_VALUE = (
    r"(?P<id>(?:(?-i:[A-Z]{1,4})[ ])?(?=[\w/.-]{0,20}\d)\w[\w/.-]{0,38}\w(?:[ ]\d{3,6}(?![\w.%/]|[ ]?m?c?g\b)){0,4})"
)
# A value that cannot be a quantity: capitals, and at least three digits.
_CODE = r"(?P<id2>(?-i:(?=[\d-]{0,12}[A-Z])(?=(?:[A-Z-]{0,8}\d){3})[A-Z0-9][A-Z0-9-]{4,24}))"
_PLACEHOLDER = re.compile(r"<<(\w+)>>")


@dataclass(frozen=True, slots=True)
class Identifier:
    """``text[begin:end]`` is an identifier."""

    begin: int
    end: int
    kind: IdentifierKind


def find(text: str) -> Iterator[Identifier]:
    """Yield the identifiers of `text`; where two overlap, the first is right."""
    for kind, pattern in _compiled():
        groups = pattern.groupindex.values() or (0,)
        for match in pattern.finditer(text):
            yield from (Identifier(*match.span(group), kind) for group in groups if match[group])


@cache
def _compiled() -> tuple[tuple[IdentifierKind, re.Pattern[str]], ...]:
    table = rules.load(Identifiers)
    return tuple(
        (each.kind, re.compile(_expanded(each.pattern, table.parts)) if each.pattern else _labelled(each))
        for each in table.rules
    )


def _expanded(pattern: str, parts: dict[str, str]) -> str:
    while _PLACEHOLDER.search(pattern):
        pattern = _PLACEHOLDER.sub(lambda match: f"(?:{parts[match[1]]})", pattern)
    return pattern


def _labelled(rule: IdentifierRule) -> re.Pattern[str]:
    labels, nouns = ("|".join(re.escape(each) for each in group) or r"(?!)" for group in (rule.labels, rule.nouns))
    return re.compile(
        rf"(?<![\w-])(?:(?:(?:{labels}){_DESIGNATOR}{{0,2}}|(?:{nouns}){_DESIGNATOR}{{1,2}})(?:(?<=\#)|(?!\w)){_JOINT}{_VALUE}"
        rf"|(?:{nouns})[ :,]{{1,3}}{_CODE})",
        re.IGNORECASE | re.VERBOSE,
    )
