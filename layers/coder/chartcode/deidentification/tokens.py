"""The words of a note as names and places need them: with their case, and with what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Hyphens and apostrophes belong to a word (Al-Rashid, O'Brien); words with digits (T2DM, L4) are none.
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
_POSSESSIVE = ("'s", "’s", "'S", "’S")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, ``text[begin:end]`` of the note, without a possessive ``'s``."""

    begin: int
    end: int
    word: str
    lower: str

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.word[0].isupper()

    @property
    def initial(self) -> bool:
        """Whether it is one capital letter."""
        return len(self.word) == 1 and self.word.isupper()

    @property
    def all_capitals(self) -> bool:
        """Whether it is written in capitals only (JONES)."""
        return len(self.word) > 1 and self.word.isupper()


class Tokens:
    """The words of a note, in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = [_token(match) for match in _WORD.finditer(text)]
        self.at = {token.begin: index for index, token in enumerate(self.all)}

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, index: int) -> Token:
        return self.all[index]

    def gap(self, index: int) -> str:
        """Return what stands between a word and the one before it (a line's end before the first)."""
        if not 0 < index < len(self.all):
            return "\n"
        return self.text[self.all[index - 1].end : self.all[index].begin]

    def follows(self, index: int, joints: tuple[str, ...]) -> bool:
        """Return whether word `index` exists, and one of `joints` stands before it."""
        return 0 < index < len(self.all) and self.gap(index) in joints


def _token(match: re.Match[str]) -> Token:
    word = match.group()
    if word.endswith(_POSSESSIVE):
        word = word[:-2]
    return Token(match.start(), match.start() + len(word), word, word.lower())
