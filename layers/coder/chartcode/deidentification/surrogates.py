"""Surrogates: other characters of the same kind, in the same places, for the characters of an identifier."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b

from chartcode import rules
from chartcode.rules.identifiers import IdentifierKind, Names

OLDEST = 90  # 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one category
# Neither a word nor an abbreviation of medicine consists of these alone.
_LETTERS = "jqxz"
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_AGE_WORDS = "ninety"


def surrogate(kind: IdentifierKind, identifier: str, salt: str) -> str:
    """Return what stands for `identifier`: as long as it, and the same whenever `salt` is the same.

    Digits become digits and letters letters of the same case; names and places become names. The year
    of a date stays (but that of a birth date), and an age of 90 and more becomes 90.
    """
    if kind == "AGE":
        return _age(identifier)
    kept = [match.span() for match in _YEAR.finditer(identifier)] if kind == "DATE" else []
    words = kind in ("NAME", "LOCATION")
    parts: list[str] = []
    begin = 0
    for kept_begin, kept_end in [*kept, (len(identifier), len(identifier))]:
        parts += [_disguised(identifier[begin:kept_begin], salt, words), identifier[kept_begin:kept_end]]
        begin = kept_end
    return "".join(parts)


def _age(age: str) -> str:
    if age.isdecimal():
        return str(OLDEST).zfill(len(age))
    return _in_case_of(age, _AGE_WORDS.ljust(len(age))[: len(age)])


def _disguised(text: str, salt: str, words: bool) -> str:
    """Return `text` with other letters and digits; with `words`, whole words become names."""
    stream = _stream(salt, "".join(filter(str.isalnum, text.lower())), len(text))
    pieces: list[str] = []
    end = 0
    for run in _LETTER_RUN.finditer(text):
        pieces += [_digits(text, end, run.start(), stream), _letters(run, salt, stream, words)]
        end = run.end()
    pieces.append(_digits(text, end, len(text), stream))
    return "".join(pieces)


def _digits(text: str, begin: int, end: int, stream: bytes) -> str:
    return "".join(str(stream[i] % 10) if text[i].isdigit() else text[i] for i in range(begin, end))


def _letters(run: re.Match[str], salt: str, stream: bytes, words: bool) -> str:
    word = run.group()
    names = _names().get(len(word)) if words else None
    if names is None:
        replaced = "".join(_LETTERS[stream[i] % len(_LETTERS)] for i in range(run.start(), run.end()))
        return _in_case_of(word, replaced)
    # A word has one surrogate, wherever it stands in the note; it is never its own.
    number = int.from_bytes(_stream(salt, word.lower(), 8), "big") % len(names)
    chosen = names[number] if names[number] != word.lower() else names[number - 1]
    return _in_case_of(word, chosen)


def _in_case_of(model: str, text: str) -> str:
    """Return `text` with the upper and lower case of `model`, letter by letter."""
    return "".join(new.upper() if old.isupper() else new for old, new in zip(model, text, strict=True))


def _stream(salt: str, identifier: str, length: int) -> bytes:
    """Return `length` bytes that follow from `salt` and `identifier`, and tell nothing of either."""
    key = blake2b(salt.encode(), digest_size=32).digest()
    blocks = range(-(-length // 64))
    return b"".join(blake2b(f"{n}:{identifier}".encode(), key=key).digest() for n in blocks)[:length]


@cache
def _names() -> dict[int, tuple[str, ...]]:
    """Return the names that stand for others, by their length."""
    names = rules.load(Names).surrogates
    return {length: tuple(n for n in names if len(n) == length) for length in {len(name) for name in names}}
