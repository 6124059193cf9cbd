"""Names of persons: beside a title, a label or a credential, from lists, and wherever they stand again in the note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from chartcode.deidentification.patterns import Identifier
from chartcode.deidentification.tokens import Token, Tokens
from chartcode.deidentification.vocabulary import (
    common_words,
    is_certain,
    is_common,
    is_eponym,
    is_eponym_here,
    is_first_name,
    is_listed,
    is_verb,
    lists,
    may_be_name,
    phrases,
)

_SPACE = (" ", "  ")
_TITLE_JOINTS = (*_SPACE, ". ", ".", ".  ")
_ROLE_JOINTS = (*_SPACE, ", ", " (")
_INITIAL_JOINTS = (" ", ". ", ".")
_NAME_JOINTS = (*_SPACE, ". ", ".", ", ", ",")
_MOST_WORDS = 4
_SHORTEST_ALONE = 3
_SHORT_TITLE = 2


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What stands before or after a name, as patterns; a match ends, or begins, where the name does."""

    labels: re.Pattern[str]
    relations: re.Pattern[str]
    closings: re.Pattern[str]
    cues: re.Pattern[str]
    naming: re.Pattern[str]
    credentials: re.Pattern[str]
    weak_credentials: re.Pattern[str]
    ages: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    names = lists()
    joint = r"(?:[ \t]{0,3}(?::|#)[ \t]{0,8}\n?[ \t]{0,8}|[ \t]+-[ \t]+)"
    title = rf"(?:(?i:{phrases(names.honorifics)})\b\.?[ ])?"
    age = r"[ ]\d{1,3}[ -]?(?:y\b|yo\b|y/o|y\.o|yrs?\b|years?[ -]old|[MF]\b)"
    return _Patterns(
        labels=re.compile(rf"(?<![\w-])(?i:{phrases(names.labels)}){joint}{title}"),
        relations=re.compile(rf"(?<![\w-])(?i:{phrases(names.relations)}){joint}"),
        closings=re.compile(rf"(?<![\w-])(?i:{phrases(names.closings)})[,:]?\s{{1,8}}{title}"),
        cues=re.compile(rf"(?<![\w-])(?i:{phrases(names.by_cues)})[ ]{title}"),
        naming=re.compile(rf"(?<![\w-])(?i:{phrases(names.naming_cues)})(?:[ ]|,[ ])"),
        credentials=re.compile(rf",?[ ](?:{_dotted(names.credentials)})(?![\w/])"),
        weak_credentials=re.compile(rf",[ ](?:{_dotted(names.weak_credentials)})(?![\w/])"),
        ages=re.compile(rf"(?:[ ](?:is|was)[ ]an?|,(?:[ ]an?)?){age}"),
    )


def _dotted(credentials: tuple[str, ...]) -> str:
    """Return the credentials as alternatives of a pattern, with and without full stops (MD, M.D.)."""
    return "|".join(r"\.?[ ]?".join(each) if each.isalpha() else re.escape(each) for each in credentials)


def find(tokens: Tokens) -> list[Identifier]:
    """Return the names in a note, in order."""
    finder = _Finder(tokens)
    finder.after_titles()
    finder.after_labels()
    finder.before_credentials()
    finder.from_lists()
    finder.again()
    return list(finder.spans())


