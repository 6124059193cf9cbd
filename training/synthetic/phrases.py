"""The phrases that synthetic notes are made of: lay terms, abbreviations and the code set's own terms."""

from __future__ import annotations

from dataclasses import dataclass

import simple_icd_10_cm as icd

from chartcode import rules
from chartcode.text import words
from training.codeset import billable_code, is_coded
from training.terms import phrasings

# Long titles are for coders, not for clinicians' notes.
MAX_PHRASE_WORDS = 6
# Chapters of external causes are not written as problems.
_SKIPPED_CHAPTERS = ("V", "W", "X", "Y", "U")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand for a code; `common` ones are drawn more often."""

    text: str
    code: str
    common: bool


def phrases() -> list[Phrase]:
    """Return every phrase, common ones first."""
    lay = {each.term: each.code for each in rules.load(rules.LayTerms).terms}
    found = [Phrase(term, code, common=True) for term, code in lay.items()]
    titles = {text.lower(): code for text, code in _titles()}
    for each in rules.load(rules.Abbreviations).abbreviations:
        code = lay.get(each.expansion) or titles.get(each.expansion.lower())
        if code:
            found.append(Phrase(each.form, code, common=True))
    found.extend(Phrase(text, code, common=False) for text, code in titles.items() if text not in lay)
    return found


def _titles() -> list[tuple[str, str]]:
    """Return short titles and inclusion terms, as a clinician would write them, with their billable codes."""
    found = []
    for code in dict.fromkeys(icd.get_all_codes(with_dots=True)):
        if not is_coded(code) or icd.is_extended_subcategory(code) or code.startswith(_SKIPPED_CHAPTERS):
            continue
        target = billable_code(code)
        for title in (icd.get_description(code), *icd.get_inclusion_term(code)):
            text = next(phrasings(title)).removesuffix(" NOS").removesuffix(", unspecified")
            if target and 1 <= len(words(text)) <= MAX_PHRASE_WORDS and "," not in text:
                found.append((text, target))
    return found
