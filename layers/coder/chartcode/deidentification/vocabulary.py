"""Which words may be names: the lists of ``rules/names.json``, and the clinical words of the other rule files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from chartcode import rules
from chartcode.deidentification.tokens import Token, Tokens
from chartcode.rules.identifiers import Names

_LETTERS = re.compile(r"[^\W\d_]+")
_HEAD_REACH = 2
_HEAD_JOINT = re.compile(r"(?:['’]s?)?[ /-]{1,2}")


@cache
def lists() -> Names:
    """Return the lists."""
    names: Names = rules.load(Names)
    return names


@cache
def common_words() -> frozenset[str]:
    """Return the words that are no names, unless a list of names has them too."""
    texts: list[str] = list(lists().words)
    texts += [text for each in rules.load(rules.Abbreviations).abbreviations for text in (each.form, each.expansion)]
    texts += [each.term for each in rules.load(rules.LayTerms).terms]
    texts += [word for group in rules.load(rules.WordSynonyms).groups for word in group]
    texts += [heading for each in rules.load(rules.Headings).sections for heading in each.headings]
    texts += [each.cue for each in rules.load(rules.Cues).cues]
    return frozenset(word for text in texts for word in _LETTERS.findall(text.lower()))


def is_listed(token: Token) -> bool:
    """Return whether a list of names has the word, or a part of it whose other parts are unknown (Garcia-Ochoa)."""
    names = lists()
    parts = token.lower.split("-")
    if len(parts) > 1 and any(part in common_words() or part in names.ambiguous - names.particles for part in parts):
        return False
    return any(part in names.first or part in names.last for part in (token.lower, *parts))


def is_certain(token: Token) -> bool:
    """Return whether the word is a name, and neither an ordinary word nor an eponym."""
    return is_listed(token) and token.lower not in lists().ambiguous and not is_eponym(token)


def is_first_name(token: Token) -> bool:
    """Return whether the word is a first name, and no ordinary word."""
    names = lists()
    return token.lower in names.first and token.lower not in names.ambiguous


def is_common(token: Token) -> bool:
    """Return whether the word is known, and not as a name."""
    return (
        len(token.word) > 1
        and not is_listed(token)
        and all(part in common_words() for part in _LETTERS.findall(token.lower))
    )


def may_be_name(token: Token) -> bool:
    """Return whether a capitalised word can be a name where a name is expected."""
    return token.capital and not is_common(token) and token.word not in lists().credentials


def is_eponym_here(tokens: Tokens, index: int) -> bool:
    """Return whether a name stands for a disease, sign or device here (Crohn disease, circle of Willis)."""
    names = lists()
    for place in range(index + 1, min(index + 1 + _HEAD_REACH, len(tokens))):
        if not _HEAD_JOINT.fullmatch(tokens.gap(place)):
            break
        if names.eponym_heads.intersection((tokens[place].lower, tokens[place].lower.split("-")[0])):
            return True
        if not tokens[place].capital and not is_eponym(tokens[index]):
            break
    of = index > 1 and tokens[index - 1].lower == "of" and tokens[index - 2].lower in names.eponym_of
    return of or (is_eponym(tokens[index]) and tokens.gap(index + 1).startswith(("'s", "’s")))


def is_eponym(token: Token) -> bool:
    """Return whether a disease, sign or device has the name."""
    return any(part in lists().eponyms for part in (token.lower, *token.lower.split("-")))


def is_verb(word: str) -> bool:
    """Return whether a word in lower case says what persons do."""
    return word in lists().verbs or word in lists().person_verbs


def phrases(words: Iterable[str]) -> str:
    """Return the words as alternatives of a pattern, the longest first."""
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))
