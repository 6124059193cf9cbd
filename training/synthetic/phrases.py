"""The phrases that synthetic notes are made of: how clinicians write, and the code set's own terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import simple_icd_10_cm as icd

from chartcode import rules
from chartcode.text import words
from training.codeset import billable_code, is_coded
from training.synthetic.schema import Conditions, load
from training.terms import index, phrasings

# Long titles are for coders, not for clinicians' notes.
MAX_PHRASE_WORDS = 6
_CODERS_WORDS = re.compile(r",|\b(?:unspecified|specified|other|elsewhere|classified|NEC)\b", re.IGNORECASE)
# External causes and codes of special purposes are not written as problems.
_SKIPPED_CHAPTERS = ("V", "W", "X", "Y", "U")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand for a code; `common` ones are drawn more often."""

    text: str
    code: str
    common: bool


def phrases() -> list[Phrase]:
    """Return every phrase, common ones first; no text stands for two codes."""
    found: dict[str, Phrase] = {}
    for text, code in _common():
        found.setdefault(text.lower(), Phrase(text, code, common=True))
    for text, code in (*_titles(), *_indexed()):
        found.setdefault(text.lower(), Phrase(text, code, common=False))
    return list(found.values())


def _common() -> Iterator[tuple[str, str]]:
    """Yield lay terms, the conditions of this package, and abbreviations whose expansion is known."""
    lay = {each.term: each.code for each in rules.load(rules.LayTerms).terms}
    yield from lay.items()
    for condition in load(Conditions).conditions:
        for text in condition.phrases:
            yield text, condition.code
    titles = {text.lower(): code for text, code in _titles()}
    for each in rules.load(rules.Abbreviations).abbreviations:
        code = lay.get(each.expansion) or titles.get(each.expansion.lower())
        if code:
            yield each.form, code


def _indexed() -> Iterator[tuple[str, str]]:
    """Yield the wordings of our index, with their billable codes."""
    for entry in index().codes:
        target = billable_code(entry.code)
        if target and not entry.code.startswith(_SKIPPED_CHAPTERS):
            for text in entry.terms:
                yield text, target


def _titles() -> Iterator[tuple[str, str]]:
    """Yield short titles and inclusion terms, as a clinician would write them, with their billable codes."""
    for code in dict.fromkeys(icd.get_all_codes(with_dots=True)):
        if not is_coded(code) or icd.is_extended_subcategory(code) or code.startswith(_SKIPPED_CHAPTERS):
            continue
        target = billable_code(code)
        for title in (icd.get_description(code), *icd.get_inclusion_term(code)):
            text = next(phrasings(title)).removesuffix(" NOS").removesuffix(", unspecified")
            written = not _CODERS_WORDS.search(text)
            if target and written and 1 <= len(words(text)) <= MAX_PHRASE_WORDS:
                yield text[0].lower() + text[1:] if text[1:2].islower() else text, target