class _Finder:
    """Marks the words of a note that are names; what stood beside a cue is remembered."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._found: set[int] = set()
        self._cued: set[str] = set()

    def after_titles(self) -> None:
        """Mark names after Dr., Mrs., nurse, daughter."""
        names = lists()
        for index, token in enumerate(self._tokens.all):
            if token.lower in names.honorifics and self._is_title(index):
                self._mark(index + 1)
            elif token.lower in names.roles and self._tokens.follows(index + 1, _ROLE_JOINTS):
                self._mark_person(index + 1, certain=token.lower in ("pt", "patient"))

    def after_labels(self) -> None:
        """Mark names after ``Patient:``, ``Seen by``, ``Sincerely,``."""
        patterns = _patterns()
        for pattern in (patterns.labels, patterns.closings, patterns.naming):
            for index in self._after(pattern):
                if self._may_begin(index):
                    self._mark(index, inverted=pattern is patterns.labels)
        for pattern in (patterns.relations, patterns.cues):
            for index in self._after(pattern):
                self._mark_person(index, certain=True)

    def _after(self, pattern: re.Pattern[str]) -> Iterator[int]:
        """Yield the words at which a match of `pattern` ends."""
        for match in pattern.finditer(self._tokens.text):
            if match.end() in self._tokens.at:
                yield self._tokens.at[match.end()]

    def before_credentials(self) -> None:
        """Mark names before MD, RN, PhD, and before an age ("is a 45-year-old")."""
        ends = {token.end: index for index, token in enumerate(self._tokens.all)}
        patterns = _patterns()
        for pattern in (patterns.credentials, patterns.weak_credentials, patterns.ages):
            for match in pattern.finditer(self._tokens.text):
                last = ends.get(match.start(), -1)
                if last >= 0 and may_be_name(self._tokens[last]):
                    self._mark_back(last, certain=pattern is patterns.weak_credentials)

    def from_lists(self) -> None:
        """Mark first names with what follows them, ``Last, First``, and who reports or denies something."""
        for index, token in enumerate(self._tokens.all):
            if index in self._found:
                continue
            alone = is_first_name(token) and self._stands_alone(index)
            named = alone or (token.capital and (self._is_inverted(index) or self._is_subject(index)))
            if named and not is_eponym_here(self._tokens, index):
                self._mark(index, inverted=not alone)

    def again(self) -> None:
        """Mark the parts of cued names wherever they stand."""
        for index, token in enumerate(self._tokens.all):
            if index in self._found or token.lower not in self._cued or not token.capital:
                continue
            ordinary = token.lower in lists().ambiguous or is_common(token)
            if not is_eponym_here(self._tokens, index) and (not ordinary or self._has_verb(index)):
                self._found.add(index)

    def spans(self) -> Iterator[Identifier]:
        """Yield the marked words, those of one name together."""
        begin = end = -2
        for index in sorted(self._found):
            if index == end + 1 and self._tokens.follows(index, _NAME_JOINTS):
                end = index
                continue
            if end >= 0:
                yield self._span(begin, end)
            begin = end = index
        if end >= 0:
            yield self._span(begin, end)

    def _span(self, begin: int, end: int) -> Identifier:
        return Identifier(self._tokens[begin].begin, self._tokens[end].end, "NAME")

    def _is_title(self, index: int) -> bool:
        """Return whether a name follows the title (MR and MS are also findings: then only with a full stop)."""
        if not self._tokens.follows(index + 1, _TITLE_JOINTS):
            return False
        title, following, dotted = self._tokens[index], self._tokens[index + 1], self._tokens.gap(index + 1)[0] == "."
        if title.all_capitals and len(title.word) == _SHORT_TITLE and not dotted:
            return False
        if title.capital and following.capital:
            return may_be_name(following) or following.lower in lists().particles
        unknown = not is_common(following) and not is_verb(following.lower)
        return is_certain(following) or (dotted and unknown and len(following.word) >= _SHORTEST_ALONE)

    def _may_begin(self, index: int) -> bool:
        """Return whether a name can begin here: a listed one that is also a common word only before another name."""
        token = self._tokens[index]
        if not token.capital:
            return is_certain(token) or token.lower in lists().particles
        if token.lower in common_words() and not token.initial:
            return is_listed(token) and self._goes_on(index + 1, inverted=True)
        return may_be_name(token) and token.lower not in lists().honorifics

    def _mark_person(self, index: int, certain: bool) -> None:
        """Mark the name at `index` where the cue is weak: a listed one (not `certain`: or an unknown word)."""
        token = self._tokens[index]
        following = self._tokens[index + 1] if index + 1 < len(self._tokens) else token
        if is_eponym_here(self._tokens, index) or is_eponym(token):
            return
        if token.initial:
            initials = self._tokens.follows(index + 1, _INITIAL_JOINTS)
            known = initials and following.capital and not following.all_capitals and not is_common(following)
        elif token.capital:
            ordinary = token.lower in common_words() or token.lower in lists().honorifics
            unknown = not token.all_capitals and not ordinary and (not certain or self._goes_on(index + 1, False))
            known = is_certain(token) or unknown
        else:
            known = is_certain(token) and is_first_name(token)
        if known:
            self._mark(index)

    def _mark(self, index: int, inverted: bool = False) -> None:
        """Mark the words of the name that begins at `index`."""
        run = [index]
        while len(run) < _MOST_WORDS and self._goes_on(run[-1] + 1, inverted):
            run.append(run[-1] + 1)
        self._add(run)
        if self._is_and(run[-1] + 1) and may_be_name(self._tokens[run[-1] + 2]):
            self._mark_person(run[-1] + 2, certain=False)

    def _is_and(self, index: int) -> bool:
        """Return whether the word at `index` is an "and" with another one after it."""
        both = self._tokens.follows(index, _SPACE) and self._tokens.follows(index + 1, _SPACE)
        return both and self._tokens[index].lower == "and"

    def _mark_back(self, last: int, certain: bool) -> None:
        """Mark the words of the name that ends at `last`."""
        run = [last]
        while len(run) < _MOST_WORDS and self._goes_on(run[0], inverted=True) and self._may_begin(run[0] - 1):
            run.insert(0, run[0] - 1)
        known = [self._tokens[index] for index in run if is_listed(self._tokens[index])]
        alone = len(run) == 1 and is_eponym_here(self._tokens, last)
        if not alone and (known or not certain):
            self._add(run)

    def _add(self, run: list[int]) -> None:
        self._found.update(run)
        words = [self._tokens[index].lower for index in run if not self._tokens[index].initial]
        self._cued.update(words)
        self._cued.update(part for word in words for part in word.split("-") if len(part) >= _SHORTEST_ALONE)

    def _goes_on(self, index: int, inverted: bool) -> bool:
        """Return whether the word at `index` goes on with the name that ends before it."""
        if index >= len(self._tokens) or index == 0:
            return False
        before, token, gap = self._tokens[index - 1], self._tokens[index], self._tokens.gap(index)
        if gap in (", ", ",") and not before.initial:
            return token.lower in lists().suffixes or (inverted and may_be_name(token))
        if gap in _INITIAL_JOINTS and (before.initial or before.lower in lists().suffixes):
            return token.capital and not is_common(token)
        return gap in _SPACE and self._is_part(index, before)

    def _is_part(self, index: int, before: Token) -> bool:
        """Return whether a word is an initial, a "Jr.", a "van" or one more name after the word `before`."""
        token = self._tokens[index]
        if token.word in lists().credentials:
            return False
        if token.initial or token.lower in lists().suffixes:
            return True
        if token.lower in lists().particles:
            return index + 1 < len(self._tokens) and self._tokens[index + 1].capital
        if token.capital:
            return not is_common(token)
        return not before.capital and is_certain(token)

    def _stands_alone(self, index: int) -> bool:
        """Return whether a first name needs no cue: capitalised, or in plain letters with a surname after it."""
        token = self._tokens[index]
        following = self._tokens[index + 1] if self._tokens.follows(index + 1, _SPACE) else None
        pair = following is not None and is_listed(following) and following.lower not in common_words()
        if token.all_capitals or not token.capital:
            return pair
        saint = self._tokens.follows(index, _TITLE_JOINTS) and self._tokens[index - 1].lower in ("st", "saint")
        return (not is_eponym(token) and not saint) or pair

    def _is_inverted(self, index: int) -> bool:
        """Return whether ``Last, First`` begins here."""
        if not self._tokens.follows(index + 1, (", ", ",")):
            return False
        last, first = self._tokens[index], self._tokens[index + 1]
        if not (first.capital and is_first_name(first) and is_certain(first)):
            return False
        return is_certain(last) or ("\n" in self._tokens.gap(index) and may_be_name(last) and not last.initial)

    def _is_subject(self, index: int) -> bool:
        """Return whether a surname does what persons do ("Patel denies")."""
        token = self._tokens[index]
        if token.all_capitals or not self._tokens.follows(index + 1, _SPACE):
            return False
        verb = self._tokens[index + 1].lower
        return (verb in lists().verbs and is_certain(token)) or (verb in lists().person_verbs and may_be_name(token))

    def _has_verb(self, index: int) -> bool:
        return self._tokens.follows(index + 1, _SPACE) and is_verb(self._tokens[index + 1].lower)
