"""Places smaller than a state, and organisations: from lists, before "Hospital" or "County", after "lives in"."""

from __future__ import annotations

import re
from functools import cache

from chartcode import rules
from chartcode.deidentification.patterns import Identifier
from chartcode.deidentification.tokens import Tokens
from chartcode.deidentification.vocabulary import common_words, is_eponym_here, phrases
from chartcode.rules.identifiers import Places

_SPACE = (" ", "  ")
_PREPOSITIONS = ("in", "from", "near", "to", "at")
_MOST_WORDS = 4
_LONGEST_PHRASE = 4
_SHORT_FORM = 4  # ICU, CABG: no places


def find(tokens: Tokens) -> list[Identifier]:
    """Return the places and organisations in a note."""
    finder = _Finder(tokens)
    return [*finder.cities(), *finder.before_states(), *finder.before_heads(), *finder.after_cues()]


@cache
def _cues() -> tuple[re.Pattern[str], re.Pattern[str]]:
    places = rules.load(Places)
    return (
        re.compile(rf"(?<![\w-])(?i:{phrases(places.place_cues)})(?::[ ]|[ ])(?:the[ ])?"),
        re.compile(rf"(?<![\w-])(?i:{phrases(places.organisation_cues)})(?::[ ]|[ ])(?:the[ ]|a[ ])?"),
    )


class _Finder:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._places = rules.load(Places)

    def cities(self) -> list[Identifier]:
        """Return the cities of the list."""
        found = []
        for index, token in enumerate(self._tokens.all):
            end = self._longest_of(self._places.cities, index) if token.capital else index
            if end > index and not is_eponym_here(self._tokens, end - 1):
                found.append(self._span(index, end - 1))
        return found

    def _longest_of(self, phrases: frozenset[str], index: int) -> int:
        """Return the index after the longest of `phrases` that begins at `index`; `index` where none does."""
        words, end = "", index
        for place in range(index, min(index + _LONGEST_PHRASE, len(self._tokens))):
            if place > index and not self._joined(place):
                break
            words = f"{words} {self._tokens[place].lower}".strip()
            end = place + 1 if words in phrases else end
        return end

    def before_states(self) -> list[Identifier]:
        """Return what stands before a state ("Gary, Indiana"; "Gary, IN 46402")."""
        found = []
        for index, token in enumerate(self._tokens.all):
            if not self._tokens.follows(index, (", ",)) or not self._is_state(index):
                continue
            begin = self._run_back(index - 1)
            if begin is not None and token.capital:
                found.append(self._span(begin, index - 1))
        return found

    def _is_state(self, index: int) -> bool:
        token = self._tokens[index]
        two = f"{token.lower} {self._tokens[index + 1].lower}" if index + 1 < len(self._tokens) else ""
        if token.capital and (token.lower in self._places.states or two in self._places.states):
            return True
        if token.word not in self._places.state_codes:
            return False
        zip_code = re.match(r"[,.]?\s+\d{5}(?!\d)", self._tokens.text[token.end : token.end + 12])
        return zip_code is not None or self._after_preposition(index - 1)

    def _after_preposition(self, index: int) -> bool:
        """Return whether the name that ends at `index` stands after "in", "from", "near"."""
        begin = self._run_back(index) or 0
        return begin > 0 and self._tokens[begin - 1].lower in _PREPOSITIONS

    def before_heads(self) -> list[Identifier]:
        """Return the name before "Hospital", "Nursing Home", "County"."""
        found = []
        head_end = 0
        for index in range(len(self._tokens)):
            if index < head_end or (end := self._head_end(index)) == index:
                continue
            head_end = end
            begin = self._run_back(index - 1) if self._tokens.follows(index, _SPACE) else None
            if begin is not None:
                found.append(self._span(begin, index - 1))
        return found

    def _head_end(self, index: int) -> int:
        """Return the index after words that say what kind of place the words before them name; `index` without."""
        return self._longest_of(self._places.heads, index) if self._tokens[index].capital else index

    def after_cues(self) -> list[Identifier]:
        """Return the capitalised words after "lives in", "works at"."""
        found = []
        for pattern in _cues():
            for match in pattern.finditer(self._tokens.text):
                begin = self._tokens.at.get(match.end(), -1)
                if begin >= 0 and (end := self._run_end(begin)) > begin:
                    found.append(self._span(begin, end - 1))
        return found

    def _run_back(self, last: int) -> int | None:
        """Return where the proper name that ends at `last` begins; None where all its words are ordinary ones."""
        begin = None
        for place in range(last, max(last - _MOST_WORDS, -1), -1):
            if not self._in_name(place) or (place < last and not self._joined(place + 1)):
                break
            begin = place if self._is_proper(place) else begin
        if begin and self._joined(begin) and self._tokens[begin - 1].capital:
            begin -= self._tokens[begin - 1].lower in self._places.saints | self._places.adjectives
        return begin

    def _run_end(self, begin: int) -> int:
        """Return the index after the capitalised words from `begin`; `begin` where all of them are ordinary ones."""
        end = begin
        while end < min(begin + _MOST_WORDS, len(self._tokens)) and self._in_name(end):
            if (end > begin and not self._joined(end)) or self._head_end(end) > end:
                break
            end += 1
        if end > begin + 1 and self._tokens.gap(end).startswith(":"):
            end -= 1  # the next label ("City: Biloxi  State: MS")
        return end if any(self._is_proper(place) for place in range(begin, end)) else begin

    def _joined(self, index: int) -> bool:
        """Return whether the word at `index` goes on with the name before it (St. Paul, Fort Worth)."""
        saint = index > 0 and self._tokens[index - 1].lower in self._places.saints
        return self._tokens.follows(index, (*_SPACE, ". ") if saint else _SPACE)

    def _in_name(self, index: int) -> bool:
        """Return whether a word may be part of a place's name (Mercy General, Blue Valley)."""
        token = self._tokens[index]
        return token.capital and (self._is_proper(index) or token.lower in self._places.ordinary)

    def _is_proper(self, index: int) -> bool:
        token = self._tokens[index]
        larger = token.lower in self._places.states or token.lower in self._places.larger
        ordinary = token.lower in self._places.ordinary or token.lower in common_words()
        short = token.all_capitals and len(token.word) <= _SHORT_FORM
        return token.capital and len(token.word) > 1 and not (larger or ordinary or short)

    def _span(self, begin: int, end: int) -> Identifier:
        return Identifier(self._tokens[begin].begin, self._tokens[end].end, "LOCATION")
